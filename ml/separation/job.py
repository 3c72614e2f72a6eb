"""One separation from file to files: decode, separate, scale by one gain, write, check what was written.

Each step streams, so memory does not grow with the song; what must wait for the gain waits on disk in `out`.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ml import Stopped
from ml.audio import SAMPLE_RATE, stream
from ml.audio.checksum import sha256
from ml.audio.decode import BLOCK_FRAMES, decode
from ml.audio.peaks import document
from ml.separation import STEMS, SeparationResult, registry
from ml.separation.engine import FloatFile, Separator, StemFile
from ml.separation.output import StemWriters, quantise, shared_gain
from ml.separation.residual import residual_db

PEAKS = "peaks.json"

# Shares of the work, so that progress runs at an even pace; how the middle is shared, the separator says.
_DECODED, _WRITTEN = 0.05, 0.98


class Watch:
    """Reports progress that never goes back and raises Stopped as soon as the stop event is seen."""

    def __init__(self, progress: Callable[[float], None], stop: threading.Event) -> None:
        self._progress = progress
        self._stop = stop
        self._last = 0.0

    def at(self, fraction: float) -> None:
        """`fraction` of the job is done, 0…1."""
        if self._stop.is_set():
            raise Stopped
        self._last = max(self._last, min(fraction, 1.0))
        self._progress(self._last)


def run(
    source: Path,
    out: Path,
    *,
    model: str,
    models: Path | None,
    progress: Callable[[float], None],
    stop: threading.Event,
) -> SeparationResult:
    """See ml.separation.separate_file. On any failure nothing of this run stays in `out`."""
    began = time.monotonic()
    watch = Watch(progress, stop)
    watch.at(0.0)
    separator = registry.load(model, models)
    source_sha256 = sha256(source)
    out.mkdir(parents=True, exist_ok=True)
    names = tuple([f"{s}.wav" for s in STEMS] + [f"{s}{stream.SUFFIX}" for s in STEMS] + [PEAKS])
    # Written aside and moved when whole: an `out` never shows half a separation.
    with tempfile.TemporaryDirectory(prefix=".separating-", dir=out) as aside:
        room = Path(aside)
        mix = _decode(source, room / "mix.f32", watch)
        with StemFile(room / "stems.f32") as stems:
            _separate(separator, mix, stems, watch)
            gain = shared_gain(stems.peak)
            _write(stems, mix, room, gain, separator, watch)
        residual = residual_db([room / f"{s}.wav" for s in STEMS], mix, gain, lambda: watch.at(_WRITTEN))
        for name in names:
            (room / name).replace(out / name)
    progress(1.0)
    return SeparationResult(
        engine=separator.engine,
        model=separator.model,
        model_version=separator.version,
        model_sha256=separator.sha256,
        seconds=time.monotonic() - began,
        gain=gain,
        residual_db=residual,
        source_sha256=source_sha256,
        frames=mix.frames,
        sample_rate=SAMPLE_RATE,
        files=names,
    )


def _decode(source: Path, path: Path, watch: Watch) -> FloatFile:
    frames = 0
    with path.open("wb") as file:
        for block in decode(source):
            block.astype("<f4", copy=False).tofile(file)
            frames += len(block)
            # The length is not known before the end; a ten-minute song is the most the product takes.
            watch.at(_DECODED * min(1.0, frames / (600 * SAMPLE_RATE)))
    return FloatFile(path)


def _separate(separator: Separator, mix: FloatFile, stems: StemFile, watch: Watch) -> None:
    watch.at(_DECODED)
    whole = _separated(separator) - _DECODED
    with closing(separator.separate(mix)) as blocks:  # on a stop its threads end before the mix is deleted
        for block in blocks:
            stems.write(block)
            watch.at(_DECODED + whole * stems.frames / mix.frames)
    if stems.frames != mix.frames:
        raise AssertionError(f"{separator.model} gave {stems.frames} frames for a mix of {mix.frames}")


def _separated(separator: Separator) -> float:
    """The fraction of the job that is done when the last stem is there."""
    return _DECODED + separator.share * (_WRITTEN - _DECODED)


def _write(
    stems: StemFile, mix: FloatFile, room: Path, gain: float, separator: Separator, watch: Watch
) -> None:
    begun = _separated(separator)
    done = 0
    with StemWriters(room) as writers:
        for block in stems.blocks(BLOCK_FRAMES):
            part = mix.read(done, block.shape[1]) if separator.additive else None
            writers.feed(quantise(block, gain, part))
            done += block.shape[1]
            watch.at(begun + (_WRITTEN - begun) * done / mix.frames)
        peaks = writers.peaks()
    (room / PEAKS).write_text(json.dumps(document(peaks), separators=(",", ":")), encoding="utf-8")
