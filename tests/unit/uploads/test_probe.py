"""Looking at uploaded files: real ones of every kind we take, and what pretends to be one."""

from __future__ import annotations

import itertools
import struct
import wave
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.id3 import TIT2, TPE1
from mutagen.wave import WAVE

from audiofile import sniff
from tests.e2e import bad_files as files
from unplugd.uploads import probe as prober
from unplugd.uploads.model import Probe
from unplugd.uploads.probe import look, probe
from unplugd.uploads.rules import judge

RATE = 44_100
KINDS = {
    "mp3": ("mp3", "libmp3lame", RATE, "mp3"),
    "m4a": ("mp4", "aac", RATE, "m4a"),
    "alac": ("mp4", "alac", RATE, "m4a"),
    "flac": ("flac", "flac", RATE, "flac"),
    "vorbis": ("ogg", "vorbis", RATE, "ogg"),
    "opus": ("ogg", "libopus", 48_000, "opus"),
    "wav": ("wav", "pcm_s16le", RATE, "wav"),
    "wav24": ("wav", "pcm_s24le", 96_000, "wav"),
    "wavfloat": ("wav", "pcm_f32le", 8_000, "wav"),
}


def song(path: Path, kind: str, seconds: float = 2.0, *, amplitude: float = 0.5) -> Path:
    """A sine in the named format."""
    container, codec, rate, _ = KINDS[kind]
    if kind == "vorbis":  # FFmpeg's own encoder for it is experimental
        t = np.arange(int(seconds * rate)) / rate
        with soundfile.SoundFile(path, "w", rate, 2, format="OGG", subtype="VORBIS") as ogg:
            ogg.title, ogg.artist = "Ünïcode 歌", "Someone"
            ogg.write(np.tile(amplitude * np.sin(2 * np.pi * 440 * t), (2, 1)).T)
        return path
    with av.open(str(path), "w", format=container) as out:
        out.metadata.update({"title": "Ünïcode 歌", "artist": "Someone"})
        stream = out.add_stream(codec, rate=rate)
        stream.layout = "stereo"
        t = np.arange(int(seconds * rate)) / rate
        samples = np.tile(amplitude * np.sin(2 * np.pi * 440 * t), (2, 1)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        fifo.write(frame)
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="stereo", rate=rate)
        size = stream.codec_context.frame_size or 1024
        for piece in [*fifo.read_many(size), fifo.read(partial=True)]:
            for packet in itertools.chain.from_iterable(
                map(stream.encode, resampler.resample(piece) if piece else [])
            ):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return path


