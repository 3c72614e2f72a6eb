"""What a file's tags say, and its picture; hostile tags and pictures harm nothing."""

from __future__ import annotations

import base64
import io
import struct
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, TALB, TCON, TDRC, TPOS, TRCK, TSRC, TXXX, UFID
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.oggopus import OggOpus
from mutagen.wave import WAVE

from tests.handlers.details.conftest import png
from unplugd.details import picture, reading
from unplugd.domain.details import Details

RECORDING = "f5d8c4a2-0d4b-4b6e-9c3e-5b8a1f0c7d21"
RELEASE = "0a1b2c3d-0d4b-4b6e-9c3e-5b8a1f0c7d21"


def silent(path: Path, codec: str = "pcm_s16le") -> Path:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=48_000)
        stream.layout = "stereo"
        kind = stream.codec_context.format.name if stream.codec_context.format else "s16"
        planar = kind.endswith("p")
        dtype = np.float32 if kind.startswith("flt") else np.int16
        shape = (2, 4096) if planar else (1, 8192)
        frame = av.AudioFrame.from_ndarray(np.zeros(shape, dtype), kind, "stereo")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def tagged_wav(path: Path, *frames: Any) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(b"\0\0" * 8000)
    file = WAVE(path)
    file.add_tags()
    for frame in frames:
        file.tags.add(frame)
    file.save()
    return path


def read(source: Path, work: Path) -> dict[str, Any]:
    return reading.look(source, work)


def webp_size(path: Path) -> tuple[int, int]:
    context: Any = av.CodecContext.create("webp", "r")
    frames = [*context.decode(av.Packet(path.read_bytes())), *context.decode(None)]
    return frames[0].width, frames[0].height


def test_id3_says_all_of_it(tmp_path: Path) -> None:
    source = tagged_wav(
        tmp_path / "a.wav",
        TALB(3, ["Live"]),
        TDRC(3, ["1997-05-02"]),
        TCON(3, ["(17)"]),
        TSRC(3, ["us-rc1-76-07839"]),
        TRCK(3, ["3/11"]),
        TPOS(3, ["1/2"]),
        TXXX(3, "REPLAYGAIN_TRACK_GAIN", ["-7.25 dB"]),
        TXXX(3, "replaygain_track_peak", ["0.988"]),
        TXXX(3, "MusicBrainz Album Id", [RELEASE.upper()]),
        UFID("http://musicbrainz.org", RECORDING.encode()),
        APIC(3, "image/png", 4, "back", png(40, 40)),
        APIC(3, "image/png", 3, "front", png(1000, 500)),
    )
    assert read(source, tmp_path) == {
        "album": "Live",
        "year": 1997,
        "genre": "Rock",
        "isrc": "USRC17607839",
        "track_number": 3,
        "track_total": 11,
        "disc_number": 1,
        "disc_total": 2,
        "track_gain_db": -7.25,
        "track_peak": 0.988,
        "release_id": RELEASE,
        "recording_id": RECORDING,
        "artwork_width": 1000,
        "artwork_height": 500,
    }
    assert webp_size(tmp_path / "artwork.webp") == (512, 256)
    assert webp_size(tmp_path / "artwork-64.webp") == (64, 32)


def test_flac_says_all_of_it(tmp_path: Path) -> None:
    source = silent(tmp_path / "a.flac", "flac")
    file = FLAC(source)
    file["date"], file["genre"], file["tracknumber"], file["tracktotal"] = "2004", "Jazz", "7", "9"
    file["musicbrainz_trackid"], file["replaygain_album_gain"] = RECORDING, "+1.5 dB"
    cover = Picture()
    cover.type, cover.mime, cover.data = 3, "image/png", png(30, 20)
    file.add_picture(cover)
    file.save()
    found = read(source, tmp_path)
    assert (found["year"], found["genre"], found["track_number"], found["track_total"]) == (
        2004,
        "Jazz",
        7,
        9,
    )
    assert (found["recording_id"], found["album_gain_db"]) == (RECORDING, 1.5)
    assert (found["artwork_width"], webp_size(tmp_path / "artwork.webp")) == (30, (30, 20))


def test_m4a_says_all_of_it(tmp_path: Path) -> None:
    source = silent(tmp_path / "a.m4a", "aac")
    file = MP4(source)
    file["\xa9day"], file["\xa9gen"], file["trkn"] = ["2011-01-01T08:00:00Z"], ["Soul"], [(2, 10)]
    file["----:com.apple.iTunes:replaygain_track_gain"] = [MP4FreeForm(b"-3.10 dB")]
    file["covr"] = [MP4Cover(png(64, 64), MP4Cover.FORMAT_PNG)]
    file.save()
    found = read(source, tmp_path)
    assert (found["year"], found["genre"], found["track_number"], found["track_total"]) == (
        2011,
        "Soul",
        2,
        10,
    )
    assert (found["track_gain_db"], found["artwork_height"]) == (-3.1, 64)


