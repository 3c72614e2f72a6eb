"""One separation from file to files: decode, separate, scale by one gain, write, check what was written.

Each step streams, so memory does not grow with the song; what must wait for the gain waits on disk, as stretches.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from ml.audio import CHANNELS, SAMPLE_RATE, stream
from ml.audio.checksum import sha256
from ml.audio.decode import BLOCK_FRAMES, decode
from ml.audio.peaks import document
from ml.separation import BadParts, Part, PartResult, SeparationResult, parts, registry
from ml.separation.checkpoints import Checkpoints, Recipe, Stretch, clear, held, started
from ml.separation.engine import FloatFile, Separator
from ml.separation.estimates import Estimates
from ml.separation.folders import aside, move
from ml.separation.output import StemWriters, quantise, shared_gain
from ml.separation.residual import residual_db
from ml.separation.runner import Hearing, Progress, Scale, Task, make, measure, plan
from ml.separation.watch import Watch

T = TypeVar("T")

PEAKS = "peaks.json"

# Seconds of work a second of song, on two cores: for decoding and writing, compared with the networks.
_DECODE_S, _WRITE_S = 0.004, 0.04
_PEAK_SHARE, _WRITTEN = 0.15, 0.95  # of the writing: when the gain is known, and when the files are whole


@dataclass(frozen=True)
class Request:
    """What the front doors of ml.separation have in common. `tidy`: checkpoints go when the results are in `out`."""

    source: Path
    out: Path
    progress: Callable[[float], None]
    stop: threading.Event
    checkpoints: Path | None
    warn: Callable[[str], None]
    tidy: bool = False


@dataclass
class _Song:
    """The decoded song in a room of its own, and how far the work on it is."""

    room: Path
    sha256: str
    mix: FloatFile
    scale: Scale
    progress: Progress
    began: float

    @property
    def seconds(self) -> float:
        return self.mix.frames / SAMPLE_RATE


def separate(asked: Request, model: str, models: Path | None, precision: str) -> SeparationResult:
    """See ml.separation.separate_file. On any failure nothing of this run stays in `out`."""
    with _begin(asked, lambda: registry.load(model, models, precision)) as (song, separator):
        recipe = Recipe.of(separator, song.sha256, song.mix.frames)
        files = recipe.frames * len(recipe.stems) * CHANNELS * 2 * 5 // 4  # WAVs, and a quarter for streams
        stretches = _stretches(asked, song, separator, recipe, plan(separator, recipe), files)
        made = _finish(asked, song, recipe, stretches)
        _tidy(asked, stretches)
        return made


def separate_share(asked: Request, part: Part, model: str, models: Path | None, precision: str) -> PartResult:
    """See ml.separation.separate_part."""
    with _begin(asked, lambda: registry.load(model, models, precision), writes=False) as (song, separator):
        recipe = Recipe.of(separator, song.sha256, song.mix.frames)
        tasks = plan(separator, recipe, part.run)
        stretches = _stretches(asked, song, separator, recipe, tasks, _bytes(tasks))
        name = parts.folder_name(part)
        parts.write(song.room / name, part, recipe, stretches)
        move(song.room, asked.out, [name], tick=song.progress.tick, warn=asked.warn)
        asked.progress(1.0)
        _tidy(asked, stretches)
        segments = sum(task.last - task.first for task in tasks)
        took = time.monotonic() - song.began
        return PartResult(separator.engine, separator.model, part, asked.out / name, segments, took)


def merge(asked: Request, folders: Sequence[Path]) -> SeparationResult:
    """See ml.separation.merge_parts."""
    stored = [parts.read(folder) for folder in folders]
    recipe = parts.check(stored, sha256(asked.source), asked.source)
    stretches = parts.stretches(stored, recipe)
    with _begin(asked, lambda: None) as (song, _):
        if song.mix.frames != recipe.frames:
            raise BadParts(
                f"The parts were made of {recipe.frames} frames, here the song decodes to {song.mix.frames}."
            )
        if not (stretches or (recipe.normalised and song.scale.is_silence)):
            raise BadParts("The parts hold no segments. Make them again.")
        song.progress.begin(0, 0)
        return _finish(asked, song, recipe, stretches)


@contextmanager
def _begin(asked: Request, load: Callable[[], T], *, writes: bool = True) -> Iterator[tuple[_Song, T]]:
    """Decode and measure the song in a temporary folder inside `out`, in which the rest of the work is done."""
    began = time.monotonic()
    watch = Watch(asked.progress, asked.stop)
    # How far an earlier run came is known only when the song is decoded; until then nothing is said.
    watch.quiet = asked.checkpoints is not None and started(asked.checkpoints)
    watch.at(0.0)
    loaded = load()
    with ExitStack() as stack:
        if asked.checkpoints is not None:
            stack.enter_context(held(asked.checkpoints))
        room = stack.enter_context(aside(asked.out))
        hashed = sha256(asked.source)
        mix = _decode(asked.source, room / "mix.f32", watch)
        scale = measure(mix, watch.tick)
        seconds = mix.frames / SAMPLE_RATE
        progress = Progress(watch, _DECODE_S * seconds, _WRITE_S * seconds if writes else 0.0)
        yield _Song(room, hashed, mix, scale, progress, began), loaded


def _decode(source: Path, path: Path, watch: Watch) -> FloatFile:
    with path.open("wb") as file:
        for block in decode(source):
            file.write(np.ascontiguousarray(block, "<f4").data)
            watch.tick()
    return FloatFile(path)


def _stretches(
    asked: Request, song: _Song, separator: Separator, recipe: Recipe, tasks: list[Task], results: int
) -> list[Stretch]:
    """Find or make the stretches. `results`: the bytes of what will be made of them."""
    folder = asked.checkpoints or song.room / "stretches"
    folder.mkdir(exist_ok=True)
    if separator.normalised and song.scale.is_silence:
        tasks = []  # nothing to hear: the stems are silence
    _require_space(song, folder, _bytes(tasks), results)
    kept = Checkpoints(folder, recipe, durable=asked.checkpoints is not None, warn=asked.warn)
    return make(tasks, song.mix, Hearing.of(recipe, song.scale), kept, song.progress)


def _bytes(tasks: Sequence[Task]) -> int:
    """What the stretches take on disk."""
    return sum((task.grid.span(task.first, task.last)[1] - task.first * task.grid.stride)
               * len(task.grid.stems) * CHANNELS * 4 for task in tasks)  # fmt: skip


def _require_space(song: _Song, folder: Path, stretches: int, results: int) -> None:
    """Raises OSError: better now than after the work. What an earlier run left is counted twice; so be it."""
    out = song.room.parent
    together = disk_of(folder) == disk_of(out)
    for place, needed in ((out, stretches + results),) if together else ((out, results), (folder, stretches)):
        free = shutil.disk_usage(place).free
        if free < needed:
            said = f"{needed >> 20} MiB are needed, {free >> 20} MiB are free in {place}"
            raise OSError(errno.ENOSPC, f"The disk is full: {said}")


def disk_of(folder: Path) -> int:
    """The number of the device that holds a folder."""
    return folder.stat().st_dev


def _tidy(asked: Request, used: Sequence[Stretch]) -> None:
    """Remove the checkpoints that were used, if that is asked for. A failure only warns: the results are in place."""
    folder = asked.checkpoints
    # In a part's folder the stretches are the part's: it may have been given as checkpoints, or moved to their place.
    if folder is None or not asked.tidy or (folder / parts.INDEX).exists():
        return
    try:
        clear(folder, used)
    except OSError as error:
        asked.warn(f"The checkpoints in {folder} cannot be removed: {error.strerror or error}.")


def _finish(asked: Request, song: _Song, recipe: Recipe, stretches: list[Stretch]) -> SeparationResult:
    estimates = Estimates(stretches, recipe, song.scale)
    gain = shared_gain(_peak(estimates, song), len(recipe.stems))
    _write(estimates, song, gain, recipe)
    wavs = [f"{stem}.wav" for stem in recipe.stems]
    residual = residual_db(
        [song.room / name for name in wavs], song.mix, gain, lambda: song.progress.rest(_WRITTEN)
    )
    files = (*wavs, *(f"{stem}{stream.SUFFIX}" for stem in recipe.stems), PEAKS)
    move(song.room, asked.out, files, tick=song.progress.tick, warn=asked.warn)
    asked.progress(1.0)
    return SeparationResult(
        engine=recipe.engine,
        model=recipe.model,
        model_version=recipe.version,
        model_sha256=recipe.sha256,
        seconds=time.monotonic() - song.began,
        gain=gain,
        residual_db=residual,
        source_sha256=recipe.source_sha256,
        frames=recipe.frames,
        sample_rate=SAMPLE_RATE,
        stems=recipe.stems,
        files=files,
        precision=recipe.precision,
    )


def _blocks(frames: int) -> Iterator[tuple[int, int]]:
    """(start, length) of each block."""
    for start in range(0, frames, BLOCK_FRAMES):
        yield start, min(BLOCK_FRAMES, frames - start)


def _peak(estimates: Estimates, song: _Song) -> float:
    peak = 0.0
    for start, frames in _blocks(song.mix.frames):
        peak = max(peak, float(np.abs(estimates.read(start, frames)).max()))
        song.progress.rest(_PEAK_SHARE * (start + frames) / song.mix.frames)
    return peak


def _write(estimates: Estimates, song: _Song, gain: float, recipe: Recipe) -> None:
    from soundfile import LibsndfileError

    rest = recipe.stems.index(recipe.remainder) if recipe.remainder else None
    try:
        with StemWriters(song.room, recipe.stems) as writers:
            for start, frames in _blocks(song.mix.frames):
                mix = song.mix.read(start, frames) if rest is not None else None
                writers.feed(quantise(estimates.read(start, frames), gain, mix, rest))
                done = (start + frames) / song.mix.frames
                song.progress.rest(_PEAK_SHARE + (_WRITTEN - _PEAK_SHARE) * done)
            peaks = writers.peaks()
    except LibsndfileError as error:  # "System error.": which one, libsndfile keeps to itself
        full = shutil.disk_usage(song.room).free < 1 << 20
        code = errno.ENOSPC if full else errno.EIO
        raise OSError(code, f"The stems cannot be written: {os.strerror(code)}") from error
    (song.room / PEAKS).write_text(json.dumps(document(peaks), separators=(",", ":")), encoding="utf-8")
