"""An accepted upload, and songs with and without a picture."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud
from unplugd.domain.files import upload_key
from unplugd.domain.song import Song, Status

KEY = upload_key(OWNER, SONG, "song.wav")
AT = "2026-01-31T08:15:00.000Z"


def wav(seconds: float = 1.0, rate: int = 8000) -> bytes:
    """A mono 16-bit WAV with a square wave."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(struct.pack("<hh", 12000, -12000) * int(seconds * rate / 2))
    return file.getvalue()


def png(width: int, height: int) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" + b"\x80" * width * 3
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


class Accepted:
    """A song whose file was accepted and is in the uploads bucket."""

    def __init__(self, cloud: Cloud, put_song: Any) -> None:
        self._cloud, self._put_song = cloud, put_song

    def __call__(self, body: bytes | None = None, *, named: str | None = SONG, **fields: Any) -> Song:
        self._cloud.s3.put_object(
            Bucket=CHOSEN["UPLOADS_BUCKET"],
            Key=KEY,
            Body=wav() if body is None else body,
            Metadata={"songid": named} if named else {},
        )
        known = {"status": Status.QUEUED, "queued_at": AT, "attempt": 1, "s3_key": KEY} | fields
        song: Song = self._put_song(**known)
        return song


@pytest.fixture
def accepted(cloud: Cloud, put_song: Any) -> Accepted:
    return Accepted(cloud, put_song)
