"""Songs that play everywhere although they are made unlike others: pictures and stems as tracks, late pages."""

from __future__ import annotations

import io
import struct
from typing import Any

import av
import numpy as np

from tests.e2e import bad_files as files


def opus_with_cover(pictures: int = 1) -> bytes:
    """An opus song with a Theora track: the headers that a demuxer reads, then pictures that no one decodes."""
    size = struct.pack(">HH", 2, 2) + b"\0\0\x20\0\0\x20\0\0"  # 32 x 32 pixels, in blocks and in pixels
    info = b"\x80theora\3\2\1" + size + struct.pack(">II", 25, 1) + bytes(6) + b"\0\0\0\0\0\xc0"
    words = b"\x81theora" + bytes(8)
    track = [
        ogg_page(info, serial=5, number=0, flags=2),
        ogg_page(words, serial=5, number=1),
        ogg_page(b"\x82theora" + bytes(20), serial=5, number=2),
        *(ogg_page(bytes(20), serial=5, number=3 + n, place=(n + 1) << 6) for n in range(pictures)),
    ]
    song = files.pages(files.opus())
    return b"".join([track[0], song[0], *track[1:], *song[1:]])


def ogg_page(packet: bytes, *, serial: int, number: int, flags: int = 0, place: int = 0) -> bytes:
    """A page around one short packet."""
    bare = b"OggS\0" + bytes([flags]) + struct.pack("<qIII", place, serial, number, 0)
    bare += bytes([1, len(packet)]) + packet
    return bare[:22] + struct.pack("<I", files.crc(bare, 32, 0x04C11DB7)) + bare[26:]


def m4a_with_picture() -> bytes:
    """A second of the tone, and one picture as a track of its own rather than as a tag."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        picture: Any = out.add_stream("mjpeg", rate=25)
        picture.width = picture.height = 32
        picture.pix_fmt = "yuvj420p"
        sound: Any = out.add_stream("aac", rate=files.RATE, layout="stereo")
        seen = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 90, np.uint8), format="rgb24")
        out.mux(picture.encode(seen))
        out.mux(picture.encode(None))
        samples = np.ascontiguousarray(files.tone(1.0).T, np.float32)
        heard = av.AudioFrame.from_ndarray(samples, "fltp", "stereo")
        heard.sample_rate = files.RATE
        for piece in av.AudioResampler("fltp", "stereo", files.RATE, frame_size=1024).resample(heard):
            out.mux(sound.encode(piece))
        out.mux(sound.encode(None))
    return file.getvalue()


def stem_m4a(tracks: int = 5) -> bytes:
    """The mix, and then its stems as further tracks of the same file: as DJ programs take them."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        sounds: list[Any] = [out.add_stream("aac", rate=files.RATE, layout="stereo") for _ in range(tracks)]
        for number, sound in enumerate(sounds):
            samples = np.ascontiguousarray(files.tone(1.0).T / (number + 1), np.float32)
            frame = av.AudioFrame.from_ndarray(samples, "fltp", "stereo")
            frame.sample_rate = files.RATE
            for piece in av.AudioResampler("fltp", "stereo", files.RATE, frame_size=1024).resample(frame):
                out.mux(sound.encode(piece))
            out.mux(sound.encode(None))
    return file.getvalue()


def later(data: bytes, seconds: int, rate: int) -> bytes:
    """An ogg whose pages count from `seconds` on, as one that was cut out of a broadcast."""
    made = []
    for page in files.pages(data):
        place = struct.unpack("<q", page[6:14])[0]
        moved = struct.pack("<q", place + seconds * rate if place > 0 else place)
        bare = page[:6] + moved + page[14:22] + bytes(4) + page[26:]
        made.append(bare[:22] + struct.pack("<I", files.crc(bare, 32, 0x04C11DB7)) + bare[26:])
    return b"".join(made)
