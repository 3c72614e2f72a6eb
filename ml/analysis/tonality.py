"""Key and chords, from the pitch classes of the accompaniment and the bass."""

from __future__ import annotations

import itertools
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from ml.analysis.features import CHROMA_FPS, Curve, Features

Times = NDArray[np.float64]
Rows = NDArray[np.float64]

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

_MAJOR = np.array([0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400])
_MINOR = np.array([0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330])
"""How often each step sounds in major and in minor (Temperley 2001)."""

WEIGHTS = Path(__file__).parent / "weights" / "key.npz"
"""What each cue speaks for, in major and in minor: fitted by `python -m training.measuring`."""

_SHAPES = {"maj": (0, 4, 7), "min": (0, 3, 7), "7": (0, 4, 7, 10)}
_STAY = 0.25
_CONTRAST = 0.4
_SILENCE = 1e-3


class Key(TypedDict):
    """`second` is the next likely key's name; `camelot` a place on the DJs' wheel."""

    tonic: str | None
    mode: str | None
    confidence: float
    second: str | None
    camelot: str | None


class Chord(TypedDict):
    """Seconds, and a label such as C:maj, A:min, G:7, or N where no chord sounds."""

    start: float
    end: float
    label: str


def key(features: Features, bars: Times, beats: Times) -> Key:
    """The key of the whole song; without pitched sound, none with confidence 0."""
    other, bass = features.chroma
    profile = _even(other) + 0.6 * _even(bass)
    if profile.sum() < _SILENCE:
        return {"tonic": None, "mode": None, "confidence": 0.0, "second": None, "camelot": None}
    scores = (key_cues(features, bars, beats) * _weights()[:, None]).sum(2).ravel()
    chance = np.exp(scores - scores.max())
    chance /= chance.sum()
    order = np.argsort(scores)[::-1]
    contrast = float(profile.std() / profile.mean()) / _CONTRAST
    tonic, mode = _named(int(order[0]))
    return {
        "tonic": tonic,
        "mode": mode,
        "confidence": round(
            float(chance[order[0]]) * min(1.0, contrast) * min(1.0, features.seconds / 10), 2
        ),
        "second": " ".join(_named(int(order[1]))),
        "camelot": camelot(int(order[0])),
    }


def key_cues(features: Features, bars: Times, beats: Times) -> Rows:
    """What speaks for each key (2 modes, 12 tonics, cues), each pitch class counted from the tonic: how long it sounds
    in the accompaniment and in the bass, what the bass plays where bars begin, the first bar, the chords' roots, and
    how well Temperley's profile fits."""
    other, bass = features.chroma
    ones = bars[:-1] if len(bars) > 1 else bars
    step = float(np.median(np.diff(beats))) if len(beats) > 1 else 0.5
    edges = _edges(bars, beats, features.seconds)
    found = np.zeros((2, 12))
    if len(edges) > 1:
        labels = _path(chord_scores(_rows(other, edges), _rows(bass, edges)))
        for label, length in zip(labels, np.diff(edges), strict=True):
            if label < 36:
                found[1 if 12 <= label < 24 else 0, label % 12] += length
    starts = [_rows(bass, np.array([at, at + step]))[0] for at in ones]
    first = float(ones[0]) if len(ones) else 0.0
    opening = np.array([first, first + 4 * step])
    profiles = [
        _even(other),
        _even(bass),
        np.mean(starts, axis=0) if starts else np.zeros(12),
        _rows(other, opening)[0] / max(float(_rows(other, opening)[0].sum()), _SILENCE)
        + _rows(bass, opening)[0] / max(float(_rows(bass, opening)[0].sum()), _SILENCE),
    ]
    shares = [p / max(float(p.sum()), _SILENCE) for p in profiles]
    chords_ = found / max(float(found.sum()), _SILENCE)
    fits = key_scores(_even(other) + 0.6 * _even(bass)).reshape(2, 12)
    return np.array(
        [
            [
                np.concatenate([*(np.roll(s, -tonic) for s in (*shares, *chords_)), [fits[mode, tonic], 1.0]])
                for tonic in range(12)
            ]
            for mode in range(2)
        ]
    )


@lru_cache(maxsize=1)
def _weights() -> Rows:
    with np.load(WEIGHTS) as file:
        return np.asarray(file["key"], float)


def key_scores(profile: Rows) -> Rows:
    """How well 12 pitch classes fit each key (24): C major to B major, then C minor to B minor."""
    shapes = np.array([np.roll(shape, tonic) for shape in (_MAJOR, _MINOR) for tonic in range(12)])
    shapes = shapes - shapes.mean(1, keepdims=True)
    centred = profile - profile.mean()
    scores: Rows = (
        shapes @ centred / (np.linalg.norm(shapes, axis=1) * max(float(np.linalg.norm(centred)), 1e-9))
    )
    return scores


