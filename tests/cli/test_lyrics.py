"""`unplugd lyrics` and `--lyrics`: what is sent, what is refused before anything is started."""

import base64
import json
from contextlib import contextmanager

import pytest

from cli import commands, lyrics
from cli.arguments import main
from cli.client.cognito import Identity
from cli.client.errors import Unreachable
from cli.client.library import Library
from cli.client.transport import Transport
from cli.songfile import Refused


@pytest.fixture
def library(server, reply):
    transport = Transport()
    identity = Identity(transport, server.url + "/cognito", "client")
    tokens = {"AuthenticationResult": {"IdToken": "t", "RefreshToken": "r", "ExpiresIn": 3600}}
    server.answer = lambda asked: reply(200, json.dumps(tokens).encode())
    identity.sign_in("a@b.example", "secret")
    server.asked.clear()
    yield Library(transport, server.url, identity, sleep=lambda _s: None)
    transport.close()


@pytest.fixture
def ours(library, monkeypatch):
    @contextmanager
    def use(_data, _console):
        yield library

    monkeypatch.setattr(lyrics, "open_library", use)
    monkeypatch.setattr(lyrics.time, "sleep", lambda _s: None)


def test_a_files_bytes_go_as_they_are(tmp_path):
    file = tmp_path / "song.lrc"
    file.write_bytes("Привет".encode("cp1251"))
    body = lyrics.words_of(file, "windows-1251")
    assert base64.b64decode(body["file"]) == file.read_bytes()
    assert body["encoding"] == "windows-1251"
    assert "encoding" not in lyrics.words_of(file)


def test_what_cannot_be_lyrics_is_refused_before_a_stack_starts(tmp_path, capsys):
    with pytest.raises(Refused, match="There is no file"):
        lyrics.words_of(tmp_path)
    (tmp_path / "big.txt").write_bytes(b"la " * 400_000)
    with pytest.raises(Refused, match="larger than the 1000 KB"):
        lyrics.words_of(tmp_path / "big.txt")
    assert main(["demo", "--lyrics", str(tmp_path / "none.lrc")]) == 1
    assert "There is no file" in capsys.readouterr().err


def test_process_hands_the_words_on(monkeypatch):
    asked = []
    monkeypatch.setattr(
        commands,
        "process",
        lambda *given, **named: asked.append([*map(str, given), named]),
    )
    main(["process", "a.mp3", "--lyrics", "a.lrc"])
    assert asked == [["a.mp3", "None", "None", "None", "a.lrc", {"lyrics_model": None}]]


def test_lyrics_are_taken_as_they_come(ours, server, reply, tmp_path, capsys):
    server.answer = lambda asked: reply(200, "[00:01.00]Träume\n".encode())
    assert main(["lyrics", "S", "--format", "lrc-enhanced"]) == 0
    assert capsys.readouterr().out == "[00:01.00]Träume\n"
    assert main(["lyrics", "S", "--out", str(tmp_path / "a.lrc")]) == 0
    assert (tmp_path / "a.lrc").read_text(encoding="utf-8") == "[00:01.00]Träume\n"
    assert [asked.path for asked in server.asked] == [
        "/songs/S/lyrics?format=lrc-enhanced",
        "/songs/S/lyrics?format=lrc",
    ]


@pytest.mark.parametrize(("ends", "code", "says"), [("READY", 0, "Version 5"), ("FAILED", 1, "No engine.")])
def test_given_words_are_waited_for(ours, server, reply, tmp_path, capsys, ends, code, says):
    (tmp_path / "a.txt").write_text("la")
    states = iter(["READY", "QUEUED", "PROCESSING", ends])

    def answer(asked):
        song = {"status": "COMPLETED", "lyricsStatus": next(states), "lyricsVersion": 5, "progress": None}
        return reply(200, json.dumps(song | {"lyricsReason": "No engine."}).encode())

    server.answer = answer
    assert main(["lyrics", "S", "--give", str(tmp_path / "a.txt")]) == code
    out = capsys.readouterr()
    assert says in out.out + out.err
    assert [asked.method for asked in server.asked] == ["GET", "PUT", "GET", "GET"]
    assert json.loads(server.asked[1].body)["version"] == 5


def test_a_change_whose_answer_is_lost_is_not_made_twice(library, server, reply):
    server.answer = lambda asked: reply(cut=0)
    with pytest.raises(Unreachable):
        library.put_lyrics("S", version=0, text="la")
    assert len(server.asked) == 1
