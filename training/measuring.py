"""python -m training.measuring [--work DIR] [--songs N] [--waltzes N]: the recipe of ml.analysis's weights.

Makes plain songs (training.plain) whose truth is known, reads their cues, and fits the weights of beats and bars and of
the key: logistic regression over a song's readings, with a penalty chosen by leaving songs out. Cues stay in the work
folder, so a run goes on where another stopped. Songs of `bench.analysis` are made otherwise, by other seeds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ml.analysis import beats as grids
from ml.analysis import candidates, sound, tonality
from ml.analysis.features import Features
from training import plain, truth

Rows = NDArray[np.float64]
SECONDS = 28.0
_FOLDS = 4
_WINDOW_S = 0.07
_SHARP = 12.0
"""A reading whose beats and bars are this much nearer to the truth is e times as right."""


class _Made(Features):
    """The features of stems that are in memory."""

    def __init__(self, stems: dict[str, plain.Mono]) -> None:
        super().__init__({}, None)
        self._sounds = stems

    def sound_of(self, *names: str) -> sound.Mono:
        return sum((self._sounds[n] for n in names if n in self._sounds), np.zeros(1, np.float32))


def cues(seed: int, meter: int) -> dict[str, Any]:
    """One song's cues: of every reading (`bars4`, `bars3`) with its worth, and of every key with the true one's index.

    The key's cues use the true bars, which a song that is measured does not have.
    """
    song, stems = plain.stems(seed, SECONDS, meter)
    known, features = truth.of_song(song, None), _Made(stems)
    strength = grids.onset_strength(features)
    rows = grids.rows(features, strength)
    read = [candidates.bars(row, features, strength) for row in rows]
    worth = [
        near(known["beats"], row) + (near(known["downbeats"], row[first::bar]) if bar == meter else 0.0)
        for row in rows
        for bar in candidates.METERS
        for first in range(bar)
    ]
    tonic = tonality.NAMES.index(known["key"]["tonic"]) + (12 if known["key"]["mode"] == "minor" else 0)
    return {
        **{f"bars{bar}": np.concatenate([found[bar] for found in read]) for bar in candidates.METERS},
        "worth": np.array(worth),
        "key": tonality.key_cues(features, np.array(known["downbeats"]), np.array(known["beats"])),
        "true_key": tonic,
    }


def near(known: Sequence[float], found: Rows) -> float:
    """The F1 of times within 70 ms of each other."""
    at = hits = 0
    for time in found:
        while at < len(known) and known[at] < time - _WINDOW_S:
            at += 1
        if at < len(known) and abs(known[at] - time) <= _WINDOW_S:
            hits, at = hits + 1, at + 1
    return 2 * hits / max(1, len(known) + len(found))


Example = tuple[list[Rows], Rows]
"""Cues of the readings, one array a kind of reading, and how right each reading is (adds up to 1)."""


def bar_example(song: dict[str, Any]) -> Example:
    """Readings of four beats a bar, then of three."""
    rows = len(song["bars4"]) // 4
    order = np.concatenate(
        [7 * np.arange(rows)[:, None] + np.arange(4), 7 * np.arange(rows)[:, None] + np.arange(4, 7)], 1
    )
    worth = np.concatenate((song["worth"][order[:, :4].ravel()], song["worth"][order[:, 4:].ravel()]))
    right = np.exp(_SHARP * (worth - worth.max()))
    return [song["bars4"], song["bars3"]], right / right.sum()


def key_example(song: dict[str, Any]) -> Example:
    """Major keys, then minor ones."""
    return [song["key"][0], song["key"][1]], np.eye(24)[int(song["true_key"])]


def fit(examples: list[Example], penalty: float) -> list[Rows]:
    """The weights of each kind of reading."""
    kinds = range(len(examples[0][0]))
    whole = [np.concatenate([e[0][k] for e in examples]) for k in kinds]
    spread = [w.std(0) + 1e-3 for w in whole]
    middle = [w.mean(0) * (w.std(0) > 1e-9) for w in whole]
    scaled = [([(e[0][k] - middle[k]) / spread[k] for k in kinds], e[1]) for e in examples]
    cuts = np.cumsum([w.shape[1] for w in whole])[:-1]

    def loss(flat: Rows) -> tuple[float, Rows]:
        parts, total = np.split(flat, cuts), 0.0
        slope = [np.zeros_like(p) for p in parts]
        for read, right in scaled:
            chance = _chances(read, parts)
            total -= float(right @ np.log(chance + 1e-12))
            wrong = np.split(chance - right, np.cumsum([len(r) for r in read])[:-1])
            for k in kinds:
                slope[k] += wrong[k] @ read[k]
        return total / len(scaled) + penalty * float(flat @ flat), np.concatenate(slope) / len(
            scaled
        ) + 2 * penalty * flat

    flat = minimize(
        loss, np.zeros(sum(w.shape[1] for w in whole)), jac=True, method="L-BFGS-B", options={"maxiter": 60}
    ).x
    out = []
    for k, part in enumerate(np.split(flat, cuts)):
        weights = part / spread[k]
        weights[-1] -= float(weights @ middle[k])  # the last cue is always 1
        out.append(weights)
    return out


def _chances(read: list[Rows], weights: list[Rows]) -> Rows:
    score = np.concatenate([r @ w for r, w in zip(read, weights, strict=True)])
    chance: Rows = np.exp(score - score.max())
    return chance / chance.sum()


def left_out(examples: list[Example], penalty: float) -> tuple[float, float, Rows]:
    """For songs left out of the fit: the mean log likelihood, the share right, and each choice's probability."""
    fold = np.random.default_rng(0).permutation(len(examples)) % _FOLDS
    likely, sure, right = [], [], []
    for part in range(_FOLDS):
        weights = fit([e for e, f in zip(examples, fold, strict=True) if f != part], penalty)
        for (read, true), f in zip(examples, fold, strict=True):
            if f == part:
                chance = _chances(read, weights)
                best = int(np.argmax(chance))
                likely.append(float(true @ np.log(chance + 1e-12)))
                sure.append(float(chance[best]))
                right.append(true[best] >= 0.1 * true.max())
    return float(np.mean(likely)), float(np.mean(right)), np.array([sure, right])


