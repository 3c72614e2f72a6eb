"""The validator and the separator read the same file alike: what the one accepts, the other can decode."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ml.audio import SAMPLE_RATE, BadAudio
from ml.audio.decode import decode
from ml.lyrics import read_tag_lyrics
from tests.e2e import bad_files as files
from tests.e2e import odd_files as odd
from unplugd.uploads.probe import look

TONE = files.tone(1.0)
SPIKE = np.arange(len(TONE))[:, None] == 22_050
NOISE = np.random.default_rng(0)
RANDOM = NOISE.bytes(1 << 20)
QUIET_VBR = (b"\xff\xfb\x10\xc4" + bytes(100)) * 20 + files.bare_mp3(
    3
)  # by its first frames' rate: much longer


BARE = {"write_xing": "0", "id3v2_version": "0"}


def many(kind: str, subtype: str, channels: int, rate: int = 44_100) -> bytes:
    """libsndfile writes more channels than FFmpeg's encoders."""
    file = io.BytesIO()
    soundfile.write(file, files.tone(1.0, rate, channels), rate, format=kind, subtype=subtype)
    return file.getvalue()


def with_bytes(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


Maker = Callable[[], bytes]
ACCEPTED: dict[str, Maker] = {
    "8-bit WAV": lambda: files.tone_wav(bits=8),
    "24-bit WAV": lambda: files.tone_wav(bits=24),
    "32-bit WAV": lambda: files.tone_wav(bits=32),
    "float WAV": lambda: files.float_wav(TONE),
    "double WAV": lambda: files.wav(TONE.astype("<f8").tobytes(), bits=64, tag=3),
    "mu-law WAV": lambda: files.wav(RANDOM[:8000], rate=8000, channels=1, bits=8, tag=7),
    "A-law WAV": lambda: files.wav(RANDOM[:8000], rate=8000, channels=1, bits=8, tag=6),
    "8 kHz mono WAV": lambda: files.tone_wav(1.0, 8_000, 1),
    "384 kHz WAV": lambda: files.tone_wav(1.0, 384_000),
    "5.1 WAV": lambda: files.extensible(1.0, 6, 0x3F),
    "7.1 WAV": lambda: files.extensible(1.0, 8, 0x63F),
    "WAV with odd chunks": lambda: files.tone_wav(
        before=files.chunk(b"LIST", b"INFOIART\3\0\0\0abc\0") + files.chunk(b"junk", bytes(7)),
        after=files.chunk(b"id3 ", b"xyz"),
    ),
    "WAV whose sizes are unknown": lambda: files.tone_wav(data_size=0xFFFFFFFF, riff_size=0xFFFFFFFF),
    "WAV of eSpeak's, from a pipe": lambda: files.tone_wav(data_size=0x7FFFF000, riff_size=0x7FFFF024),
    "WAV as long as can be, from a pipe": lambda: files.tone_wav(data_size=0x7FFFFFDB, riff_size=0x7FFFFFFF),
    "WAV with a wrong byte rate": lambda: files.tone_wav(byte_rate=10),
    "WAV with a wrong block size": lambda: with_bytes(files.tone_wav(), 32, struct.pack("<H", 2)),
    "WAV with a wrong RIFF size": lambda: files.tone_wav(riff_size=10**6),
    "RF64": lambda: (
        b"RF64\xff\xff\xff\xffWAVE"
        + files.chunk(b"ds64", struct.pack("<QQQI", 176_472, 176_400, 44_100, 0))
        + files.tone_wav(data_size=0xFFFFFFFF)[12:]
    ),
    "mp3": files.mp3,
    "8 kHz mp3": lambda: files.encoded("mp3", "libmp3lame", files.tone(2.0, 8_000, 1), rate=8_000),
    "mp3 that claims fewer frames": lambda: files.xing_mp3(1.0, claims_frames=10, flags=9),
    "mp3 of variable rate": lambda: QUIET_VBR,
    "mp3 of variable rate with the word Info": lambda: b"\xff\xfb\x10\xc4" + bytes(96) + b"Info" + QUIET_VBR,
    "two mp3s joined": lambda: files.mp3() + files.mp3(2.0),
    "two mp3s of variable rate joined": lambda: files.xing_mp3(1.0, claims_frames=39, flags=9) + QUIET_VBR,
    "mp3 with rubbish between frames": lambda: files.bare_mp3() + RANDOM[:3000] + files.bare_mp3(),
    "mp3 with zeros at the end": lambda: files.bare_mp3() + bytes(100_000),
    "mp3 behind 1 MB of padding": lambda: files.id3(padding=1 << 20) + files.bare_mp3(),
    "mp3 behind 1 MB of zeros": lambda: files.id3() + bytes(1 << 20) + files.bare_mp3(),
    "mp3 with a hundred tags": lambda: files.id3(padding=20) * 100 + files.bare_mp3(),
    "mp3 with two covers": lambda: (
        files.id3(files.artwork(files.png(64, 64)), files.artwork(b"rubbish")) + files.bare_mp3()
    ),
    "flac without a length": lambda: files.with_flac_total(files.flac(), 0),
    "flac behind an ID3 tag": lambda: files.id3(padding=100) + files.flac(),
    "flac of eight channels": lambda: many("FLAC", "PCM_24", 8),
    "flac in ogg": lambda: files.encoded("ogg", "flac"),
    "vorbis": files.vorbis,
    "vorbis of eight channels": lambda: many("OGG", "VORBIS", 8),
    "opus": files.opus,
    "opus of eight channels": lambda: many("OGG", "OPUS", 8, 48_000),
    "two opus songs chained": lambda: files.opus() + files.opus(),
    "m4a, index last": files.m4a,
    "m4a, index first": lambda: files.m4a(options={"movflags": "faststart"}),
    "m4a in fragments": lambda: files.m4a(options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
    "alac": lambda: files.m4a(codec="alac"),
    "m4b with chapters and a cover": files.audiobook,
    "opus with a still Theora picture": odd.opus_with_cover,
    "m4a with a picture track": odd.m4a_with_picture,
    "m4a of a mix and four stems": odd.stem_m4a,
    "two songs in one ogg": files.two_tracks,
    "mp3 that starts inside a frame": lambda: files.bare_mp3(3.0)[300:],
    "mp3 behind junk": lambda: RANDOM[:5000] + files.bare_mp3(),
    "mp3 of 22 kHz behind junk": lambda: (
        b"junk" * 9
        + files.encoded("mp3", "libmp3lame", files.tone(2.0, 22_050, 1), rate=22_050, options=BARE)
    ),
    "opus of the second hour": lambda: odd.later(files.opus(), 3600, 48_000),
    "vorbis of the second hour": lambda: odd.later(files.vorbis(), 3600, 44_100),
    "flac in ogg of the second hour": lambda: odd.later(files.encoded("ogg", "flac"), 3600, 44_100),
    "flac behind two ID3 tags": lambda: files.id3(padding=100) * 2 + files.flac(),
    "flac behind an ID3 tag with a footer": lambda: files.id3_with_footer(100) + files.flac(),
    "ogg behind an ID3 tag": lambda: files.id3(padding=100) + files.vorbis(),
    "opus behind an ID3 tag with a footer": lambda: files.id3_with_footer() + files.opus(),
}
EXACT = (
    "8-bit WAV",
    "24-bit WAV",
    "float WAV",
    "8 kHz mono WAV",
    "384 kHz WAV",
    "5.1 WAV",
    "7.1 WAV",
    "alac",
)

REFUSED: dict[str, tuple[str, Maker]] = {
    "64-bit WAV": ("unsupported", lambda: files.wav(files.pcm(TONE, 64), bits=64)),
    "ADPCM WAV": ("unsupported", lambda: files.encoded("wav", "adpcm_ms")),
    "AIFF": ("unsupported", lambda: files.encoded("aiff", "pcm_s16be")),
    "raw AAC": ("unsupported", lambda: files.encoded("adts", "aac")),
    "video": ("video", files.video),
    "opus with a film": ("video", lambda: odd.opus_with_cover(25)),
    "tables and noise": ("unsupported", lambda: RANDOM[:200_000]),
    "2 GHz WAV": ("unsupported", lambda: files.wav(RANDOM * 3, rate=2**31 - 1, channels=1, bits=8)),
    "nine channels": ("channels", lambda: files.tone_wav(channels=9)),
    "ten channels of opus": ("channels", lambda: many("OGG", "OPUS", 10, 48_000)),
    "NaN": ("corrupt", lambda: files.float_wav(np.where(SPIKE, np.nan, TONE))),
    "1e30": ("corrupt", lambda: files.float_wav(np.where(SPIKE, 1e30, TONE))),
    "doubles beyond floats": ("corrupt", lambda: files.wav((TONE * 1e300).tobytes(), bits=64, tag=3)),
    "WAV that promises more": ("corrupt", lambda: files.tone_wav(data_size=10**6, riff_size=0)),
    "WAV short by 2.5 %": ("corrupt", lambda: cut(files.tone_wav(60.0, 8_000, 1), 0.975)),
    "flac short by 2.5 %": (
        "corrupt",
        lambda: cut(files.encoded("flac", "flac", NOISE.normal(0, 0.1, (480_000, 1)), rate=8_000), 0.975),
    ),
    "mp3 that claims twice its frames": ("corrupt", lambda: files.xing_mp3(2.0, claims_frames=150, flags=9)),
    "m4a cut": ("corrupt", lambda: cut(files.m4a(options={"movflags": "faststart"}), 0.5)),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_accepted_can_be_separated(tmp_path: Path, name: str) -> None:
    path = tmp_path / "song"
    path.write_bytes(ACCEPTED[name]())
    found = look(path)
    assert "fault" not in found
    frames = sum(map(len, decode(path)))
    assert frames / SAMPLE_RATE == pytest.approx(found["duration_s"], abs=0.01)
    if name in EXACT:
        assert frames == SAMPLE_RATE
    read_tag_lyrics(path)  # raises nothing


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_for_its_own_reason(tmp_path: Path, name: str) -> None:
    path = tmp_path / "song"
    fault, make = REFUSED[name]
    path.write_bytes(make())
    assert look(path) == {"fault": fault}


def test_the_separator_never_meets_a_rate_that_fits_no_memory(tmp_path: Path) -> None:
    """By itself it would take it for a passing lack of memory, and try the song again and again."""
    path = tmp_path / "song.wav"
    path.write_bytes(files.wav(RANDOM, rate=2**31 - 1, channels=1, bits=8))
    with pytest.raises(BadAudio):
        list(decode(path))


def test_a_tag_that_unpacks_to_gigabytes_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mutagen

    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    path = tmp_path / "song"
    path.write_bytes(files.tone_wav())
    monkeypatch.setattr(mutagen, "File", exhausted)
    assert look(path) == {"fault": "corrupt"}
