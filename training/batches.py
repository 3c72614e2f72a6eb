"""Training examples: stems drawn from the songs on disk, remixed in ways a studio might."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from ml.separation.embedded import STEMS
from training.effects import Audio, Random
from training.network import HOP, WINDOW

FRAMES = 160  # 3.8 s
LENGTH = (FRAMES - 1) * HOP + WINDOW
_SILENT = {"drums": 0.15, "bass": 0.18, "other": 0.07, "vocals": 0.35}
_SPREAD_DB = {"drums": 5.0, "bass": 4.0, "other": 4.5, "vocals": 4.5}


class Songs:
    """The songs of a split; new ones are seen when they appear (the synthesis may still be at work)."""

    def __init__(self, folder: Path, split: str) -> None:
        self._folder, self._split = folder, split
        self._tracks: dict[str, list[tuple[Path, int, float]]] = {}
        self._read: dict[Path, Audio] = {}
        self.paths: list[Path] = []
        self.look()

    def look(self) -> None:
        for meta in sorted(self._folder.glob(f"{self._split}-*.json")):
            path = meta.with_suffix(".npy")
            if path in self._read or not meta.stat().st_size:
                continue
            self._read[path] = np.load(path, mmap_mode="r")
            self.paths.append(path)
            for i, (stem, rms) in enumerate(json.loads(meta.read_text())):
                self._tracks.setdefault(stem, []).append((path, i, rms))

    def tracks(self, stem: str, path: Path | None = None) -> list[tuple[Path, int, float]]:
        return [t for t in self._tracks[stem] if path is None or t[0] == path]

    def cut(self, track: tuple[Path, int, float], start: int, length: int) -> Audio:
        """(2, length) float32 at a loudness of 1 where it sounds."""
        piece = self._read[track[0]][track[1], start : start + length].T.astype(np.float32)
        return piece / np.float32(32_000 * track[2])

    def length(self, track: tuple[Path, int, float]) -> int:
        return int(self._read[track[0]].shape[1])


class Remixes(IterableDataset[tuple[torch.Tensor, torch.Tensor]]):
    """Endless (stems (4, 2, LENGTH), equaliser curves (4, bins)); no two workers or seeds alike."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._seed = folder, seed

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        worker = get_worker_info()
        rng = np.random.default_rng([self._seed, worker.id if worker else 0])
        songs = Songs(self._folder, "train")
        for count in range(10**9):
            if count % 200 == 0:
                songs.look()
            stems = remix(songs, rng)
            curves = np.stack([equaliser(rng) for _ in STEMS])
            yield torch.from_numpy(stems), torch.from_numpy(curves)


def remix(songs: Songs, rng: Random) -> Audio:
    """One example: the stems of one song, or of several, with other levels, places, speeds and gaps."""
    together = rng.random() < 0.5
    song = songs.paths[rng.integers(len(songs.paths))]
    speed = float(2 ** (rng.uniform(-3, 3) / 12)) if rng.random() < 0.3 else 1.0
    length = int(LENGTH * speed) + 2
    start = int(rng.integers(0, 22 * 44_100 - length))
    out = np.zeros((4, 2, LENGTH), np.float32)
    quiet = {stem: rng.random() < p for stem, p in _SILENT.items()}
    if quiet["drums"] and quiet["bass"] and quiet["other"]:
        quiet["other"] = False
    for i, stem in enumerate(STEMS):
        choice = songs.tracks(stem, song) if together else songs.tracks(stem)
        if quiet[stem] or not choice:
            continue
        count = int(rng.integers(1, 5)) if stem == "other" else 1
        for pick in rng.permutation(len(choice))[:count]:
            at = start if together else int(rng.integers(0, songs.length(choice[pick]) - length))
            piece = songs.cut(choice[pick], at, length)
            out[i] += _placed(_played_at(piece, speed), rng) * np.float32(10 ** (rng.normal(0, 3) / 20))
        rms = np.sqrt((out[i] ** 2).mean())
        if rms > 0.05:  # a stem that rests here stays quiet
            out[i] /= rms ** (0.7 if stem == "other" else 0.0)
        out[i] *= np.float32(10 ** (rng.normal(0, _SPREAD_DB[stem]) / 20))
    if rng.random() < 0.15:
        out = np.repeat(out.mean(1, keepdims=True), 2, 1)  # a mono song
    if rng.random() < 0.3:
        out = _limited(out, rng)
    return out * np.float32(0.1)


def _played_at(piece: Audio, speed: float) -> Audio:
    if speed == 1.0:
        return piece[:, :LENGTH]
    at = np.arange(LENGTH) * speed
    whole = at.astype(np.int64)
    part = (at - whole).astype(np.float32)
    return piece[:, whole] * (1 - part) + piece[:, whole + 1] * part


def _placed(piece: Audio, rng: Random) -> Audio:
    """Channels swapped, turned over, narrowed."""
    if rng.random() < 0.5:
        piece = piece[::-1]
    if rng.random() < 0.3:
        piece = piece + (piece.mean(0, keepdims=True) - piece) * np.float32(rng.uniform(0, 1))
    return -piece if rng.random() < 0.5 else piece


def _limited(stems: Audio, rng: Random) -> Audio:
    """The mix's compressor: one gain for all stems, from the mix's own level."""
    block = 512
    n = stems.shape[-1] // block * block
    level = np.abs(stems.sum(0)).max(0)[:n].reshape(-1, block).max(1) + 1e-6
    level = np.maximum(level, np.convolve(level, np.ones(9) / 9, "same"))
    gain = np.minimum(1, np.percentile(level, rng.uniform(30, 90)) / level) ** rng.uniform(0.3, 0.9)
    knots = np.arange(len(gain)) * block
    return (stems * np.interp(np.arange(stems.shape[-1]), knots, gain)).astype(np.float32)


def equaliser(rng: Random) -> Audio:
    """(bins,) gain: a smooth random curve, sometimes with the top cut off as lossy codecs do."""
    bins = WINDOW // 2 + 1
    hz = np.arange(bins) * 44_100 / WINDOW
    curve = np.zeros(bins)
    if rng.random() < 0.7:
        knots = np.log([20, 60, 150, 400, 1000, 2500, 6000, 12_000, 22_050])
        curve = np.interp(np.log(hz + 20), knots, rng.normal(0, rng.uniform(0, 4.5), len(knots)))
    gain = 10 ** (curve / 20)
    if rng.random() < 0.25:
        gain[hz > rng.uniform(7000, 17_000)] = 0
    return gain.astype(np.float32)


def held_out(folder: Path, *, voice: bool) -> Iterator[Audio]:
    """The held-out songs as stems (4, 2, frames), always the same mixes; without `voice`, vocals are silent."""
    songs = Songs(folder, "held")
    for number, path in enumerate(sorted(songs.paths)):
        rng = np.random.default_rng([7, number])
        out = np.zeros((4, 2, 23 * 44_100), np.float32)
        for i, stem in enumerate(STEMS):
            level = rng.normal(0, 2.5)
            tracks = songs.tracks(stem, path)
            if stem == "vocals" and not voice:
                continue
            for track in tracks:
                out[i] += songs.cut(track, 0, out.shape[-1]) * np.float32(
                    10 ** (level / 20) / len(tracks) ** 0.5
                )
        yield out * np.float32(0.08)
