"""Beats, bars and tempo: a grid that may drift, from the drums' onsets and the accompaniment's changes of harmony."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from ml.analysis import candidates
from ml.analysis.features import Curve, Features
from ml.analysis.sound import FPS

Times = NDArray[np.float64]

SLOWEST, FASTEST = 60.0, 200.0
"""Tempos that a beat can have (beats a minute)."""

_PEAKS = 4
_TIGHT = 90.0
_OFFSET_S = 0.006
"""Onset strength rises this much before the sound: measured on synthetic songs with known beats."""
_DRIFT_S = 0.020
_ROUGH_S = 0.012
_CLEAR = 1.0
"""Below this repetition (`tempo_curve`) the beats are less sure: noise has 0.3."""
_LOCAL_S = 12.0
_BEND = 0.15
"""A song's tempo stays within this share of its usual one; a wider reach would lead to other tempos that fit."""


class Anchor(TypedDict):
    """From time `t` (s), where beat number `beat` is, the tempo is `bpm`."""

    t: float
    beat: int
    bpm: float


class Beats(TypedDict):
    """Beat numbers count from 0. `candidates`: half, once and twice the tempo."""

    anchors: list[Anchor]
    downbeats: list[float]
    meter: int
    candidates: list[float]
    confidence: float


@dataclass(frozen=True)
class Grid:
    """Every beat's time (s), the index of the first downbeat, and how sure the grid is (0…1)."""

    beats: Times
    first_downbeat: int
    meter: int
    confidence: float

    def bars(self) -> Times:
        """The downbeats' times."""
        return self.beats[self.first_downbeat :: self.meter]


def measure(grid: Grid) -> Beats:
    """The grid as stored."""
    steps = anchors(grid.beats)
    bpm = main_tempo(steps, grid.beats)
    return {
        "anchors": steps,
        "downbeats": [round(float(t), 3) for t in grid.bars()],
        "meter": grid.meter,
        "candidates": [round(bpm * f, 2) for f in (0.5, 1, 2)] if bpm else [],
        "confidence": round(grid.confidence, 2),
    }


def find(features: Features) -> Grid:
    """The grid of a song. Sound without onsets gives no beats, with confidence 0."""
    strength = onset_strength(features)
    none = Grid(np.zeros(0), 0, 4, 0.0)
    if len(strength) < 2 * FPS or strength.max(initial=0.0) < 1e-6:
        return none
    choices = rows(features, strength)
    if not choices:
        return none
    reading, chance = candidates.choose(choices, features, strength)
    best = choices[reading.row]
    tempos, repeats = tempo_curve(strength)
    clear = float(np.interp(60 / np.median(np.diff(best)), tempos, repeats))
    return Grid(
        best, reading.first, reading.meter, _sure(choices, reading, chance) * min(1.0, clear / _CLEAR)
    )


def rows(features: Features, strength: Curve) -> list[Times]:
    """The rows of beats that a song may be counted in: some tempos, each from four places of a beat."""
    found: list[Times] = []
    for period in periods(*tempo_curve(strength)):
        columns = track(strength, local_periods(strength, period))
        if len(columns) < candidates.LEAST_BEATS:
            continue
        beats = steady(columns / FPS + _OFFSET_S, features.seconds)
        for row in (beats, *(_later(beats, part) for part in (0.25, 0.5, 0.75))):
            if not any(_same(row, other) for other in found):
                found.append(row)
    return found


def _same(row: Times, other: Times) -> bool:
    """Whether most beats of two rows are within 30 ms of each other."""
    if abs(len(row) / len(other) - 1) > 0.1:
        return False
    after = np.clip(np.searchsorted(other, row), 1, len(other) - 1)
    apart = np.minimum(np.abs(row - other[after]), np.abs(row - other[after - 1]))
    return bool((apart < 0.03).mean() > 0.8)


