"""From float stems to 16-bit files: one gain for all, exact sums, WAV, stream and peaks side by side."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.audio import CHANNELS, SAMPLE_RATE, stream
from ml.audio.peaks import PeakTaker
from ml.separation.engine import StemBlock

FULL_SCALE = 32_768
"""Steps of a 16-bit sample: a WAV sample of 1.0."""


def shared_gain(peak: float, stems: int) -> float:
    """The gain for all of so many stems, at most 1, under which a stem that peaks at `peak` does not clip.

    One gain for all: stems with a gain each would not add up to the mix. One step a stem is kept free: the stem that
    takes the rounding of the mix and of the others is off by at most half a step for each.
    """
    ceiling = (FULL_SCALE - stems) / FULL_SCALE
    return 1.0 if peak <= ceiling else ceiling / peak


def quantise(
    block: StemBlock, gain: float, mix: NDArray[np.float32] | None = None, remainder: int | None = None
) -> NDArray[np.int16]:
    """(stems, frames, 2) float → int16, times `gain`.

    With `mix` (frames, 2), to which the stems add up, the stem at index `remainder` becomes round(gain * mix) less all
    other stems, so the integers add up exactly. Without it each stem is rounded alone.
    """
    steps = np.rint(block * np.float64(gain * FULL_SCALE)).astype(np.int32)
    if mix is not None and remainder is not None:
        whole = np.rint(mix * np.float64(gain * FULL_SCALE)).astype(np.int32)
        steps[remainder] = whole - (steps.sum(axis=0) - steps[remainder])
    return np.clip(steps, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


class StemWriters:
    """The files of the stems `names` in `room`: {stem}.wav and {stem}.mp3, and their peaks. A context manager."""

    def __init__(self, room: Path, names: Sequence[str]) -> None:
        self._room = room
        self._names = names
        self._open = ExitStack()
        self._stems: list[tuple[Any, stream.StreamWriter, PeakTaker]] = []
        # LAME is most of the work here, one thread per stem at most; the GIL is free while it encodes.
        self._pool = ThreadPoolExecutor(len(names))

    def __enter__(self) -> StemWriters:
        import soundfile

        try:
            for name in self._names:
                wav = soundfile.SoundFile(
                    self._room / f"{name}.wav", "w", SAMPLE_RATE, CHANNELS, "PCM_16", format="WAV"
                )
                self._open.enter_context(wav)
                encoder = stream.StreamWriter(self._room / f"{name}{stream.SUFFIX}")
                self._stems.append((wav, self._open.enter_context(encoder), PeakTaker()))
        except BaseException:
            self._open.close()
            raise
        return self

    def feed(self, stems: NDArray[np.int16]) -> None:
        """Take the next (stems, frames, 2) int16 samples."""
        list(self._pool.map(self._feed_one, range(len(self._names)), stems))

    def peaks(self) -> dict[str, list[int]]:
        """Each stem's peaks; call once, after the last block."""
        return {name: taker.finish() for name, (_, _, taker) in zip(self._names, self._stems, strict=True)}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()
        self._open.__exit__(kind, error, trace)

    def _feed_one(self, index: int, samples: NDArray[np.int16]) -> None:
        wav, encoder, peaks = self._stems[index]
        wav.write(samples)
        encoder.feed(samples)
        peaks.feed(samples)
