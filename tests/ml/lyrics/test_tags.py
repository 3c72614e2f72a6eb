"""Tags of a song in every container."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutagen.flac import FLAC
from mutagen.id3 import ID3, SYLT, USLT
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from ml.lyrics import read_tag_lyrics
from ml.lyrics.tags import MAX_TEXT_BYTES, clean_lines

TEXT = "First line of words\nsecond line"


def sound(path: Path, **kinds: str) -> Path:
    soundfile.write(path, np.zeros((8_000, 2)), 48_000, **kinds)
    return path


def test_id3_in_mp3(tmp_path: Path) -> None:
    path = sound(tmp_path / "song.mp3")
    tags = ID3()
    tags.add(USLT(encoding=3, lang="eng", desc="", text=TEXT))
    tags.save(path)
    assert read_tag_lyrics(path) == TEXT


def test_id3_in_wav(tmp_path: Path) -> None:
    path = sound(tmp_path / "song.wav")
    file = WAVE(path)
    file.add_tags()
    file.tags.add(USLT(encoding=3, lang="eng", desc="", text=TEXT))
    file.save()
    assert read_tag_lyrics(path) == TEXT


@pytest.mark.parametrize(
    "frames",
    [
        [("First line of words", 1_500), ("second line", 62_250)],
        [("First ", 1_500), ("line of words", 2_000), ("\nsecond ", 62_250), ("line", 63_000)],
        [("First line of words\n", 1_500), ("second line\n", 62_250)],
    ],
)
def test_synchronised_id3_keeps_the_times_of_its_lines(tmp_path: Path, frames: list[tuple[str, int]]) -> None:
    path = sound(tmp_path / "song.mp3")
    tags = ID3()
    tags.add(USLT(encoding=3, lang="eng", desc="", text="something else"))
    tags.add(SYLT(encoding=3, lang="eng", desc="", format=2, type=1, text=frames))
    tags.save(path)
    assert read_tag_lyrics(path) == "[00:01.500]First line of words\n[01:02.250]second line"


def test_lrc_in_a_tag_keeps_its_times_moved_by_its_offset(tmp_path: Path) -> None:
    path = sound(tmp_path / "song.flac")
    file = FLAC(path)
    file["LYRICS"] = "[ar:x]\n[offset:500]\n[00:10.00][00:20]one\n[00:00.2]<00:00.30>two"
    file.save()
    assert read_tag_lyrics(path) == "[00:09.500][00:19.500]one\n[00:00.000]two"


@pytest.mark.parametrize("name", ["LYRICS", "UNSYNCEDLYRICS", "lyrics"])
def test_vorbis_comments_in_flac(tmp_path: Path, name: str) -> None:
    path = sound(tmp_path / "song.flac")
    file = FLAC(path)
    file[name] = TEXT
    file.save()
    assert read_tag_lyrics(path) == TEXT


@pytest.mark.parametrize(("subtype", "kind"), [("VORBIS", OggVorbis), ("OPUS", OggOpus)])
def test_vorbis_comments_in_ogg(tmp_path: Path, subtype: str, kind: type) -> None:
    path = sound(tmp_path / "song.ogg", format="OGG", subtype=subtype)
    file = kind(path)
    file["lyrics"] = TEXT
    file.save()
    assert read_tag_lyrics(path) == TEXT


def test_mp4_lyr(tmp_path: Path) -> None:
    import av

    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=44_100, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1_024), dtype=np.float32), "fltp", "stereo")
        frame.sample_rate = 44_100
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    file = MP4(path)
    file["\xa9lyr"] = TEXT
    file.save()
    assert read_tag_lyrics(path) == TEXT


def test_no_tags_and_no_audio_are_no_lyrics(tmp_path: Path) -> None:
    assert read_tag_lyrics(sound(tmp_path / "plain.flac")) is None
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7fUSLT" + bytes(range(256)))
    assert read_tag_lyrics(broken) is None
    assert read_tag_lyrics(tmp_path / "absent.mp3") is None


def test_lrc_times_and_headers_go_and_lines_stay() -> None:
    lrc = "\ufeff[ar:Someone]\r\n[00:12.00][01:02.50]First line\r\n"
    lrc += "[00:15]<00:15.10>second <00:16.00>line\r\n\r\n\r\n[Chorus]\n"
    assert clean_lines(lrc) == ["First line", "second line", "", "[Chorus]"]


def test_text_is_bounded_and_never_cut_inside_a_character() -> None:
    line = clean_lines("é" * MAX_TEXT_BYTES)[0]
    assert set(line) == {"é"}
    assert len(line.encode()) == MAX_TEXT_BYTES


def test_control_characters_never_reach_a_document() -> None:
    assert clean_lines("one\x00two\x0bthree") == ["one two three"]