def camelot(index: int) -> str:
    """The place of key number `index` (0-11 major, 12-23 minor) on the Camelot wheel: 8B is C major."""
    tonic, minor = index % 12, index >= 12
    fifths = (tonic + (3 if minor else 0)) * 7 % 12
    return f"{(fifths + 7) % 12 + 1}{'A' if minor else 'B'}"


def chords(features: Features, bars: Times, beats: Times) -> list[Chord]:
    """The chords bar by bar, or half a bar where the halves differ; without bars, second by second."""
    other, bass = features.chroma
    edges = _edges(bars, beats, features.seconds)
    if len(edges) < 2:
        return []
    upper, lower = _rows(other, edges), _rows(bass, edges)
    labels = _likely(chord_scores(upper, lower))
    out: list[Chord] = []
    for start, end, label in zip(edges, edges[1:], labels, strict=False):
        if out and out[-1]["label"] == label:
            out[-1]["end"] = round(float(end), 3)
        else:
            out.append({"start": round(float(start), 3), "end": round(float(end), 3), "label": label})
    return out


def chord_scores(upper: Rows, lower: Rows) -> Rows:
    """How well each stretch (rows) fits each chord (37 columns: maj, min, 7 on each root, and none)."""
    shapes = np.zeros((36, 12))
    for index, shape in enumerate(_SHAPES.values()):
        for root in range(12):
            shapes[12 * index + root, [(root + step) % 12 for step in shape]] = 1
    shapes /= np.linalg.norm(shapes, axis=1, keepdims=True)
    shapes[24:] *= 0.93  # a seventh must be heard to be chosen
    loud = np.maximum(np.linalg.norm(upper, axis=1, keepdims=True), 1e-9)
    low = np.maximum(np.linalg.norm(lower, axis=1, keepdims=True), 1e-9)
    roots = np.tile(lower / low, 3)
    none = np.where((upper.sum(1) + lower.sum(1) < _SILENCE), 2.0, 0.3)[:, None]
    scores: Rows = np.concatenate((upper / loud @ shapes.T + 0.35 * roots, none), axis=1)
    return scores


def _likely(scores: Rows) -> list[str]:
    return [_label(index) for index in _path(scores)]


def _path(scores: Rows) -> list[int]:
    """The likeliest row of chords, by Viterbi: a change has its price."""
    best, back = scores[0].copy(), []
    for row in scores[1:]:
        leap = int(np.argmax(best))
        stay = best + _STAY >= best[leap]
        back.append(np.where(stay, np.arange(len(best)), leap))
        best = np.where(stay, best + _STAY, best[leap]) + row
    at = int(np.argmax(best))
    path = [at]
    for pointers in reversed(back):
        at = int(pointers[at])
        path.append(at)
    return path[::-1]


def _label(index: int) -> str:
    return "N" if index == 36 else f"{NAMES[index % 12]}:{list(_SHAPES)[index // 12]}"


def _edges(bars: Times, beats: Times, seconds: float) -> Times:
    """Where chords may change: at each bar and half bar."""
    if len(bars) >= 2:
        halves = (bars[1:] + bars[:-1]) / 2
        inner = np.sort(np.concatenate((bars, halves)))
    else:
        inner = beats[::2] if len(beats) >= 2 else np.arange(0, seconds, 1.0)
    edges = np.concatenate(([0.0], inner[(inner > 0.1) & (inner < seconds - 0.1)], [seconds]))
    return edges[np.concatenate(([True], np.diff(edges) > 0))]


def _rows(chroma: Curve, edges: Times) -> Rows:
    at = np.round(edges * CHROMA_FPS).astype(int)
    return np.array(
        [
            chroma[a : max(b, a + 1)].mean(0) if a < len(chroma) else np.zeros(12)
            for a, b in itertools.pairwise(at)
        ],
        float,
    )


def _even(chroma: Curve) -> Rows:
    """The song's pitch classes, each moment counted alike; silence stays silence."""
    sums = np.linalg.norm(chroma, axis=1, keepdims=True)
    if not sums.any():
        return np.zeros(12)
    rows = chroma / np.maximum(sums, 0.1 * float(sums.max()))
    total: Rows = rows.mean(0)
    return total


def _named(index: int) -> tuple[str, str]:
    return NAMES[index % 12], "minor" if index >= 12 else "major"
