"""How long a file says it is, where its header says so for certain: a shorter decode means it was cut off."""

from __future__ import annotations

import os
from pathlib import Path

from ml.audio.sniff import OPEN_OPTIONS, demuxer

_UNKNOWN_SIZES = (range(0x7FFF_F000, 0x8000_0001), range(0xFFFF_FF00, 0x1_0000_0000))
"""Sizes that programs write which stream a WAV and do not know its length: about the most that a signed field holds
(eSpeak and SoX: 0x7FFFF000), or all ones. Some write 0."""


def declared_seconds(source: Path, decoded: float) -> float | None:
    """Seconds the header promises, or None where it only allows a guess (mp3 without a Xing tag, ogg).

    `decoded` is how many there were. ogg carries its length in the last page, so a cut file claims exactly what it has.
    """
    import av

    form = demuxer(source)
    if form == "wav":  # FFmpeg cuts a WAV's duration down to what is there
        return decoded * _wav_share(source)
    if form == "ogg":
        return None
    with av.open(f"file:{source}", format=form, options=OPEN_OPTIONS) as container:
        stream = container.streams.audio[0]
        if stream.duration is None or stream.time_base is None:
            return None
        told = float(stream.duration * stream.time_base)
    return _mp3_seconds(source, told) if form == "mp3" else told


def _mp3_seconds(source: Path, told: float) -> float | None:
    """By the Xing, Info or VBRI tag in its first frame. Without one FFmpeg divides file size by bit rate, and so
    it does for two joined files."""
    from mutagen.mp3 import BitrateMode, HeaderNotFoundError, MPEGInfo

    try:
        with source.open("rb") as file:
            info = MPEGInfo(file)
    except HeaderNotFoundError:
        return None
    return None if info.bitrate_mode == BitrateMode.UNKNOWN else min(told, float(info.length))


def _wav_share(source: Path) -> float:
    """How many times the data that is there the data chunk promises; 1 where it promises no more, or does not know.

    By bytes: the fields for rate, block and bytes a second may contradict each other. RIFF: chunks of id, size u32
    little-endian, padded to even.
    """
    with source.open("rb") as file:
        if file.read(12)[:4] != b"RIFF":  # RF64 and RIFX: rare, their sizes live elsewhere
            return 1.0
        while len(header := file.read(8)) == 8:
            size = int.from_bytes(header[4:], "little")
            if header[:4] == b"data":
                there = source.stat().st_size - file.tell()
                known = not any(size in sizes for sizes in _UNKNOWN_SIZES)
                return max(1.0, size / there) if there > 0 and known else 1.0
            file.seek(size + size % 2, os.SEEK_CUR)
    return 1.0
