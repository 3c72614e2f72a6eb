"""Tags of a song in every container."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC
from mutagen.id3 import ID3, SYLT, TIT2, TLAN, TPE1, TXXX, USLT
from mutagen.mp4 import MP4, MP4FreeForm
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from audiofile import tags as audio_tags
from ml.lyrics import read_tag_lyrics
from ml.lyrics.known import from_text
from ml.lyrics.tags import MAX_TEXT_BYTES, clean_lines, lines_of_text

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
    assert read_tag_lyrics(path) == (
        "[00:00.000]<00:00.000>two<00:02.000>\n[00:02.000]\n[00:09.500]one\n[00:19.500]one"
    )


ENHANCED = (
    "[00:10.00]<00:10.00>First <00:10.50>line<00:11.00>\n[01:02.25]<01:02.25>se<01:02.75>cond<01:03.50>"
)
SUNG = [("First", 10.0, 10.5), ("line", 10.5, 11.0), ("se", 62.25, 62.75), ("cond", 62.75, 63.5)]


def sung(path: Path) -> list[tuple[str, float, float]]:
    """The words that the lyrics stage gets from a song's tags."""
    text = read_tag_lyrics(path)
    assert text is not None
    known = from_text(text)
    assert known.timed
    lines = lines_of_text(text)
    ends = [line.times[-1][1] for line in known.lines if line.times]
    assert ends == pytest.approx([line.words[-1].end for line in lines])
    return [(word.text, word.start, word.end) for line in lines for word in line.words]


@pytest.mark.parametrize("break_first", [True, False])
def test_synchronised_words_keep_their_times(tmp_path: Path, break_first: bool) -> None:
    path = sound(tmp_path / "song.mp3")
    pieces = [
        ("First ", 10_000),
        ("line", 10_500),
        ("", 11_000),
        ("\nse", 62_250),
        ("cond", 62_750),
        ("", 63_500),
    ]
    if not break_first:
        pieces[2], pieces[3] = ("\n", 11_000), ("se", 62_250)
    tags = ID3()
    tags.add(SYLT(encoding=3, lang="eng", desc="", format=2, type=1, text=pieces))
    tags.save(path)
    expected = SUNG if break_first else [SUNG[0], ("line", 10.5, 12.5), *SUNG[2:]]
    assert sung(path) == expected


def test_enhanced_lrc_in_an_id3_frame_keeps_its_words(tmp_path: Path) -> None:
    path = sound(tmp_path / "song.mp3")
    tags = ID3()
    tags.add(USLT(encoding=3, lang="eng", desc="", text=ENHANCED))
    tags.save(path)
    assert sung(path) == SUNG


@pytest.mark.parametrize("name", ["LYRICS", "SYNCEDLYRICS"])
def test_enhanced_lrc_in_vorbis_comments_keeps_its_words(tmp_path: Path, name: str) -> None:
    path = sound(tmp_path / "song.flac")
    file = FLAC(path)
    file[name] = ENHANCED
    file.save()
    assert sung(path) == SUNG


def test_one_mark_in_front_of_several_words_times_the_line() -> None:
    known = from_text("[00:10.00]<00:10.00>one <00:11.00>two<00:12.00>\n[00:20.00]<00:20.50>three four\n")
    assert [line.times for line in known.lines] == [((10.0, 11.0), (11.0, 12.0)), None]
    assert (known.lines[1].start, known.lines[1].end) == (20.0, None)


def test_many_and_long_texts_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sound(tmp_path / "song.mp3")
    tags = ID3()
    for i in range(300):
        tags.add(USLT(encoding=0, lang="eng", desc=str(i), text=f"the words of frame {i}"))
    tags.add(TXXX(encoding=0, desc="LYRICS", text=["\xe9a " * 500_000]))
    tags.save(path)
    longest = 0
    repaired = audio_tags.repaired

    def counted(text: str) -> str:
        nonlocal longest
        longest = max(longest, len(text))
        return repaired(text)

    monkeypatch.setattr(audio_tags, "repaired", counted)
    found = audio_tags.read(path).lyrics
    assert len(found) <= audio_tags.MAX_LYRICS
    assert longest <= audio_tags.MAX_TEXT


def test_words_of_a_tag_are_not_read_as_marks(tmp_path: Path) -> None:
    path = sound(tmp_path / "song.flac")
    file = FLAC(path)
    file["LYRICS"] = "1\n00:00:01,000 --> 00:00:02,000\n[00:05.00] o'clock <b>la</b>\n"
    file.save()
    (line,) = lines_of_text(read_tag_lyrics(path) or "")
    assert (line.text, line.start, line.end) == ("[00:05.00] o'clock la", 1.0, 2.0)


def test_too_many_word_times_are_dropped_before_words(tmp_path: Path) -> None:
    path = sound(tmp_path / "song.flac")
    file = FLAC(path)
    lines = ["".join(f"<{m:02}:{s:02}.{i}0>a " for i in range(5)) for m in range(50) for s in range(0, 60, 3)]
    file["LYRICS"] = "\n".join(lines)
    file.save()
    text = read_tag_lyrics(path) or ""
    assert len(text.encode()) <= MAX_TEXT_BYTES
    assert len(lines_of_text(text)) >= 900


@pytest.mark.parametrize("name", ["LYRICS", "UNSYNCEDLYRICS", "lyrics", "UNSYNCED LYRICS", "SYNCEDLYRICS"])
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
    del file["\xa9lyr"]
    file["----:com.apple.iTunes:LYRICS"] = MP4FreeForm(TEXT.encode())
    file.save()
    assert read_tag_lyrics(path) == TEXT


