"""The streamable encoding of a stem: MP3 with independent frames at known byte offsets.

128 kbit/s constant rate, bit reservoir off, no Xing frame, no ID3. Then frame k starts at `frame_offset(k)`, needs no
bytes before it but the decoder's overlap (PREROLL_FRAMES), and a player can turn any time window into one HTTP range.
Why this and not AAC, Opus or FLAC: docs/decisions/0003-streamable-encoding.md.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.audio import SAMPLE_RATE

SUFFIX = ".mp3"
BITS_PER_SECOND = 128_000
FRAME_SAMPLES = 1152
"""Samples in one MPEG-1 layer III frame (ISO 11172-3)."""

DELAY_SAMPLES = 1105
"""Sample i of the WAV is sample i + 1105 of the decoded stream: LAME's 576 and the decoder's 529, untrimmed because no
Xing tag asks a decoder to trim."""

PREROLL_FRAMES = 2
"""Frames to decode and throw away before a window: one for the MDCT overlap and the synthesis filter, one spare."""

SHORTEST_WINDOW_FRAMES = 8
"""Frames a window has at least: MP3 demuxers refuse a scrap of one or two frames."""

_SLOTS, _REST = divmod(FRAME_SAMPLES // 8 * BITS_PER_SECOND, SAMPLE_RATE)  # 417 bytes and 42300/44100 of one
_ENCODER_EFFORT = "7"  # LAME -q 7: half the time of the default and a higher SNR on our stems


class Window(NamedTuple):
    """Bytes first_byte … last_byte (inclusive, as in a Range header); `skip` decoded samples precede the window."""

    first_byte: int
    last_byte: int
    skip: int


def frame_offset(frame: int) -> int:
    """Byte at which frame 0, 1, 2, … starts.

    417.96 bytes a frame cannot be: LAME adds a padding byte to some. Its rule (encoder.c, slot_lag): start with the
    fraction owed for one frame, so frame 0 is never padded, then pad whenever the debt falls below zero.
    """
    if frame <= 0:
        return 0
    return _SLOTS * frame + -(-_REST * (frame - 1) // SAMPLE_RATE)


def frame_count(samples: int) -> int:
    """Frames in the stream of a WAV `samples` long: LAME's flush adds one, which holds the delay."""
    return -(-samples // FRAME_SAMPLES) + 1


def byte_window(start: int, stop: int) -> Window:
    """The bytes that decode to WAV samples start … stop - 1 (0 <= start < stop <= the WAV's length).

    In a song under 0.2 s last_byte may lie past the end, which a Range header allows.
    """
    end = (stop - 1 + DELAY_SAMPLES) // FRAME_SAMPLES + 1
    first = (start + DELAY_SAMPLES) // FRAME_SAMPLES - PREROLL_FRAMES
    first = max(0, min(first, end - SHORTEST_WINDOW_FRAMES))
    end = max(end, first + SHORTEST_WINDOW_FRAMES)
    skip = start + DELAY_SAMPLES - first * FRAME_SAMPLES
    return Window(frame_offset(first), frame_offset(end) - 1, skip)


class StreamWriter:
    """Writes one stem's stream from 16-bit blocks. Use as a context manager; on success the file is complete."""

    def __init__(self, path: Path) -> None:
        import av

        self._container = av.open(
            f"file:{path}",
            "w",
            format="mp3",
            options={"write_xing": "0", "id3v2_version": "0", "write_id3v1": "0"},
        )
        self._stream: Any = self._container.add_stream(
            "libmp3lame", rate=SAMPLE_RATE, options={"reservoir": "0", "compression_level": _ENCODER_EFFORT}
        )
        self._stream.codec_context.bit_rate = BITS_PER_SECOND
        self._stream.codec_context.layout = "stereo"
        self._stream.codec_context.format = "s16p"
        self._rest = np.zeros((0, 2), np.int16)

    def feed(self, block: NDArray[np.int16]) -> None:
        """Take the next (frames, 2) int16 samples."""
        samples = np.concatenate((self._rest, block)) if len(self._rest) else block
        whole = len(samples) - len(samples) % FRAME_SAMPLES
        for start in range(0, whole, FRAME_SAMPLES):
            self._encode(samples[start : start + FRAME_SAMPLES])
        self._rest = samples[whole:].copy()

    def finish(self) -> None:
        """Encode what is left and flush the encoder."""
        if len(self._rest):
            self._encode(self._rest)
            self._rest = self._rest[:0]
        self._container.mux(self._stream.encode(None))

    def __enter__(self) -> StreamWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self._container.close()

    def _encode(self, samples: NDArray[np.int16]) -> None:
        from av import AudioFrame

        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), "s16p", "stereo")
        frame.sample_rate = SAMPLE_RATE
        self._container.mux(self._stream.encode(frame))
