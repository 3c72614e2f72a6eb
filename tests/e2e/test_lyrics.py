"""A person's words through the real stack: given before the upload, moved, replaced, and taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cli.client.errors import ClientError
from cli.client.realtime import Listener
from cli.commands import DEMO_SONG
from tests.e2e.conftest import Visitor
from tests.e2e.test_second_thoughts import until

pytestmark = pytest.mark.stack

SUNG = "[00:04.00]These are my own words\n[00:08.00]and I sing them\n"


def settled(person: Visitor, song_id: str) -> Any:
    """The song once no run of its lyrics is under way."""

    def look() -> Any:
        song: Any = person.library.get(song_id)
        return song if song["lyricsStatus"] not in ("QUEUED", "PROCESSING") else None

    return until(look, "the lyrics' run")


def shown(person: Visitor, song_id: str) -> Any:
    return json.loads(person.library.lyrics(song_id))


def texts(document: Any) -> list[str]:
    return [one["text"] for one in document["segments"]]


def test_a_persons_words_win_from_before_the_upload_on(visitor: Callable[[str], Visitor]) -> None:
    person = visitor("singer")
    library = person.library
    ticket = library.announce(DEMO_SONG, "audio/mpeg")
    song_id = ticket.song_id
    assert library.put_lyrics(song_id, version=0, text=SUNG)["status"] == "PENDING_UPLOAD"
    with pytest.raises(ClientError) as refused:
        library.lyrics(song_id, "nonsense")
    assert refused.value.status == 400

    listener = Listener(person.session.outputs["WebSocketUrl"], person.token, library.get)
    listener.connect()
    try:
        library.upload(ticket, DEMO_SONG)
        assert [event.kind for event in listener.follow(song_id)][-1] == "COMPLETED"
    finally:
        listener.close()
    song: Any = library.get(song_id)
    assert (song["lyricsStatus"], song["lyricsSource"], song["lyricsVersion"]) == ("READY", "supplied", 1)
    mine = shown(person, song_id)
    assert texts(mine) == ["These are my own words", "and I sing them"]
    assert mine["timed"] == "words"

    # Moved: no run, and what was written for version 1 comes too late.
    assert library.put_lyrics(song_id, version=1, offsetMs=250)["lyricsStatus"] == "READY"
    with pytest.raises(ClientError) as late:
        library.put_lyrics(song_id, version=1, offsetMs=500)
    assert late.value.status == 409
    assert "and I sing them" in library.lyrics(song_id, "srt")

    # Replaced: the song stays complete while the new words are timed.
    after: Any = library.put_lyrics(song_id, version=2, text="Other words\n\nfor the same song")
    assert (after["status"], after["lyricsStatus"]) == ("COMPLETED", "QUEUED")
    assert settled(person, song_id)["lyricsStatus"] == "READY"
    mine = shown(person, song_id)
    assert (texts(mine), mine["timed"]) == (["Other words", "for the same song"], "words")
    assert library.lyrics(song_id, "txt") == "Other words\n\nfor the same song\n"

    # Taken back: the machine has never listened by itself, so it does now.
    library.put_lyrics(song_id, version=3, revert=True)
    assert settled(person, song_id)["lyricsSource"] != "edited"
    assert texts(shown(person, song_id))[0] not in ("Other words", "These are my own words")


def test_a_file_that_is_too_large_is_refused_by_every_layer(visitor: Callable[[str], Visitor]) -> None:
    person = visitor("big-singer")
    song_id = person.library.announce(DEMO_SONG, "audio/mpeg").song_id
    for size in (1_100_000, 10_500_000):
        with pytest.raises(ClientError) as refused:
            person.library.put_lyrics(song_id, version=0, text="la la la \n" * (size // 10))
        assert refused.value.status == 413
    song: Any = person.library.get(song_id)
    assert song["lyricsVersion"] == 0
