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


@dataclass(frozen=True)
class Place:
    """A file's format and the byte where the song begins: taggers and recorders put other bytes in front of it."""

    format: Format
    start: int


def format_of(path: Path) -> Format | None:
    """The file's format by its first bytes, or by those after its ID3 tags. Raises OSError."""
    place = place_of(path)
    return place.format if place else None


def place_of(path: Path) -> Place | None:
    """Where the song begins in the file; None for all that is not one of FORMATS.

    In front of a song can be several ID3 tags, also of a FLAC or an Ogg, and in front of an mp3's first whole frame the
    rest of one that was cut, or junk. Raises OSError.
    """
    with path.open("rb") as file:
        start = 0
        for _ in range(MAX_TAGS):
            file.seek(start)
            head = file.read(HEAD_BYTES)
            if head[:3] != b"ID3":
                break
            start += _id3_bytes(head)
        name = sniff(head)
        if name is not None and name not in _BEHIND_TAGS and start:
            name = None
        if name is None and start:
            return Place(FORMATS["mp3"], 0)  # FFmpeg looks further for its first frame
        if name is None:
            file.seek(0)
            first = first_frame(file.read(JUNK_BYTES))
            return None if first is None else Place(FORMATS["mp3"], first)
    return Place(FORMATS[name], 0 if name == "mp3" else start)


MAX_TAGS = 200
"""So many ID3 tags in front of a song are skipped."""
JUNK_BYTES = 64 * 1024
"""So far into a file of no other format the first frame of an mp3 is searched, as FFmpeg does."""
_BEHIND_TAGS = ("mp3", "flac", "ogg")
_CHAIN = 3
"""Frames that must follow each other: two set bytes alone are everywhere."""


def _id3_bytes(head: bytes) -> int:
    """The whole length of an ID3v2 tag: 28 bits in four 7-bit bytes, the header, and a footer where a flag says so."""
    total = 0
    for byte in head[6:10]:
        total = total << 7 | byte & 0x7F
    return 10 + total + (10 if len(head) > 5 and head[5] & 0x10 else 0)


def first_frame(data: bytes) -> int | None:
    """Where the first of three MPEG layer III frames in a row begins."""
    at = data.find(0xFF)
    while at >= 0:
        follow, kind = at, data[at + 1 : at + 2]
        for _ in range(_CHAIN):
            if data[follow + 1 : follow + 2] != kind or not (
                length := frame_bytes(data[follow : follow + 4])
            ):
                break
            follow += length
        else:
            return at
        at = data.find(0xFF, at + 1)
    return None


_KBITS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def frame_bytes(head: bytes) -> int:
    """The length of the MPEG layer III frame whose four bytes of header these are; 0 where they are none
    (ISO 11172-3 and 13818-3; version 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, rate = head[1] >> 3 & 3, head[2] >> 2 & 3
    if version not in _RATES or rate == 3:
        return 0
    kbits = _KBITS[min(3, max(2, version))][head[2] >> 4]
    if not kbits:
        return 0
    return (144_000 if version == 3 else 72_000) * kbits // _RATES[version][rate] + (head[2] >> 1 & 1)


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
