"""Sections: stretches of bars that sound alike, named A, B, C by what repeats."""

from __future__ import annotations

import itertools
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from ml.analysis.features import CHROMA_FPS, Features
from ml.analysis.sound import FPS

Times = NDArray[np.float64]
Rows = NDArray[np.float64]

_REACH = 4
"""Bars on each side that a border compares."""
_LEAST_BARS = 4
_ALIKE = 0.85


class Section(TypedDict):
    """Seconds, and a letter: equal letters sound alike."""

    start: float
    end: float
    label: str


def measure(features: Features, bars: Times) -> list[Section]:
    """The sections of a song, from bar to bar. A song of less than eight bars is one section."""
    seconds = features.seconds
    if seconds <= 0:
        return []
    edges = np.concatenate(([0.0], bars[(bars > 0.1) & (bars < seconds - 0.1)], [seconds]))
    rows = _bars(features, edges)
    borders = [0, *_borders(rows), len(rows)]
    means = [rows[a:b].mean(0) for a, b in itertools.pairwise(borders)]
    return [
        {"start": round(float(edges[a]), 3), "end": round(float(edges[b]), 3), "label": label}
        for a, b, label in zip(borders, borders[1:], _letters(means), strict=False)
    ]


def _bars(features: Features, edges: Times) -> Rows:
    """One row for each bar: pitch classes, and how busy drums and accompaniment are; all of about the same weight."""
    other, bass = features.chroma
    parts = [
        (other, CHROMA_FPS, 1.0),
        (bass, CHROMA_FPS, 0.5),
        (features.drums[0].T, FPS, 1.0),
        (features.others.T, FPS, 1.0),
    ]
    columns = []
    for curve, rate, weight in parts:
        at = np.round(edges * rate).astype(int)
        mean = np.array(
            [
                curve[a : max(b, a + 1)].mean(0) if a < len(curve) else np.zeros(curve.shape[1])
                for a, b in itertools.pairwise(at)
            ]
        )
        columns.append(weight * mean / max(float(np.linalg.norm(mean, axis=1).mean()), 1e-9))
    return np.concatenate(columns, 1)


def _borders(rows: Rows) -> list[int]:
    """Bars where what follows differs most from what came before (Foote 2000), at least four bars apart."""
    if len(rows) < 2 * _LEAST_BARS:
        return []
    change = np.zeros(len(rows))
    for at in range(_LEAST_BARS, len(rows) - _LEAST_BARS + 1):
        before, after = rows[max(0, at - _REACH) : at], rows[at : at + _REACH]
        change[at] = 1 - _alike(before.mean(0), after.mean(0))
    least = max(0.06, float(change.mean() + change.std()))
    found: list[int] = []
    for at in np.argsort(change)[::-1]:
        if change[at] < least:
            break
        if all(abs(int(at) - other) >= _LEAST_BARS for other in found):
            found.append(int(at))
    return sorted(found)


def _letters(means: list[Rows]) -> list[str]:
    kinds: list[Rows] = []
    names = []
    for mean in means:
        alike = [_alike(mean, kind) for kind in kinds]
        best = int(np.argmax(alike)) if alike else -1
        if best < 0 or alike[best] < _ALIKE:
            kinds.append(mean)
            best = len(kinds) - 1
        names.append(chr(ord("A") + best) if best < 26 else f"S{best + 1}")
    return names


def _alike(a: Rows, b: Rows) -> float:
    return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9))