def tempo_curve(strength: Curve) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tempos (beats a minute), and how well the song repeats at each."""
    echo = autocorrelation(strength, round(9 * 60 / SLOWEST * FPS))
    bpm = np.exp(np.arange(np.log(SLOWEST), np.log(FASTEST), 0.004))
    return bpm, _comb(echo, 60 / bpm * FPS)


def periods(bpm: NDArray[np.float64], comb: NDArray[np.float64]) -> list[float]:
    """Periods (columns) that a beat may have: those of the curve's highest peaks, their halves and doubles."""
    peaks = 1 + np.flatnonzero((comb[1:-1] >= comb[:-2]) & (comb[1:-1] > comb[2:]))
    tempos: list[float] = []
    for peak in peaks[np.argsort(-comb[peaks], kind="stable")][:_PEAKS]:
        for factor in (1.0, 2.0, 0.5):
            tempo = float(bpm[peak]) * factor
            if SLOWEST <= tempo <= FASTEST and all(abs(np.log(tempo / t)) > 0.03 for t in tempos):
                tempos.append(tempo)
    return [60 / t * FPS for t in tempos]


def _later(beats: Times, part: float) -> Times:
    """The row a part of a beat later: off-beats, and the sixteenths that syncopated drums stress."""
    inner = beats[:-1] + part * np.diff(beats)
    first = inner[0] - (beats[1] - beats[0])
    return np.concatenate(([first], inner)) if first >= 0 else inner


def onset_strength(features: Features) -> Curve:
    """One curve at FPS: every band of drums and accompaniment, each at the loudness it usually has."""
    drums, _ = features.drums
    others = features.others
    count = min(drums.shape[1], others.shape[1])
    rows = np.concatenate((drums[:, :count], 0.5 * others[:, :count]))
    total = sum(
        (
            candidates.even(row) * w
            for row, w in zip(rows, [1.4, 1, 1, 1, 1, 0.6, 0.5, 0.5, 0.5, 0.3], strict=True)
        ),
        np.zeros(count, np.float32),
    )
    return np.maximum(0, total - _running(total, round(0.5 * FPS))).astype(np.float32)


def _comb(echo: NDArray[np.float64], lags: NDArray[np.float64]) -> NDArray[np.float64]:
    """How well the curve repeats after each lag and its multiples."""
    out = np.zeros(len(lags))
    for times, weight in ((1, 1.0), (2, 1.0), (3, 0.3), (4, 1.0), (8, 0.7)):
        at = lags * times
        out += weight * np.where(at < len(echo) - 1, np.interp(at, np.arange(len(echo)), echo), 0)
    return out


def autocorrelation(strength: Curve, lags: int) -> NDArray[np.float64]:
    """For each lag (columns), how alike the curve is to itself, over the whole song; 1 at lag 0."""
    curve = strength - strength.mean()
    size = 1 << (len(curve) + lags).bit_length()
    power = np.abs(np.fft.rfft(curve, size)) ** 2
    echo = np.fft.irfft(power, size)[: lags + 1]
    overlap = np.maximum(len(curve) - np.arange(lags + 1), len(curve) / 4)
    return np.asarray(echo / overlap / max(float(echo[0] / overlap[0]), 1e-12))


def local_periods(strength: Curve, period: float) -> NDArray[np.float64]:
    """The beat's period at each column: near `period`, followed through windows of 12 s by dynamic programming."""
    width, hop = round(_LOCAL_S * FPS), round(_LOCAL_S / 6 * FPS)
    if len(strength) < 2 * width:
        return np.full(len(strength), period)
    ratios = np.exp(np.arange(-_BEND, _BEND + 0.0001, 0.01))
    lags = period * ratios
    starts = np.arange(0, len(strength) - width + hop, hop)
    rows = np.array(
        [_comb(autocorrelation(strength[at : at + width], int(5 * lags[-1])), lags) for at in starts]
    )
    bends = 40 * (np.log(ratios)[:, None] - np.log(ratios)[None, :]) ** 2
    score, back = rows[0] - 0.5 * np.log(ratios) ** 2, []
    for row in rows[1:]:
        total = score[None, :] - bends * 6
        back.append(total.argmax(1))
        score = total.max(1) + row - 0.5 * np.log(ratios) ** 2
    at = int(np.argmax(score))
    path = [at]
    for pointers in reversed(back):
        at = int(pointers[at])
        path.append(at)
    middles = starts + width / 2
    return np.asarray(np.interp(np.arange(len(strength)), middles, lags[path[::-1]]))


