"""Which of several rows of beats a song is counted in, and where its bars begin: four beats each, or three.

Music often allows several tempos (half, double, the off-beats, two thirds); people hear one. Each row of beats is read
as bars in every way that is possible, and each reading is judged by what sounds at each of its sixteenths: where the
kick, the snare, the bass and the accompaniment play, where harmony changes, and after how many bars it returns. The
weights were fitted on synthetic songs of the training split by `python -m training.measuring`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.analysis.features import CHROMA_FPS, Curve, Features
from ml.analysis.sound import FPS

Times = NDArray[np.float64]
Rows = NDArray[np.float64]

METERS = (4, 3)
MIDDLE_BPM = 112.0
"""The tempo people tap most."""
LEAST_BEATS = 13
WEIGHTS = Path(__file__).parent / "weights" / "bars.npz"

_NAMES = ("all", "kick", "snare", "hat", "bass", "other")


@dataclass(frozen=True)
class Reading:
    """A row of beats (by its index) with `meter` beats a bar, the first bar at beat number `first`."""

    row: int
    meter: int
    first: int


def readings(count: int) -> list[Reading]:
    """Every reading of `count` rows."""
    return [Reading(row, meter, first) for row in range(count) for meter in METERS for first in range(meter)]


def choose(rows: Sequence[Times], features: Features, strength: Curve) -> tuple[Reading, NDArray[np.float64]]:
    """The best reading of the rows, and each reading's probability, in the order of `readings`."""
    weights = _weights()
    score = np.array(
        [
            weights[meter] @ cue
            for beats in rows
            for meter, cues in bars(beats, features, strength).items()
            for cue in cues
        ]
    )
    chance = np.exp(score - score.max())
    return readings(len(rows))[int(np.argmax(score))], chance / chance.sum()


@lru_cache(maxsize=1)
def _weights() -> dict[int, Rows]:
    with np.load(WEIGHTS) as file:
        return {4: np.asarray(file["four"], float), 3: np.asarray(file["three"], float)}


def bars(beats: Times, features: Features, strength: Curve) -> dict[int, Rows]:
    """For each meter the cues of each first beat (meter, cues) of a row of at least LEAST_BEATS beats."""
    sounds, change, harmony = _sixteenths(beats, features, strength)
    octave = float(np.log2(60 / np.median(np.diff(beats)) / MIDDLE_BPM))
    count = len(beats)
    out = {}
    for meter in METERS:
        returns = _returns(harmony, meter)
        again = _again(sounds.reshape(count, -1), meter)
        found = []
        for first in range(meter):
            places = [np.arange((first + beat) % meter, count, meter) for beat in range(meter)]
            sound = np.array([sounds[place].mean(0) for place in places])  # beats, sixteenths, curves
            shifts = np.array([change[place].mean(0) for place in places])
            ones = change[first::meter, 0]
            each = min(ones[::2].mean(), ones[1::2].mean())
            found.append(
                np.concatenate(
                    (
                        np.log(sound + 0.15).ravel(),
                        shifts.ravel(),
                        [each, octave, octave**2, *returns, *again, 1.0],
                    )
                )
            )
        out[meter] = np.array(found)
    return out


def _sixteenths(beats: Times, features: Features, strength: Curve) -> tuple[Rows, Rows, Rows]:
    """What sounds at each sixteenth (beats, 4, curves); how much harmony moves at each half beat (beats, 4: the
    accompaniment's two halves, the bass's two); and each beat's pitch classes (beats, 24) at length 1."""
    drums, others = features.drums[0], features.others
    curves = [strength, drums[0], drums[2] + drums[3], drums[4], others[0] + others[1], others[2] + others[3]]
    steps = np.append(np.diff(beats), beats[-1] - beats[-2])
    places = beats[:, None] + steps[:, None] * np.arange(4) / 4
    sounds = np.stack([at(even(curve), places) for curve in curves], -1)
    halves = (beats[:, None] + steps[:, None] * np.arange(2) / 2).ravel()
    moves = [harmony_change(halves, chroma).reshape(-1, 2) for chroma in features.chroma]
    classes = np.concatenate(
        [_between(np.append(beats, beats[-1] + steps[-1]), c) for c in features.chroma], 1
    )
    return sounds, np.concatenate(moves, 1), classes / 2**0.5


def _returns(harmony: Rows, meter: int) -> list[float]:
    """How alike the pitch classes are to those one, two and four bars before, against one beat more or less."""
    out = []
    for lag in (meter, 2 * meter, 4 * meter):
        if len(harmony) < lag + 5:
            out.append(0.0)
            continue
        alike = [float((harmony[n:] * harmony[:-n]).sum(1).mean()) for n in (lag - 1, lag, lag + 1)]
        out.append(10 * (alike[1] - (alike[0] + alike[2]) / 2))
    return out


def _again(sounds: Rows, meter: int) -> list[float]:
    """How alike what is played is to one and two bars before, against half a bar and a beat more or less."""
    centred = sounds - sounds.mean(0)
    power = max(float((centred**2).sum(1).mean()), 1e-9)

    def alike(lag: int) -> float:
        return (
            float((centred[lag:] * centred[:-lag]).sum(1).mean()) / power if len(centred) > lag + 4 else 0.0
        )

    return [
        alike(meter) - (alike(meter - 1) + alike(meter + 1)) / 2,
        alike(2 * meter) - (alike(2 * meter - 1) + alike(2 * meter + 1)) / 2,
        alike(1),
        alike(meter),
    ]


def harmony_change(beats: Times, chroma: Curve) -> NDArray[np.float64]:
    """For each beat, how much the pitch classes differ from those of the beat before, against the song's usual."""
    rows = _between(np.append(beats, 2 * beats[-1] - beats[-2]), chroma)
    change = np.concatenate(([0.0], 1 - (rows[1:] * rows[:-1]).sum(1)))
    return np.asarray(change / max(float(change.std()), 1e-9))


def _between(edges: Times, chroma: Curve) -> Rows:
    """The pitch classes between neighbouring times (times - 1, 12), each row of length 1, or 0 where nothing sounds."""
    sums = np.concatenate((np.zeros((1, 12)), np.cumsum(chroma, axis=0, dtype=np.float64)))
    at_ = np.clip(np.round(edges * CHROMA_FPS).astype(int), 0, len(chroma))
    rows = sums[at_[1:]] - sums[at_[:-1]]
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))


def even(row: Curve) -> Curve:
    """The curve at a spread of 1."""
    return row / max(float(row.std()), 1e-6)


def at(row: Curve, places: Times) -> NDArray[np.float64]:
    """The strongest onset within 23 ms of each time."""
    widest = np.max(np.lib.stride_tricks.sliding_window_view(np.pad(row, 2), 5), axis=1)
    return np.asarray(widest[np.clip(np.round(places * FPS).astype(int), 0, len(row) - 1)], float)
