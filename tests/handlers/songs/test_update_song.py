"""PATCH /songs/{songId}."""

import json
from typing import Any

import pytest

from tests.cloud import Cloud, event
from unplugd.aws.song_table import SongTable
from unplugd.domain.song import Song, Status


def ask(cloud: Cloud, body: Any) -> tuple[int, Any]:
    trigger = event("songs", "update_song")
    trigger["body"] = body if isinstance(body, str) else json.dumps(body)
    answer = cloud.call("songs", "update_song", trigger)
    return answer["statusCode"], json.loads(answer["body"])


def test_changes_what_is_named_and_clears_what_is_null(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.COMPLETED, title="Old", artist="Someone", language="es", seq=7)
    status, song = ask(cloud, {"title": "  مرحبا 你好 ", "artist": None})
    assert status == 200
    assert (song["title"], song["artist"], song["language"], song["seq"]) == ("مرحبا 你好", None, "es", 7)
    row = cloud.row() or {}
    assert row["searchText"] == "مرحبا 你好"
    assert "artist" not in row


def test_the_search_text_has_tags_that_have_just_arrived(
    cloud: Cloud, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_song(status=Status.PENDING_UPLOAD, title="file", artist=None)
    write, tags = SongTable.update_details, [{"title": "Tag", "artist": "Singer"}]

    def late(table: SongTable, song: Song, changes: Any, *, now: str) -> Song | None:
        if tags:
            write(table, song, tags.pop(), now=now)
        return write(table, song, changes, now=now)

    monkeypatch.setattr(SongTable, "update_details", late)
    status, song = ask(cloud, {"title": "Mine"})
    assert (status, song["title"], song["artist"]) == (200, "Mine", "Singer")
    assert (cloud.row() or {})["searchText"] == "mine singer"


def test_a_song_that_changes_each_time_says_so(
    cloud: Cloud, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_song(title="Old")
    monkeypatch.setattr(SongTable, "update_details", lambda *_, **__: None)
    assert ask(cloud, {"title": "New"})[0] == 503


def test_a_person_says_that_they_want_both_songs(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.COMPLETED, title="Mine", same_as="01J9ZQ4X5V8K2M3N4P5Q6R7S00")
    assert ask(cloud, {"title": "Mine"})[1]["sameAs"] == "01J9ZQ4X5V8K2M3N4P5Q6R7S00"
    status, answer = ask(cloud, {"sameAs": "01J9ZQ4X5V8K2M3N4P5Q6R7S01"})
    assert (status, answer["message"]) == (400, "sameAs can only be null: you want both songs")
    status, song = ask(cloud, {"sameAs": None})
    assert (status, song["sameAs"], song["title"]) == (200, None, "Mine")


def test_an_empty_change_changes_nothing(cloud: Cloud, put_song: Any) -> None:
    put_song(title="Old")
    assert ask(cloud, {})[1]["title"] == "Old"


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"title": 7}, ["title"]),
        ({"title": "x" * 201}, ["title"]),
        ({"language": "Spanish"}, ["language"]),
        ({"status": "COMPLETED", "userId": "x"}, ["status", "userId"]),
        ({"artist": ["a"], "nope": 1}, ["artist", "nope"]),
    ],
)
def test_every_faulty_field_is_named(cloud: Cloud, put_song: Any, body: Any, names: list[str]) -> None:
    put_song(title="Old")
    status, answer = ask(cloud, body)
    assert status == 400
    assert [fault["field"] for fault in answer["details"]] == names
    assert (cloud.row() or {})["title"] == "Old"


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"title": NaN}', "[" * 50_000, '"x"'])
def test_what_is_no_json_object_is_400(cloud: Cloud, put_song: Any, body: str) -> None:
    put_song()
    status, answer = ask(cloud, body)
    assert (status, answer["error"]) == (400, "invalid_json")


def test_a_body_of_a_megabyte_is_413(cloud: Cloud, put_song: Any) -> None:
    put_song()
    assert ask(cloud, {"title": "x" * 1_000_000})[0] == 413


def test_no_such_song_is_404(cloud: Cloud) -> None:
    assert ask(cloud, {"title": "x"})[0] == 404


@pytest.mark.parametrize(
    "change",
    [{"album": "Discovery"}, {"year": 2001}, {"genre": "Hip-Hop/Rap 🎤"}, {"year": 0}, {"year": 9999}],
    ids=str,
)
def test_album_year_and_genre_are_set_and_cleared(
    cloud: Cloud, put_song: Any, change: dict[str, Any]
) -> None:
    put_song(status=Status.COMPLETED)
    (name,) = change
    status, song = ask(cloud, change)
    assert (status, song[name]) == (200, change[name])
    status, song = ask(cloud, {name: None})
    assert (status, song[name]) == (200, None)


@pytest.mark.parametrize(
    "change",
    [
        *({"year": year} for year in ("2001", -1, 10_000, True, 1.5)),
        {"album": 3},
        {"genre": "x" * 201},
    ],
    ids=str,
)
def test_an_impossible_year_or_text_is_400(cloud: Cloud, put_song: Any, change: dict[str, Any]) -> None:
    put_song(status=Status.COMPLETED)
    before = cloud.row()
    assert ask(cloud, change)[0] == 400
    assert cloud.row() == before
