"""From float stems to 16-bit files: one gain for all four, exact sums, WAV, stream and peaks side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.audio import CHANNELS, SAMPLE_RATE, stream
from ml.audio.peaks import PeakTaker
from ml.separation import STEMS
from ml.separation.engine import StemBlock

FULL_SCALE = 32_768
"""Steps of a 16-bit sample: a WAV sample of 1.0."""

_HEADROOM = 4  # steps kept free: `other` takes the rounding of the three others, 2 steps at most
_OTHER = STEMS.index("other")


def shared_gain(peak: float) -> float:
    """The gain for all four stems, at most 1, under which a stem that peaks at `peak` does not clip.

    One gain, not one each: stems scaled one by one no longer add up to the mix.
    """
    ceiling = (FULL_SCALE - _HEADROOM) / FULL_SCALE
    return 1.0 if peak <= ceiling else ceiling / peak


def quantise(block: StemBlock, gain: float, mix: NDArray[np.float32] | None) -> NDArray[np.int16]:
    """(4, frames, 2) float → int16, times `gain`.

    With `mix` (frames, 2), whose stems add up to it, `other` becomes round(gain * mix) less the other three, so the
    integers add up exactly; without it each stem is rounded alone.
    """
    steps = np.rint(block * np.float64(gain * FULL_SCALE)).astype(np.int32)
    if mix is not None:
        whole = np.rint(mix * np.float64(gain * FULL_SCALE)).astype(np.int32)
        steps[_OTHER] = whole - (steps.sum(axis=0) - steps[_OTHER])
    return np.clip(steps, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


class StemWriters:
    """The four stems' files in `room`: {stem}.wav and {stem}.mp3, and their peaks. A context manager."""

    def __init__(self, room: Path) -> None:
        self._room = room
        self._open = ExitStack()
        self._stems: list[tuple[Any, stream.StreamWriter, PeakTaker]] = []
        # LAME is most of the work here, one thread per stem at most; the GIL is free while it encodes.
        self._pool = ThreadPoolExecutor(len(STEMS))

    def __enter__(self) -> StemWriters:
        import soundfile

        try:
            for name in STEMS:
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
        """Take the next (4, frames, 2) int16 samples."""
        list(self._pool.map(self._feed_one, range(len(STEMS)), stems))

    def peaks(self) -> dict[str, list[int]]:
        """Each stem's peaks; call once, after the last block."""
        return {name: taker.finish() for name, (_, _, taker) in zip(STEMS, self._stems, strict=True)}

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
