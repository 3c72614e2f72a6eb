"""How long a file says it is, where its header says so for certain: a shorter decode means it was cut off."""

from __future__ import annotations

from pathlib import Path

_HEAD_BYTES = 4096  # an mp3's first frame is at most 1441 bytes
_UNKNOWN_SIZE = 0xFFFF_FF00  # programs that stream a WAV write a size this large, or 0


def declared_seconds(source: Path) -> float | None:
    """Seconds the header promises, or None where it only allows a guess (mp3 without a Xing tag, ogg).

    ogg carries its length in the last page, so a cut file claims exactly what it has.
    """
    import av

    with av.open(f"file:{source}") as container:
        stream = container.streams.audio[0]
        name = container.format.name
        if name == "wav":  # FFmpeg cuts a WAV's duration down to what is there
            return _wav_seconds(source)
        if name == "ogg" or (name == "mp3" and not _has_frame_count(source)):
            return None
        if stream.duration is None or stream.time_base is None:
            return None
        return float(stream.duration * stream.time_base)


def _has_frame_count(source: Path) -> bool:
    """Whether an mp3 opens with a Xing/Info tag. Without one FFmpeg's duration is file size over bit rate."""
    with source.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3":  # its size: 28 bits in four 7-bit bytes
            size = (head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9]
            file.seek(10 + size)
        else:
            file.seek(0)
        first = file.read(_HEAD_BYTES)
    return b"Xing" in first or b"Info" in first


def _wav_seconds(source: Path) -> float | None:
    """Data chunk's size over bytes a second (RIFF: chunks of id, size u32 little-endian, padded to even)."""
    bytes_per_second = 0
    with source.open("rb") as file:
        if file.read(12)[:4] != b"RIFF":  # RF64 and RIFX: rare, their sizes live elsewhere
            return None
        while len(header := file.read(8)) == 8:
            size = int.from_bytes(header[4:], "little")
            if header[:4] == b"data":
                return size / bytes_per_second if bytes_per_second and 0 < size < _UNKNOWN_SIZE else None
            body_start = file.tell()
            if header[:4] == b"fmt ":
                bytes_per_second = int.from_bytes(file.read(12)[8:12], "little")
            file.seek(body_start + size + size % 2)
    return None
