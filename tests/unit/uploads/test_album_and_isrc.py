"""The album and the recording's code (ISRC) that an upload's tags name, in every kind of tag."""

from __future__ import annotations

from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TALB, TSRC, TXXX
from mutagen.mp4 import MP4, MP4FreeForm
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from audiofile import tags
from tests.e2e import bad_files as files
from unplugd.uploads.probe import look

ALBUM, CODE = "Ünïcode 歌", "USRC17607839"


def sound(path: Path, **kind: str) -> Path:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    soundfile.write(path, np.stack([tone, tone], axis=1), 48_000, **kind)
    return path


def mp3(folder: Path) -> Path:
    path = sound(folder / "song.mp3")
    frames = ID3()
    frames.add(TALB(encoding=3, text=ALBUM))
    frames.add(TSRC(encoding=0, text=CODE))
    frames.save(path)
    return path


def mp3_with_a_free_frame(folder: Path) -> Path:
    path = mp3(folder)
    frames = ID3(path)
    frames.delall("TSRC")
    frames.add(TXXX(encoding=3, desc="ISRC", text="us-rc1-76-07839"))
    frames.save(path)
    return path


def wav(folder: Path) -> Path:
    path = sound(folder / "song.wav")
    file = WAVE(path)
    file.add_tags()
    file.tags.add(TALB(encoding=3, text=ALBUM))
    file.tags.add(TSRC(encoding=3, text=CODE))
    file.save()
    return path


def ape(folder: Path) -> Path:
    path = sound(folder / "song.mp3")
    found = APEv2()
    found["Album"], found["ISRC"] = ALBUM, CODE
    found.save(path)
    return path


def m4a(folder: Path, name: str = "----:com.apple.iTunes:ISRC", code: str = CODE) -> Path:
    path = folder / "song.m4a"
    path.write_bytes(files.m4a(1.0))
    file = MP4(path)
    file["\xa9alb"] = ALBUM
    file[name] = [MP4FreeForm(code.encode())] if name.startswith("----") else [code]
    file.save()
    return path


def m4a_of_the_shop(folder: Path) -> Path:
    return m4a(folder, "xid ", f"label:isrc:{CODE}")


def vorbis_comments(folder: Path, kind: type[mutagen.FileType], **how: str) -> Path:
    path = sound(folder / "song.audio", **how)
    file = kind(path)
    file["ALBUM"], file["ISRC"] = ALBUM, ["not a code", CODE.lower()]
    file.save()
    return path


def flac(folder: Path) -> Path:
    return vorbis_comments(folder, FLAC, format="FLAC")


def ogg(folder: Path) -> Path:
    return vorbis_comments(folder, OggVorbis, format="OGG", subtype="VORBIS")


def opus(folder: Path) -> Path:
    return vorbis_comments(folder, OggOpus, format="OGG", subtype="OPUS")


KINDS = (mp3, mp3_with_a_free_frame, wav, ape, m4a, m4a_of_the_shop, flac, ogg, opus)


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_the_prober_finds_album_and_code(tmp_path: Path, make: object) -> None:
    assert callable(make)
    found = look(make(tmp_path))
    assert (found.get("fault"), found["album"], found["isrc"]) == (None, ALBUM, CODE)


def test_a_file_without_them_has_none(tmp_path: Path) -> None:
    found = look(sound(tmp_path / "song.flac"))
    assert (found.get("fault"), found["album"], found["isrc"]) == (None, None, None)


def test_an_album_of_any_length_is_kept_in_200_characters(tmp_path: Path) -> None:
    path = flac(tmp_path)
    file = FLAC(path)
    file["ALBUM"] = "x" * 5_000 + "\u202e"
    file.save()
    assert look(path)["album"] == "x" * 200


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("USRC17607839", "USRC17607839"),
        ("us-rc1-76-07839", "USRC17607839"),
        (" US RC1 76 07839 ", "USRC17607839"),
        ("label:isrc:USRC17607839", "USRC17607839"),
        ("", None),
        ("USRC1760783", None),
        ("USRC176078399", None),
        ("12RC17607839", None),
        ("USRC1760783\u0663", None),  # an Arabic digit
        ("x" * 100_000, None),
    ],
)
def test_what_is_a_code(text: str, code: str | None) -> None:
    assert tags.isrc(text) == code