def test_the_same_sound_is_known_whatever_its_tags_and_format(tmp_path: Path) -> None:
    sounds = {kind: look(song(tmp_path / kind, kind))["sound_sha256"] for kind in ("wav", "flac", "mp3")}
    assert sounds["wav"] == sounds["flac"] != sounds["mp3"]
    tagged = song(tmp_path / "tagged", "wav")
    tags = WAVE(tagged)
    tags.add_tags()
    tags["TIT2"] = TIT2(3, ["Another name"])
    tags.save()
    found = look(tagged)
    assert (found["title"], found["sound_sha256"]) == ("Another name", sounds["wav"])
    softer = look(song(tmp_path / "softer", "wav", amplitude=0.4999))
    assert softer["sound_sha256"] != sounds["wav"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_we_take_is_read_whole(tmp_path: Path, kind: str) -> None:
    found = Probe(**look(song(tmp_path / "x", kind)))
    assert found.fault is None
    assert found.format == KINDS[kind][3]
    assert found.duration_s == pytest.approx(2.0, abs=0.06)  # lossy encoders pad to whole frames
    assert found.peak == pytest.approx(0.5, abs=0.05)
    if not kind.startswith("wav"):
        assert (found.title, found.artist) == ("Ünïcode 歌", "Someone")


@pytest.mark.parametrize("kind", ["mp3", "m4a", "flac", "wav"])
def test_a_file_that_was_cut_off_is_corrupt(tmp_path: Path, kind: str) -> None:
    whole = song(tmp_path / "whole", kind, 8.0).read_bytes()
    cut = tmp_path / "cut"
    cut.write_bytes(whole[: len(whole) // 2])
    assert look(cut)["fault"] == "corrupt"


def piped_wav(path: Path, size: int) -> Path:
    """A WAV whose RIFF and data chunks both say that they are of this size."""
    data = bytearray(song(path, "wav").read_bytes())
    for at in (4, data.index(b"data") + 4):
        data[at : at + 4] = size.to_bytes(4, "little")
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x7FFFF024, 0x7FFFFFFF, 0x80000000, 0xFFFFFF00, 0xFFFFFFFF])
def test_a_wav_from_a_pipe_does_not_know_its_size(tmp_path: Path, size: int) -> None:
    found = look(piped_wav(tmp_path / "x", size))
    assert "fault" not in found
    assert found["duration_s"] == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("size", [0x7FFFEFFF, 0x80000001, 0xFFFFFEFF])
def test_other_sizes_of_a_wav_are_believed(tmp_path: Path, size: int) -> None:
    assert look(piped_wav(tmp_path / "x", size)) == {"fault": "corrupt"}


def test_an_mp3_of_variable_rate_without_a_length_is_whole(tmp_path: Path) -> None:
    """Quiet frames at 32 kbit/s first: by their rate the file would be several times as long as it is."""
    loud = song(tmp_path / "loud", "mp3", 6.0).read_bytes()
    frames = loud[loud.index(b"\xff\xfb", 1000) :]
    quiet_frame = b"\xff\xfb\x10\xc4" + bytes(100)  # 32 kbit/s, 44.1 kHz, joint stereo: 104 bytes
    path = tmp_path / "vbr.mp3"
    path.write_bytes(quiet_frame * 20 + frames)
    found = look(path)
    assert "fault" not in found
    assert found["duration_s"] < 8


def test_a_scratch_in_an_mp3_is_no_verdict(tmp_path: Path) -> None:
    data = bytearray(song(tmp_path / "x", "mp3", 8.0).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    (tmp_path / "x").write_bytes(data)
    found = look(tmp_path / "x")
    assert "fault" not in found


def test_a_video_is_not_a_song(tmp_path: Path) -> None:
    path = tmp_path / "v"
    path.write_bytes(files.video())
    found = Probe(**look(path))
    assert found.fault == "video"
    refusal = judge(found)
    assert refusal is not None
    assert "This is a video" in refusal.message


@pytest.mark.parametrize(
    "text",
    [b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", b"ffconcat version 1.0\nfile /etc/passwd\n", b"<html>", b""],
)
def test_playlists_and_text_are_never_opened(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(text)
    assert probe(path) == Probe(fault="unsupported")


def test_not_a_number_is_corrupt(tmp_path: Path) -> None:
    path = song(tmp_path / "x", "wavfloat")
    data = bytearray(path.read_bytes())
    data[-400:-396] = struct.pack("<f", float("nan"))
    path.write_bytes(data)
    assert look(path)["fault"] == "corrupt"


def test_a_header_that_promises_hours_is_too_long_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(8_000)
        out.writeframes(bytes(8_000 * 700))
    assert look(path)["fault"] == "too_long"


def test_ten_hours_of_silence_in_a_small_flac_cost_little(tmp_path: Path) -> None:
    """The header is made to promise nothing, so only the decoding can tell."""
    path = tmp_path / "x.flac"
    with av.open(str(path), "w", format="flac") as out:
        stream = out.add_stream("flac", rate=8_000)
        stream.layout = "mono"
        stream.codec_context.frame_size  # noqa: B018 - opened by the first frame
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4_096), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8_000
        for _ in range(700 * 8_000 // 4_096 + 1):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    data = bytearray(path.read_bytes())
    data[8 + 13] &= 0xF0  # total samples: 36 bits at the end of STREAMINFO's first 18 bytes
    data[8 + 14 : 8 + 18] = bytes(4)
    path.write_bytes(data)
    assert len(data) < 200_000
    assert look(path)["fault"] == "too_long"


def test_a_prober_that_dies_or_hangs_means_an_unreadable_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = song(tmp_path / "x", "mp3")
    for fault in ("import os; os.kill(os.getpid(), 9)", "import time; time.sleep(60)"):
        monkeypatch.setattr(prober, "CPU_SECONDS", 0.3)
        monkeypatch.setattr(prober, "COMMAND", ("-c", fault))
        assert probe(path) == Probe(fault="corrupt")


def test_the_child_sees_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    tell = "import os, json; print(json.dumps({'title': ' '.join(sorted(os.environ))}))"
    monkeypatch.setattr(prober, "COMMAND", ("-c", tell))
    assert "AWS" not in (probe(tmp_path / "x").title or "")


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=600),
    st.sampled_from([b"ID3\x04", b"fLaC", b"OggS", b"RIFF0000WAVE", b"\0\0\0\x20ftypM4A "]),
)
def test_noise_behind_a_true_beginning_never_raises(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, head: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "noise"
    path.write_bytes(head + noise)
    assert look(path).get("fault") in ("corrupt", "unsupported")


def test_sniffing_knows_the_beginnings() -> None:
    assert [
        sniff(b) for b in (b"ID3\x04", b"\xff\xfb\x90", b"\xff\xf1", b"RIFF\0\0\0\0AVI ", b"OggS", b"")
    ] == [
        "mp3",
        "mp3",
        None,
        None,
        "ogg",
        None,
    ]


def test_a_prober_without_its_package_is_our_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prober, "COMMAND", ("-c", "import a_package_that_is_not_here"))
    with pytest.raises(RuntimeError, match="cannot start"):
        probe(song(tmp_path / "x", "mp3"))


@pytest.mark.parametrize(
    ("tag", "title"),
    [
        ("夜に\u3000駆ける", "夜に\u3000駆ける"),
        ("Déjà\u00a0vu", "Déjà\u00a0vu"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian joins words by a character without width
        ("Beyonce\u0301", "Beyonc\u00e9"),
        (" a\u202eb\nc ", "ab c"),
        ("First line\r\n second line", "First line second line"),
        ("Don&#39;t &amp; won&apos;t & R&B", "Don't & won't & R&B"),
    ],
)
def test_a_tag_keeps_what_its_language_needs(tag: str, title: str, tmp_path: Path) -> None:
    path = song(tmp_path / "x.wav", "wav")
    tagged = WAVE(path)
    tagged.add_tags()
    tagged.tags.add(TIT2(encoding=3, text=tag))
    tagged.save()
    assert look(path)["title"] == title


def test_a_wavs_own_tags_are_read(tmp_path: Path) -> None:
    path = song(tmp_path / "x.wav", "wav")
    tagged = WAVE(path)
    tagged.add_tags()
    tagged.tags.add(TIT2(encoding=3, text="Ünïcode 歌"))
    tagged.tags.add(TPE1(encoding=3, text="Someone"))
    tagged.save()
    found = Probe(**look(path))
    assert (found.fault, found.title, found.artist) == (None, "Ünïcode 歌", "Someone")
