"""Which of several rows of beats a song is counted in: the tempo, its half or double, or the off-beats.

Music often allows several; people hear one. Each row is judged by fourteen cues, such as whether harmony changes once a
bar and whether the snare is on two and four. The cues' weights were fitted on synthetic songs of the training split
(docs/decisions/0025-measurement-engine.md), so that the row nearest to the truth scores most.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.analysis.features import CHROMA_FPS, Curve, Features
from ml.analysis.sound import FPS

Times = NDArray[np.float64]

MIDDLE_BPM = 112.0
"""The tempo people tap most."""

_WEIGHTS = np.array([-2.19, 1.42, 0.76, -0.16, 0.93, 0.04, 0.22, 0.79, 0.21, 0.38, 0.41, 0.65, 0.25, -0.20])
LEAST_BEATS = 9


def judge(beats: Times, features: Features, strength: Curve) -> float:
    """The score of one row of beats; comparable between rows of the same song only."""
    return float(cues(beats, features, strength) @ _WEIGHTS)


def cues(beats: Times, features: Features, strength: Curve) -> NDArray[np.float64]:
    """Fourteen figures about a row of at least LEAST_BEATS beats."""
    drums = features.drums[0]
    between = (beats[1:] + beats[:-1]) / 2
    octave = float(np.log2(60 / np.median(np.diff(beats)) / MIDDLE_BPM))
    change = harmony_change(beats, features.chroma[0]) + harmony_change(beats, features.chroma[1])
    kick, kick_between = at(even(drums[0]), beats), at(even(drums[0]), between)
    snare = at(even(drums[2] + drums[3]), beats)
    accent, accent_between = at(even(strength), beats), at(even(strength), between)
    low = even(features.others[0] + features.others[1])
    bass, bass_between = at(low, beats), at(low, between)
    index = np.arange(len(beats))
    bar = max(range(4), key=lambda p: change[p::4].mean() - change[index % 4 != p].mean())
    ones, threes = index % 4 == bar, index % 4 == (bar + 2) % 4
    backbeats = ~(ones | threes)
    each_bar = min(change[bar::8].mean(), change[bar + 4 :: 8].mean())
    return np.array(
        [
            octave**2,
            octave,
            change[ones].mean() - change[~ones].mean(),
            change[threes].mean() - change[backbeats].mean(),
            each_bar - change[~ones].mean(),
            (snare[backbeats].mean() - snare[~backbeats].mean()) / (snare.mean() + 0.3),
            (kick[~backbeats].mean() - kick[backbeats].mean()) / (kick.mean() + 0.3),
            _ratio(accent, accent_between),
            _ratio(bass, bass_between),
            _ratio(kick, kick_between),
            accent.mean(),
            (kick[ones].mean() - kick[threes].mean()) / (kick.mean() + 0.3),
            _ratio(_inside(beats, strength, (1, 3), 4), _inside(beats, strength, (1, 2), 3)),
            _ratio(_inside(beats, strength, (1,), 2), _inside(beats, strength, (1, 2), 3)),
        ]
    )


def _inside(beats: Times, strength: Curve, parts: tuple[int, ...], of: int) -> NDArray[np.float64]:
    """The onsets at these parts of each beat: quarters in a right row, thirds where the row is three to two wrong."""
    steps = np.diff(beats)
    places = np.concatenate([beats[:-1] + steps * part / of for part in parts])
    return at(even(strength), places)


def harmony_change(beats: Times, chroma: Curve) -> NDArray[np.float64]:
    """For each beat, how much the pitch classes differ from those of the beat before, against the song's usual."""
    edges = np.round(np.append(beats, 2 * beats[-1] - beats[-2]) * CHROMA_FPS).astype(int)
    sums = np.concatenate((np.zeros((1, 12)), np.cumsum(chroma, axis=0, dtype=np.float64)))
    edges = np.clip(edges, 0, len(chroma))
    rows = sums[edges[1:]] - sums[edges[:-1]]
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    change = np.concatenate(([0.0], 1 - (rows[1:] * rows[:-1]).sum(1)))
    return np.asarray(change / max(float(change.std()), 1e-9))


def even(row: Curve) -> Curve:
    """The curve at a spread of 1."""
    return row / max(float(row.std()), 1e-6)


def at(row: Curve, beats: Times) -> NDArray[np.float64]:
    """The strongest onset within 23 ms of each beat."""
    widest = np.max(np.lib.stride_tricks.sliding_window_view(np.pad(row, 2), 5), axis=1)
    return np.asarray(widest[np.clip(np.round(beats * FPS).astype(int), 0, len(row) - 1)], float)


def _ratio(on: NDArray[np.float64], off: NDArray[np.float64]) -> float:
    return float(np.log((on.mean() + 0.2) / (off.mean() + 0.2)))
