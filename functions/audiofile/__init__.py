"""Audio files as this project takes them: formats, codecs, limits, and when a file counts as damaged.

Three readers share this package: the upload check (unplugd.uploads.probe), the decoder (ml.audio.decode) and, as
generated JSON, the page's own check (web/src/features/uploads/audioFile.json). It imports nothing of ours, and PyAV and
mutagen only where a file is decoded (audiofile.reading).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 50 * 1024 * 1024
MIN_SECONDS, MAX_SECONDS = 0.5, 600.0
MAX_CHANNELS = 8
MAX_RATE = 768_000
"""Hz. No format of ours has more, and the filter from 2 GHz to 44.1 kHz fits in no memory."""
SILENCE_PEAK = 0.001
"""A file that is quieter throughout (-60 dBFS) holds dither and noise: there is nothing to separate."""
LOUDEST = 1000.0
"""+60 dBFS. Samples beyond it are damage."""
LOUDEST_UPLOAD = LOUDEST / 16
"""The upload check looks at a file's own channels. Folding eight of them to stereo and resampling raises a peak by less
than 16 times, so what passes here stays below LOUDEST in the decoder."""
COMPLETE_SHARE = 0.98
"""Headers round, and decoders add or drop frames: a file that decodes to less than this share of what its header states
was cut off."""
COMPLETE_SLACK_S = 0.1
BAD_SHARE = 0.01
"""Of the packets so many may fail to decode: players skip over such scratches too."""


@dataclass(frozen=True)
class Format:
    """A container and what it may hold, by FFmpeg's names."""

    name: str
    demuxer: str
    codecs: tuple[str, ...]
    content_type: str
    suffixes: tuple[str, ...]


FORMATS = {
    "mp3": Format("mp3", "mp3", ("mp3", "mp3float"), "audio/mpeg", ("mp3",)),
    "wav": Format(
        "wav",
        "wav",
        (
            *("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"),
            *("pcm_alaw", "pcm_mulaw"),
        ),
        "audio/wav",
        ("wav", "wave"),
    ),
    "m4a": Format("m4a", "mov", ("aac", "alac"), "audio/mp4", ("m4a",)),
    "flac": Format("flac", "flac", ("flac",), "audio/flac", ("flac",)),
    "ogg": Format("ogg", "ogg", ("vorbis", "opus", "libopus", "flac"), "audio/ogg", ("ogg", "oga", "opus")),
}

CONTENT_TYPES = frozenset({*(form.content_type for form in FORMATS.values()), "audio/x-wav", "audio/x-m4a"})
"""What an upload may be announced as."""

SIGNATURES: tuple[tuple[str, tuple[tuple[int, str], ...]], ...] = (
    ("wav", ((0, "RIFF"), (8, "WAVE"))),
    ("wav", ((0, "RF64"), (8, "WAVE"))),
    ("flac", ((0, "fLaC"),)),
    ("ogg", ((0, "OggS"),)),
    ("m4a", ((4, "ftyp"),)),
    ("mp3", ((0, "ID3"),)),
)
"""Format, and the letters that its files have at these places. An mp3 without a tag begins with a frame (`sniff`)."""

HEAD_BYTES = 16


def sniff(head: bytes) -> str | None:
    """The format's name by a file's first 16 bytes; None for all else.

    FFmpeg's own guess also goes by the name's ending, and its list holds playlists, which open further files and URLs.
    """
    for name, letters in SIGNATURES:
        if all(head[at:].startswith(text.encode()) for at, text in letters):
            return name
    # A frame of MPEG layer III: eleven set bits, two of version, then 01.
    return "mp3" if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 else None


def format_of(path: Path) -> Format | None:
    """The file's format by its first bytes, or by those after an ID3 tag, which some taggers put before a FLAC.

    Raises OSError.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        behind = b""
        if head[:3] == b"ID3":
            file.seek(10 + _id3_bytes(head[6:10]))
            behind = file.read(HEAD_BYTES)
    name = "flac" if sniff(behind) == "flac" else sniff(head)
    return FORMATS[name] if name else None


def _id3_bytes(size: bytes) -> int:
    """An ID3 tag's size: 28 bits in four 7-bit bytes."""
    total = 0
    for byte in size:
        total = total << 7 | byte & 0x7F
    return total


def for_the_page() -> dict[str, object]:
    """What the page checks before it sends a file, as JSON."""
    return {
        "maxBytes": MAX_BYTES,
        "minSeconds": MIN_SECONDS,
        "maxSeconds": MAX_SECONDS,
        "suffixes": [suffix for form in FORMATS.values() for suffix in form.suffixes],
        "signatures": [
            {"contentType": FORMATS[name].content_type, "letters": [list(pair) for pair in letters]}
            for name, letters in SIGNATURES
        ],
    }
