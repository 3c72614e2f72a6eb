"""A song of any format → MP3 of 320 kbit/s, in bounded memory. A child process does it (`kernel.children`).

The stream is laid out as those of the stems: constant rate, no bit reservoir, no Xing frame, no ID3, so that a player
finds each frame by a formula, and sample i is sample i + 1105 of the decoded stream
(docs/decisions/0003-streamable-encoding.md). It is cut from the same decode as the stems: both share one clock."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audiofile import format_of
from audiofile.reading import frames
from unplugd.kernel import children

SAMPLE_RATE = 44_100
BITS_PER_SECOND = 320_000
FRAME_SAMPLES = 1152  # of an MPEG-1 layer III frame
ENCODER_EFFORT = "5"  # LAME -q
MOST_BYTES = 32 * 1024**2  # ten minutes have 24 MB
CPU_SECONDS = 270  # the function is ended after 300
_UNSAFE_PLANES = 8  # PyAV reads past the end of so many planes
MODULE = "unplugd.details.mix"


def transcode(source: Path, target: Path) -> None:
    """Write `source` as MP3 to `target`. Raises `ChildFailed` for a file that cannot be read in time and memory."""
    children.run(MODULE, source, target, seconds=CPU_SECONDS + 20)


# --- in the child -----------------------------------------------------------------------------------------------------


def encode(source: Path, target: Path) -> None:
    """Decode, fold to stereo, resample and encode, a frame at a time."""
    import av

    form = format_of(source)
    if form is None:
        raise ValueError("not audio")
    options = {"write_xing": "0", "id3v2_version": "0", "write_id3v1": "0"}
    with av.open(f"file:{target}", "w", format="mp3", options=options) as container:
        stream: Any = container.add_stream(
            "libmp3lame", rate=SAMPLE_RATE, options={"reservoir": "0", "compression_level": ENCODER_EFFORT}
        )
        stream.codec_context.bit_rate = BITS_PER_SECOND
        stream.codec_context.layout = "stereo"
        stream.codec_context.format = "fltp"
        fifo = av.AudioFifo()
        for frame in _stereo(source, form):
            frame.pts = None
            fifo.write(frame)
            while whole := fifo.read(FRAME_SAMPLES):
                container.mux(stream.encode(whole))
        if rest := fifo.read(0, partial=True):
            container.mux(stream.encode(rest))
        container.mux(stream.encode(None))


def _stereo(source: Path, form: Any) -> Iterator[Any]:
    """The file's frames as 44.1 kHz stereo. The parts of a chained ogg may differ in kind."""
    from av import AudioResampler

    made_for, resampler = None, None
    for decoded in frames(source, form):
        frame = decoded
        channels = frame.layout.nb_channels
        if frame.format.is_planar and channels >= _UNSAFE_PLANES:
            (frame,) = AudioResampler(format=frame.format.packed.name).resample(frame)
        kind = (frame.format.name, channels, frame.layout.name, frame.sample_rate)
        if kind != made_for:
            yield from resampler.resample(None) if resampler else ()
            made_for, resampler = kind, AudioResampler("fltp", "stereo", SAMPLE_RATE)
        frame.pts = None
        yield from resampler.resample(frame) if resampler else ()
    yield from resampler.resample(None) if resampler else ()


if __name__ == "__main__":
    children.limit(cpu_seconds=CPU_SECONDS, file_bytes=MOST_BYTES)
    encode(Path(sys.argv[1]), Path(sys.argv[2]))