def test_ogg_says_its_picture_in_letters(tmp_path: Path) -> None:
    source = silent(tmp_path / "a.opus", "libopus")
    cover = Picture()
    cover.type, cover.mime, cover.data = 3, "image/png", png(20, 20)
    file = OggOpus(source)
    file["metadata_block_picture"] = [base64.b64encode(cover.write()).decode(), "not base64 !"]
    file["r128_track_gain"] = "-512"
    file.save()
    found = read(source, tmp_path)
    assert (found["artwork_width"], found["track_gain_db"]) == (20, 3.0)


@pytest.mark.parametrize(
    "frame",
    [
        TDRC(3, ["long ago"]),
        TRCK(3, ["0/99999"]),
        TRCK(3, ["٣"]),
        TCON(3, ["(999)"]),
        TXXX(3, "REPLAYGAIN_TRACK_GAIN", ["NaN dB"]),
        TXXX(3, "REPLAYGAIN_TRACK_GAIN", ["-9999 dB"]),
        TXXX(3, "REPLAYGAIN_TRACK_PEAK", ["1e300"]),
        TXXX(3, "MusicBrainz Album Id", ["../../etc/passwd"]),
        TSRC(3, ["not a code"]),
        TALB(3, ["\u202e\x00\x1b"]),
        UFID("http://musicbrainz.org", b"\xff" * 500),
    ],
    ids=lambda frame: f"{frame.FrameID} {str(frame)[:12]!r}",
)
def test_a_tag_that_makes_no_sense_says_nothing(tmp_path: Path, frame: Any) -> None:
    assert read(tagged_wav(tmp_path / "a.wav", frame), tmp_path) == {}


def jpeg(width: int, height: int) -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(noise, "rgb24").reformat(format="yuvj420p")
    frame.pts = 0
    encoder: Any = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = width, height, "yuvj420p", 25
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def huge_header() -> bytes:
    """A PNG that says it has four billion billion pixels."""
    head = bytearray(png(4, 4))
    head[16:24] = struct.pack(">II", 2**31 - 1, 2**31 - 1)
    return bytes(head)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "text": lambda: b"<svg onload=alert(1)>" * 10,
    "half a png": lambda: png(300, 300)[: len(png(300, 300)) // 2],
    "half a jpeg": lambda: jpeg(300, 300)[: len(jpeg(300, 300)) // 2],
    "only a jpeg's start": lambda: b"\xff\xd8\xff",
    "a bomb: 144 million pixels in 420 kB": lambda: png(12_000, 12_000),
    "a header of 4.6e18 pixels": huge_header,
    "a line that is too long": lambda: png(16_001, 2),
    "a wav that calls itself webp": lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(40),
    "a gif, which we do not take": lambda: b"GIF89a" + bytes(100),
    "more than 20 MB": lambda: png(2, 2) + bytes(20 * 1024**2),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_is_left_out_and_the_tags_stay(tmp_path: Path, name: str) -> None:
    cover = APIC(3, "image/jpeg", 3, "front", HOSTILE[name]())
    source = tagged_wav(tmp_path / "a.wav", TALB(3, ["Live"]), cover)
    assert read(source, tmp_path) == {"album": "Live"}
    assert list(tmp_path.glob("*.webp")) == []


def test_the_next_picture_counts_where_the_first_is_damaged(tmp_path: Path) -> None:
    source = tagged_wav(
        tmp_path / "a.wav",
        APIC(3, "image/png", 3, "front", b"\x89PNG\r\n\x1a\n" + bytes(9)),
        APIC(3, "image/jpeg", 0, "other", jpeg(80, 60)),
    )
    assert read(source, tmp_path) == {"artwork_width": 80, "artwork_height": 60}


def test_the_same_picture_gives_the_same_bytes() -> None:
    data = jpeg(700, 500)
    assert picture.made(data, {64: "a", 512: "b"}) == picture.made(data, {64: "a", 512: "b"})


def test_the_child_reads_and_writes(tmp_path: Path) -> None:
    cover = APIC(3, "image/png", 3, "front", png(100, 100))
    source = tagged_wav(tmp_path / "a.wav", TDRC(3, ["1984"]), cover)
    assert reading.read(source, tmp_path) == Details(year=1984, artwork_width=100, artwork_height=100)
    assert sorted(one.name for one in tmp_path.glob("*.webp")) == ["artwork-64.webp", "artwork.webp"]


def test_a_file_of_another_kind_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(io.BytesIO(b"PK\x03\x04").read() * 1000)
    assert reading.read(tmp_path / "a", tmp_path) == Details()