@pytest.mark.parametrize("name", ["LYRICS", "UNSYNCED LYRICS", "UNSYNCEDLYRICS", "SyncedLyrics"])
def test_lyrics_in_a_frame_of_another_name(tmp_path: Path, name: str) -> None:
    path = sound(tmp_path / "song.mp3")
    tags = ID3()
    tags.add(TXXX(encoding=3, desc=name, text=[TEXT]))
    tags.add(TXXX(encoding=3, desc="comment", text=["not sung, but with many words"]))
    tags.save(path)
    assert read_tag_lyrics(path) == TEXT


def test_apev2_behind_an_mp3(tmp_path: Path) -> None:
    path = sound(tmp_path / "song.mp3")
    tags = APEv2()
    tags["Title"], tags["Artist"], tags["Unsynced lyrics"] = "Song", ["A", "B"], TEXT
    tags.save(path)
    found = audio_tags.read(path)
    assert (found.title, found.artist, read_tag_lyrics(path)) == ("Song", "A, B", TEXT)


def test_the_lyrics_of_the_songs_language_come_first(tmp_path: Path) -> None:
    path = sound(tmp_path / "song.mp3")
    tags = ID3()
    tags.add(USLT(encoding=3, lang="eng", desc="translation", text="In English\nit is another"))
    tags.add(USLT(encoding=3, lang="spa", desc="", text="En castellano\nes así"))
    tags.add(USLT(encoding=3, lang="deu", desc="", text="Auf Deutsch\nist es so"))
    tags.add(TLAN(encoding=3, text=["deu"]))
    tags.save(path)
    assert read_tag_lyrics(path) == "Auf Deutsch\nist es so"
    tags.delall("TLAN")
    tags.delall("USLT::deu")
    tags.save(path)
    assert read_tag_lyrics(path) == "En castellano\nes así"


def test_lyrics_with_times_come_first(tmp_path: Path) -> None:
    path = sound(tmp_path / "song.flac")
    file = FLAC(path)
    file["LYRICS"] = TEXT
    file["UNSYNCEDLYRICS"] = "1\n00:00:01,000 --> 00:00:02,500\nFirst line"
    file.save()
    assert read_tag_lyrics(path) == "[00:01.000]First line\n[00:02.500]"


@pytest.mark.parametrize(
    "text",
    [
        "No lyrics found",
        "Lyrics not available.",
        "n/a",
        "[No lyrics available]",
        "<tt><body>la la</body></tt>",
    ],
)
def test_what_says_that_there_are_none_is_no_lyrics(tmp_path: Path, text: str) -> None:
    path = sound(tmp_path / "song.flac")
    file = FLAC(path)
    file["LYRICS"] = text
    file.save()
    assert read_tag_lyrics(path) is None


def test_entities_of_the_web_are_signs(tmp_path: Path) -> None:
    path = sound(tmp_path / "song.flac")
    file = FLAC(path)
    file["LYRICS"] = "Don&#39;t &quot;stop&quot; &amp; go\nrock &roll;"
    file.save()
    assert read_tag_lyrics(path) == 'Don\'t "stop" & go\nrock &roll;'


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Привет, мир".encode("cp1251"), "Привет, мир"),
        ("ГРУППА КРОВИ feat. DJ".encode("cp1251"), "ГРУППА КРОВИ feat. DJ"),
        ("Añoranza – fiancée".encode(), "Añoranza – fiancée"),
        ("夜に駆ける".encode("shift_jis"), "夜に駆ける"),
        ("ラブ・ストーリー 2".encode("shift_jis"), "ラブ・ストーリー 2"),
        ("Don’t stop".encode("cp1252"), "Don’t stop"),
        # Without proof it stays what it is declared as.
        ("Añoranza, fiancée à Noël".encode("latin-1"), "Añoranza, fiancée à Noël"),
        ("À Ô".encode("latin-1"), "À Ô"),
        ("Ελλάδα".encode("cp1253"), "Ελλάδα".encode("cp1253").decode("latin-1")),
    ],
)
def test_a_wrongly_declared_code_page_is_read_by_its_bytes(tmp_path: Path, raw: bytes, text: str) -> None:
    path = sound(tmp_path / "song.mp3")
    said = raw.decode("latin-1")
    tags = ID3()
    tags.add(TIT2(encoding=0, text=[said]))
    tags.add(TPE1(encoding=0, text=[said, "B"]))
    tags.add(USLT(encoding=0, lang="XXX", desc="", text=f"{said}\nla la la"))
    tags.save(path, v2_version=4)
    found = audio_tags.read(path)
    assert (found.title, found.artist, found.lyrics[0].splitlines()[0]) == (text, f"{text}, B", text)


def test_tags_behind_other_tags_are_read(tmp_path: Path) -> None:
    path = sound(tmp_path / "song.flac")
    file = FLAC(path)
    file["LYRICS"], file["TITLE"] = TEXT, "Song"
    file.save()
    front = tmp_path / "front"
    tags = ID3()
    tags.add(TPE1(encoding=3, text=["Artist in front"]))
    tags.save(front)
    path.write_bytes(front.read_bytes() * 2 + path.read_bytes())
    found = audio_tags.read(path)
    assert (found.title, found.artist, read_tag_lyrics(path)) == ("Song", "Artist in front", TEXT)


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
