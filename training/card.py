"""The figures of docs/model-card.md: the exported model, run as `unplugd separate` runs it, on songs it never heard."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from ml.separation import embedded
from ml.separation.checkpoints import Recipe
from ml.separation.embedded import STEMS
from ml.separation.engine import Separator
from ml.separation.runner import Hearing, measure
from ml.separation.segments import Grid, Sums, cut
from training.batches import held_out

Audio = NDArray[Any]
_REAL = {"drums": ("drums",), "bass": ("bassguitar",), "other": ("clav", "horns", "leadguitar")}


def separate(separator: Separator, mix: Audio) -> Audio:
    """(2, frames) → (4, 2, frames), on the runner's own grid."""

    class InMemory:
        frames = mix.shape[1]

        def read(self, start: int, frames: int) -> Audio:
            return mix[:, start : start + frames].T

    song = InMemory()
    hearing = Hearing.of(Recipe.of(separator, "", song.frames), measure(song, lambda: None))
    member = separator.members[0]
    network = member.open()
    grid = Grid.of(member, mix.shape[1])
    sums = Sums(grid, 0, grid.count)
    for index in range(grid.count):
        samples, before, after, offset = cut(song, member, index)
        length = min(member.segment, mix.shape[1] - index * member.stride)
        heard = np.pad(hearing.hear(samples), ((0, 0), (before, after)))
        made = network.run(heard, threading.Event())
        sums.add(index, made[..., offset : offset + length])
    network.close()
    weight = grid.weight(0, mix.shape[1])
    stems = hearing.undo(sums.values / weight[:, None, None])
    return np.ascontiguousarray(stems.transpose(1, 2, 0))


def sdr(truth: Audio, estimate: Audio) -> float:
    """10 log10(|s|² / |s - ŝ|²) over the whole track and both channels, in dB."""
    return float(
        10
        * np.log10(
            (truth.astype(float) ** 2).sum() / max(((truth - estimate).astype(float) ** 2).sum(), 1e-20)
        )
    )


def real_multitrack(folder: Path) -> Audio:
    """The stems of a recorded song, (4, 2, frames), without vocals. For measuring only."""
    stems = []
    for stem in STEMS:
        tracks = [
            sf.read(folder / f"{name}.mp3", dtype="float32", always_2d=True)[0].T
            for name in _REAL.get(stem, ())
        ]
        stems.append(tracks)
    frames = max(track.shape[1] for tracks in stems for track in tracks)
    out = np.zeros((4, 2, frames), np.float32)
    for i, tracks in enumerate(stems):
        for track in tracks:
            out[i, :, : track.shape[1]] += track
    return out


def score(songs: Iterator[Audio], separator: Separator | None) -> dict[str, float]:
    """Medians over the songs: SDR of the stems that play; `vocals` of songs without is dB below the mix."""
    found: dict[str, list[float]] = {}
    for truth in songs:
        mix = truth.sum(axis=0)
        made = np.stack([mix] * 4) if separator is None else separate(separator, mix)
        for i, stem in enumerate(STEMS):
            if truth[i].any():
                found.setdefault(stem, []).append(sdr(truth[i], made[i]))
            else:
                found.setdefault(f"{stem}, silent", []).append(-sdr(mix, mix - made[i]))
    return {name: float(np.median(values)) for name, values in found.items()}


def write(songs: Path, weights: Path, real: Path | None, out: TextIO) -> None:
    """Print the card's tables."""
    separator = embedded.load("f32", weights)
    rows = [
        ("held out, sung", lambda: held_out(songs, voice=True)),
        ("held out, no vocals", lambda: held_out(songs, voice=False)),
    ]
    if real is not None:
        rows.append(("real multitrack", lambda: iter([real_multitrack(real)])))
    for name, made in rows:
        for who, engine in (("the mix itself", None), ("embedded", separator)):
            figures = ", ".join(f"{key} {value:.1f}" for key, value in sorted(score(made(), engine).items()))
            print(f"{name} | {who} | {figures}", file=out, flush=True)
    mix = np.random.default_rng(0).normal(0, 0.1, (2, 60 * 44_100)).astype(np.float32)
    began = time.process_time()
    separate(separator, mix)
    print(f"60 s in {time.process_time() - began:.2f} s of one core's time, peak "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", file=out)  # fmt: skip