def track(strength: Curve, periods: NDArray[np.float64]) -> NDArray[np.float64]:
    """The columns of the best row of beats, each about its period apart (Ellis 2007), by dynamic programming."""
    curve = strength / max(float(strength.std()), 1e-9)
    shape = np.exp(-0.5 * (np.arange(-3, 4) / 1.5) ** 2)
    curve = np.convolve(curve, shape / shape.sum(), "same")
    steps = np.arange(max(1, round(periods.min() * 0.6)), round(periods.max() * 1.6) + 1)
    score, back = curve.copy(), np.full(len(curve), -1)
    logs = np.log(steps)
    for at in range(int(steps[0]), len(curve)):
        reach = steps[: np.searchsorted(steps, at, "right")]
        total = score[at - reach] - _TIGHT * (logs[: len(reach)] - np.log(periods[at])) ** 2
        best = int(np.argmax(total))
        if total[best] > 0:
            score[at] += total[best]
            back[at] = at - reach[best]
    tail = max(1, round(periods[-1]))
    last = len(score) - tail + int(np.argmax(score[-tail:]))
    row = []
    while last >= 0:
        row.append(last)
        last = int(back[last])
    return np.array(row[::-1], float)


def steady(beats: Times, seconds: float) -> Times:
    """Beats on straight lines through their neighbours, continued to the song's ends.

    A line takes the most neighbours of which it stays within 12 ms (root mean square).
    """
    count = len(beats)
    out = np.empty(count)
    for at in range(count):
        for half in (16, 8, 4, 2):
            a, b = max(0, at - half), min(count, at + half + 1)
            index = np.arange(a, b)
            slope, base = _line(index, beats[a:b])
            if np.sqrt(np.mean((base + slope * index - beats[a:b]) ** 2)) < _ROUGH_S:
                break
        out[at] = base + slope * at
    first, last = out[1] - out[0], out[-1] - out[-2]
    before = out[0] - first * np.arange(int((out[0] + 0.03) / first), 0, -1)
    after = out[-1] + last * np.arange(1, int((seconds - out[-1]) / last) + 1)
    whole = np.concatenate((np.maximum(before, 0), out, after))
    return whole[np.concatenate(([True], np.diff(whole) > 0))]


def _sure(choices: list[Times], reading: candidates.Reading, chance: NDArray[np.float64]) -> float:
    """The probability of the row of beats, in whatever bars it is counted."""
    rows_ = np.array([other.row for other in candidates.readings(len(choices))])
    return float(chance[rows_ == reading.row].sum())


def anchors(beats: Times) -> list[Anchor]:
    """The fewest straight lines that stay within 20 ms of the beats, as where each starts and its tempo."""
    out: list[Anchor] = []
    start = 0
    while start < len(beats) - 1:
        end = start + 2
        while end < len(beats) and _bends(beats[start : end + 1]) <= _DRIFT_S:
            end += 1
        slope, base = _line(np.arange(end - start), beats[start:end])
        out.append({"t": round(base, 4), "beat": start, "bpm": round(60 / slope, 3)})
        start = end if end < len(beats) else len(beats)
    return out


def main_tempo(steps: list[Anchor], beats: Times) -> float:
    """The tempo of most beats."""
    if not steps:
        return 0.0
    ends = [*(s["beat"] for s in steps[1:]), len(beats)]
    return max(zip(steps, ends, strict=True), key=lambda pair: pair[1] - pair[0]["beat"])[0]["bpm"]


def _bends(beats: Times) -> float:
    index = np.arange(len(beats))
    slope, base = _line(index, beats)
    return float(np.abs(beats - base - slope * index).max())


def _line(index: NDArray[np.int64], beats: Times) -> tuple[float, float]:
    slope, base = np.polyfit(index, beats, 1)
    return float(slope), float(base)


def _running(curve: Curve, width: int) -> Curve:
    sums = np.cumsum(np.pad(curve, (width // 2 + 1, width // 2), mode="edge"))
    return np.asarray(((sums[width:] - sums[:-width]) / width)[: len(curve)], np.float32)
