"""Key and chords, from the pitch classes of the accompaniment and the bass."""

from __future__ import annotations

import itertools
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


def key(features: Features) -> Key:
    """The key of the whole song; without pitched sound, none with confidence 0."""
    other, bass = features.chroma
    profile = _even(other) + 0.6 * _even(bass)
    if profile.sum() < _SILENCE:
        return {"tonic": None, "mode": None, "confidence": 0.0, "second": None, "camelot": None}
    scores = key_scores(profile)
    order = np.argsort(scores)[::-1]
    lead = float(scores[order[0]] - scores[order[1]])
    tonic, mode = _named(int(order[0]))
    return {
        "tonic": tonic,
        "mode": mode,
        "confidence": _confidence(float(scores[order[0]]), lead, profile, features.seconds),
        "second": " ".join(_named(int(order[1]))),
        "camelot": camelot(int(order[0])),
    }


def _confidence(score: float, lead: float, profile: Rows, seconds: float) -> float:
    """Near 1 for a profile that fits its key, fits no other as well, and has clear peaks in a song of some length."""
    contrast = min(1.0, float(profile.std() / profile.mean()) / _CONTRAST)
    return round(
        float(np.clip(max(score, 0) * (0.4 + 4 * lead) * contrast * min(1.0, seconds / 10), 0, 1)), 2
    )


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
    return [_label(index) for index in reversed(path)]


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
