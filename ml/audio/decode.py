"""Any supported audio file → blocks of 44.1 kHz stereo float32, in bounded memory.

FFmpeg (in PyAV's wheel) reads mp3, wav, m4a, flac and ogg/opus; its own gapless trimming (LAME tag, edit list, Opus
pre-skip) is respected. Every stem, peak and stream is cut from this one decode, so all parts share one clock:
decoders differ by 20-40 ms of encoder delay, and two decodes of one song need not line up.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiofile import LOUDEST, format_of
from audiofile.reading import CutOff, Damaged, Unreadable, frames
from ml.audio import CHANNELS, SAMPLE_RATE, BadAudio
from ml.audio.downmix import to_stereo

Block = NDArray[np.float32]
"""Samples, shape (frames, 2), 44.1 kHz, full scale 1.0. May exceed 1.0 (lossy decoders and 5.1 do)."""

BLOCK_FRAMES = 65_536
"""Frames in each block but the last: 1.5 s, 512 KiB."""

_NOT_AUDIO = (
    "This file is not an mp3, wav, m4a, flac or ogg/opus file we can read. Export it again and upload that."
)
_VIDEO = "This is a video. Export its sound as m4a or mp3 and use that."
_DAMAGED = "This file is damaged: parts of it cannot be decoded. Export it again and upload that."
_EMPTY = "This file holds no sound. Check that the export finished and upload it again."
_NOT_NUMBERS = (
    "This file holds samples that are not sound (NaN, infinite or far beyond full scale). "
    "Export it again and upload that."
)


def decode(source: Path) -> Iterator[Block]:
    """Yield `source` as blocks, each BLOCK_FRAMES long but the last.

    PCM of n frames at `rate` Hz gives exactly round(n * 44100 / rate) frames. Mono is duplicated; more than two
    channels are folded down after ITU-R BS.775.

    Raises BadAudio (not audio, damaged, cut off, empty, NaN), OSError (the file cannot be opened).
    """
    with source.open("rb") as file:  # a missing or forbidden file is the caller's fault: a plain OSError
        if not file.read(1):
            raise BadAudio(_EMPTY)
    frames = 0
    for block in _blocks(_segments(source)):
        peak = float(np.abs(block).max())
        if not peak < LOUDEST:  # written so that NaN fails too
            raise BadAudio(_NOT_NUMBERS)
        frames += len(block)
        yield block
    if frames == 0:
        raise BadAudio(_EMPTY)


def _blocks(pieces: Iterator[Block]) -> Iterator[Block]:
    """Cut pieces of any length into blocks of BLOCK_FRAMES."""
    held: list[Block] = []
    frames = 0
    for piece in pieces:
        held.append(piece)
        frames += len(piece)
        if frames < BLOCK_FRAMES:
            continue
        joined = np.concatenate(held)
        whole = frames - frames % BLOCK_FRAMES
        for start in range(0, whole, BLOCK_FRAMES):
            yield joined[start : start + BLOCK_FRAMES]
        held, frames = [joined[whole:]], frames - whole
    if frames:
        yield np.concatenate(held)


def _segments(source: Path) -> Iterator[Block]:
    """Decode, fold to stereo and resample. A change of rate inside the file (chained ogg) starts a new segment."""
    clock: _Resampler | None = None
    for frame in _frames(source):
        if clock is None or clock.rate != frame.sample_rate:
            if clock is not None:
                yield from clock.finish()
            clock = _Resampler(frame.sample_rate)
        yield from clock.feed(to_stereo(frame))
    if clock is not None:
        yield from clock.finish()


def _frames(source: Path) -> Iterator[Any]:
    """The file's decoded av.AudioFrames."""
    import av

    form = format_of(source)
    if form is None:
        raise BadAudio(_NOT_AUDIO)
    decoded = False
    try:
        for frame in frames(source, form):
            yield frame
            decoded = True
    except CutOff as error:
        raise BadAudio(
            f"This file was cut off: it says it is {error.promised_s:.0f} s long but only "
            f"{error.decoded_s:.0f} s arrived. Upload the whole file."
        ) from error
    except Damaged as error:
        raise BadAudio(_DAMAGED if error.mostly_sound else _NOT_AUDIO) from error
    except Unreadable as error:
        raise BadAudio(_VIDEO if error.reason == "video" else _NOT_AUDIO) from error
    except av.error.FFmpegError as error:
        if isinstance(error, OSError) and not isinstance(error, ValueError):
            raise
        raise BadAudio(_DAMAGED if decoded else _NOT_AUDIO) from error


class _Resampler:
    """Stereo at `rate` Hz → 44.1 kHz by swresample, frame-exact: n frames in, round(n * 44100 / rate) out."""

    def __init__(self, rate: int) -> None:
        from av import AudioResampler

        self.rate = rate
        self._taken = 0
        self._given = 0
        self._swr = AudioResampler("fltp", "stereo", SAMPLE_RATE) if rate != SAMPLE_RATE else None

    def feed(self, stereo: Block) -> Iterator[Block]:
        from av import AudioFrame

        self._taken += len(stereo)
        if self._swr is None:
            yield stereo
            return
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(stereo.T), "fltp", "stereo")
        frame.sample_rate = self.rate
        yield from self._out(self._swr.resample(frame))

    def finish(self) -> Iterator[Block]:
        if self._swr is None or not self._taken:
            return
        yield from self._out(self._swr.resample(None))
        missing = self._due() - self._given
        if missing > 0:  # the filter's tail is a frame or two short at some ratios
            yield np.zeros((missing, CHANNELS), np.float32)

    def _due(self) -> int:
        return round(self._taken * SAMPLE_RATE / self.rate)

    def _out(self, frames: list[Any]) -> Iterator[Block]:
        for frame in frames:
            block = frame.to_ndarray().T[: self._due() - self._given]
            self._given += len(block)
            yield np.ascontiguousarray(block)
