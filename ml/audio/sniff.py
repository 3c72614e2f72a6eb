"""Which of FFmpeg's demuxers reads a file, by the file's first bytes.

FFmpeg's own guess also goes by the name's ending, so one file could be a song or not by what it is called; and its list
holds playlists, which name other files and URLs.
"""

from __future__ import annotations

from pathlib import Path

OPEN_OPTIONS = {
    # FFmpeg looks into every stream it finds; without this it would unpack the cover, which may be huge unpacked.
    "codec_whitelist": (
        "mp3float,mp3,aac,alac,flac,vorbis,opus,libopus,"
        "pcm_u8,pcm_s16le,pcm_s24le,pcm_s32le,pcm_f32le,pcm_f64le,pcm_alaw,pcm_mulaw"
    )
}
"""For every `av.open` of a person's file."""


def demuxer(source: Path) -> str | None:
    """mp3, wav, mov, flac or ogg; None for anything else. Raises OSError."""
    with source.open("rb") as file:
        head = file.read(16)
        behind = b""
        if head[:3] == b"ID3":  # its size: 28 bits in four 7-bit bytes
            size = 0
            for byte in head[6:10]:
                size = size << 7 | byte & 0x7F
            file.seek(10 + size)
            behind = file.read(4)
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if b"fLaC" in (head[:4], behind):  # some taggers put an ID3 tag before a FLAC
        return "flac"
    if head[:4] == b"OggS":
        return "ogg"
    if head[4:8] == b"ftyp":
        return "mov"
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "mp3"
    return None