def best_fit(examples: list[Example], name: str, say: Callable[[str], Any]) -> list[Rows]:
    """The weights under the penalty that is best for songs left out."""
    tried = {}
    for penalty in (0.01, 0.03):
        likely, right, _ = left_out(examples, penalty)
        tried[penalty] = right
        say(f"{name}, penalty {penalty}: left out, {right:.3f} right, log likelihood {likely:.3f}\n")
    return fit(examples, max(tried, key=lambda penalty: tried[penalty]))


def main() -> int:
    """Make, fit, write."""
    parser = argparse.ArgumentParser(prog="python -m training.measuring", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(".cache/measuring"))
    parser.add_argument("--songs", type=int, default=160)
    parser.add_argument("--waltzes", type=int, default=60)
    parser.add_argument("--only-make", action="store_true")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    songs = []
    for seed, meter in [*((s, 4) for s in range(options.songs)), *((s, 3) for s in range(options.waltzes))]:
        path = options.work / f"{meter}-{seed:05d}.npz"
        if not path.exists():
            np.savez(path, **cues(seed, meter))
        with np.load(path) as file:
            songs.append({name: file[name] for name in file.files})
    if options.only_make:
        return 0
    four, three = best_fit([bar_example(song) for song in songs], "beats and bars", sys.stdout.write)
    np.savez(candidates.WEIGHTS, four=four.astype(np.float32), three=three.astype(np.float32))
    modes = best_fit([key_example(song) for song in songs], "key", sys.stdout.write)
    np.savez(tonality.WEIGHTS, key=np.array(modes, np.float32))
    return 0


if __name__ == "__main__":
    sys.exit(main())
