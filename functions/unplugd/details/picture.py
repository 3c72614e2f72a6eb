"""A picture in a song's file → WebP of two sizes. FFmpeg (in PyAV) decodes and encodes, in the child process that read
the file."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

MAX_PIXELS = 32_000_000  # 5656 × 5656; 128 MB as RGBA
MAX_SIDE = 16_000
QUALITY = "82"
_KINDS = (
    (b"\xff\xd8\xff", "mjpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"RIFF", "webp"),
    (b"BM", "bmp"),
)


class BadPicture(Exception):
    """Not a picture that we take."""


def made(data: bytes, sizes: Mapping[int, str]) -> tuple[dict[str, bytes], int, int]:
    """The picture by the file names of `sizes` (pixels of its longer side, never more than it has), and its own width
    and height. Raises BadPicture for another kind, a damaged one, and one that is too large to unpack."""
    import av

    try:
        frame = _decoded(data)
        return {name: _scaled(frame, size) for size, name in sizes.items()}, frame.width, frame.height
    except (av.FFmpegError, ValueError, MemoryError) as error:
        raise BadPicture(str(error)) from error


def _decoded(data: bytes) -> Any:
    import av

    codec = next((name for start, name in _KINDS if data.startswith(start)), None)
    if codec is None or (codec == "webp" and data[8:12] != b"WEBP"):
        raise BadPicture("of no kind that we take")
    context: Any = av.CodecContext.create(codec, "r")
    # The decoder sees a size before it unpacks anything, and stops at the first fault.
    context.options = {"max_pixels": str(MAX_PIXELS), "err_detect": "explode", "threads": "1"}
    frames = [*context.decode(av.Packet(data)), *context.decode(None)]
    if not frames or not 0 < max(frames[0].width, frames[0].height) <= MAX_SIDE:
        raise BadPicture("no picture")
    if codec == "mjpeg" and data.rstrip(b"\0")[-2:] != b"\xff\xd9" and b"\xff\xd9" not in data[-4096:]:
        raise BadPicture("cut off")  # FFmpeg fills what is missing with grey
    return frames[0]


def _scaled(frame: Any, size: int) -> bytes:
    import av

    share = min(1.0, size / max(frame.width, frame.height))
    width, height = (max(1, round(side * share)) for side in (frame.width, frame.height))
    clear = frame.format.name in (
        "rgba",
        "bgra",
        "argb",
        "abgr",
        "pal8",
        "ya8",
        "yuva420p",
        "rgba64be",
        "ya16be",
    )
    kind = "bgra" if clear else "yuv420p"
    small = frame.reformat(width=width, height=height, format=kind, interpolation="AREA")
    small.pts = 0
    encoder: Any = av.CodecContext.create("libwebp", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, kind
    encoder.time_base = Fraction(1, 1)
    encoder.options = {"quality": QUALITY}
    return b"".join(bytes(packet) for packet in [*encoder.encode(small), *encoder.encode(None)])
