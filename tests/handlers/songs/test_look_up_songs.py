"""GET /songs/lookup."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest

from tests.cloud import OWNER, STRANGER, Cloud, event
from unplugd.domain.song import Status

IDS = [f"01J9ZQ4X5V8K2M3N4P5Q6R7S{n:02d}" for n in range(4)]


def ask(cloud: Cloud, file_name: str | None, owner: str = OWNER) -> tuple[int, Any]:
    trigger = event("songs", "look_up_songs")
    trigger["queryStringParameters"] = None if file_name is None else {"fileName": file_name}
    trigger["requestContext"]["authorizer"]["claims"]["sub"] = owner
    answer = cloud.call("songs", "look_up_songs", trigger)
    return answer["statusCode"], json.loads(answer["body"])


def test_all_songs_of_a_name_newest_first_and_only_ones_own(cloud: Cloud, put_song: Any) -> None:
    for song_id in IDS[:2]:
        put_song(song_id=song_id, file_name="Song.mp3", status=Status.COMPLETED)
    put_song(song_id=IDS[2], file_name="other.mp3")
    put_song(song_id=IDS[3], user_id=STRANGER, file_name="Song.mp3")
    status, body = ask(cloud, "SONG.MP3")
    assert status == 200
    assert [song["songId"] for song in body["data"]] == [IDS[1], IDS[0]]
    assert body["data"][0]["fileName"] == "Song.mp3"
    assert [song["songId"] for song in ask(cloud, "song.mp3", STRANGER)[1]["data"]] == [IDS[3]]


def test_a_song_without_a_file_name_is_not_in_the_index(cloud: Cloud, put_song: Any) -> None:
    put_song()
    assert "nameKey" not in (cloud.row() or {})
    status, body = ask(cloud, "song.mp3")
    assert (status, body["error"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Café.mp3", unicodedata.normalize("NFD", "CAFÉ.MP3")),
        ("Straße.mp3", "STRASSE.mp3"),
        ("🎸 Ünïcode 歌.flac", "🎸 ÜNÏCODE 歌.FLAC"),
        ("שיר.mp3", "שיר.mp3"),
        ("ab.mp3", "a\x00b.mp3"),
        ("vaw.wav", "\u202evaw.wav"),
        ("a.mp3", "\ud800a\udfff.mp3"),
        ("x" * 300 + ".mp3", "X" * 300 + ".mp3"),
        ("歌" * 300 + ".mp3", "歌" * 300 + ".mp3"),
        ("song.mp3", "C:\\Music\\Song.mp3"),
        ("song.mp3", "/home/ann/../song.mp3"),
        ("..", ".."),
        ("Σίσυφος.mp3", "ΣΊΣΥΦΟΣ.mp3"),
        ("'; DROP TABLE songs; --.mp3", "'; drop table songs; --.MP3"),
    ],
)
def test_the_same_name_however_it_is_written(cloud: Cloud, put_song: Any, stored: str, asked: str) -> None:
    put_song(file_name=stored)
    status, body = ask(cloud, asked)
    assert (status, [song["fileName"] for song in body["data"]]) == (200, [stored])


@pytest.mark.parametrize("asked", ["song.mp", "song", "*", "song.mp3 "[:-1] + "x", "%", "so\u0301ng.mp3"])
def test_part_of_a_name_or_another_is_404(cloud: Cloud, put_song: Any, asked: str) -> None:
    put_song(file_name="song.mp3")
    assert ask(cloud, asked)[0] == 404


@pytest.mark.parametrize("asked", [None, "", "  ", "\x00\u202e", "x" * 17_000])
def test_no_name_is_400(cloud: Cloud, asked: str | None) -> None:
    status, body = ask(cloud, asked)
    assert (status, body["error"]) == (400, "invalid_request")
    assert body["message"].startswith("fileName ")


def test_a_row_that_cannot_be_read_is_shown_as_such(cloud: Cloud, put_song: Any) -> None:
    from tests.cloud import CHOSEN, SONG

    put_song(file_name="song.mp3")
    cloud.db.update_item(
        TableName=CHOSEN["SONGS_TABLE"],
        Key={"userId": {"S": OWNER}, "songId": {"S": SONG}},
        UpdateExpression="SET progress = :p",
        ExpressionAttributeValues={":p": {"S": "half"}},
    )
    status, body = ask(cloud, "song.mp3")
    assert (status, [song["status"] for song in body["data"]]) == (200, ["UNREADABLE"])


def test_a_hundred_of_a_name_are_the_most(cloud: Cloud, put_song: Any) -> None:
    for n in range(101):
        put_song(song_id=f"01J9ZQ4X5V8K2M3N4P5Q6R{n:04d}", file_name="song.mp3", status=Status.COMPLETED)
    status, body = ask(cloud, "song.mp3")
    assert (status, len(body["data"])) == (200, 100)
