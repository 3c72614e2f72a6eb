"""GET /songs/{songId}/details."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud import OWNER, SONG, STRANGER, Cloud, event
from unplugd.aws.details_table import DetailsTable
from unplugd.domain.details import Details
from unplugd.domain.song import Status

TABLE, SONGS = "unplugd-test-song-details", "unplugd-test-songs"
READ_AT = "2026-01-31T08:15:06.000Z"
SAID = Details(
    album="Live",
    year=1997,
    genre="Rock",
    isrc="USRC17607839",
    track_number=3,
    track_gain_db=-7.25,
    track_peak=0.988,
    recording_id="f5d8c4a2-0d4b-4b6e-9c3e-5b8a1f0c7d21",
    artwork_width=1400,
    artwork_height=1000,
    read_at=READ_AT,
)


def rows(cloud: Cloud) -> DetailsTable:
    return DetailsTable(cloud.db, TABLE, SONGS)


def ask(cloud: Cloud, song_id: str = SONG) -> tuple[int, Any]:
    trigger = event("details", "get_details")
    trigger["pathParameters"]["songId"] = song_id
    answer = cloud.call("details", "get_details", trigger)
    return answer["statusCode"], json.loads(answer["body"])


def songs(cloud: Cloud) -> Any:
    return json.loads(cloud.call("songs", "list_songs", event("songs", "list_songs"))["body"])["data"]


def test_before_the_file_was_read_all_is_unknown(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.QUEUED, queued_at=READ_AT)
    status, details = ask(cloud)
    assert status == 200
    assert (details["readAt"], details["artwork"], details["year"]) == (None, None, None)
    assert set(details["replayGain"].values()) == {None}


def test_what_the_file_says_comes_with_links_to_its_picture(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.QUEUED, queued_at=READ_AT)
    assert rows(cloud).save(OWNER, SONG, SAID, has_artwork=True)
    status, details = ask(cloud)
    assert status == 200
    assert (details["album"], details["year"], details["trackNumber"]) == ("Live", 1997, 3)
    assert details["replayGain"]["trackGainDb"] == -7.25
    assert details["musicBrainz"]["recordingId"] == SAID.recording_id
    assert (details["artwork"]["width"], details["artwork"]["height"]) == (1400, 1000)
    for name, link in (
        ("artwork-64.webp", details["artwork"]["smallUrl"]),
        ("artwork.webp", details["artwork"]["largeUrl"]),
    ):
        assert f"/output/{OWNER}/{SONG}/{name}?" in link
        assert "Expires=900" in link


def test_a_persons_album_comes_first(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.QUEUED, queued_at=READ_AT, album="Mine")
    rows(cloud).save(OWNER, SONG, SAID, has_artwork=False)
    assert ask(cloud)[1]["album"] == "Mine"


def test_only_a_song_with_a_picture_has_its_link_in_the_list(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.QUEUED, queued_at=READ_AT)
    assert "artworkUrl" not in songs(cloud)[0]
    rows(cloud).save(OWNER, SONG, SAID, has_artwork=True)
    [song] = songs(cloud)
    assert (song["artworkAt"], song["detailsAt"]) == (READ_AT, READ_AT)
    assert f"{SONG}/artwork-64.webp?" in song["artworkUrl"]


def test_a_song_whose_mix_is_there_has_its_link_before_its_stems(cloud: Cloud, put_song: Any) -> None:
    trigger = event("songs", "get_song")
    put_song(status=Status.PROCESSING, execution_arn="arn:x")
    assert "mixUrl" not in json.loads(cloud.call("songs", "get_song", trigger)["body"])
    put_song(status=Status.PROCESSING, execution_arn="arn:x", mix_at=READ_AT)
    song = json.loads(cloud.call("songs", "get_song", trigger)["body"])
    assert f"{SONG}/mix.mp3?" in song["mixUrl"]
    assert song["mixAt"] == READ_AT
    assert "stems" not in song


@pytest.mark.parametrize("song_id", ["01J9ZQ4X5V8K2M3N4P5Q6R7S9A", "nope", ".."])
def test_another_persons_song_and_no_song_look_alike(cloud: Cloud, put_song: Any, song_id: str) -> None:
    put_song(user_id=STRANGER, song_id="01J9ZQ4X5V8K2M3N4P5Q6R7S9A", status=Status.COMPLETED)
    assert ask(cloud, song_id)[0] == 404


def test_details_of_a_song_that_is_gone_are_not_written(cloud: Cloud) -> None:
    assert not rows(cloud).save(OWNER, SONG, SAID, has_artwork=True)
    assert cloud.row() is None
    assert rows(cloud).get(OWNER, SONG) == Details()


def test_a_value_that_cannot_be_read_is_left_out(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.QUEUED, queued_at=READ_AT)
    rows(cloud).save(OWNER, SONG, SAID, has_artwork=False)
    cloud.db.update_item(
        TableName=TABLE,
        Key={"userId": {"S": OWNER}, "songId": {"S": SONG}},
        UpdateExpression="SET #y = :y",
        ExpressionAttributeNames={"#y": "year"},
        ExpressionAttributeValues={":y": {"S": "long ago"}},
    )
    status, details = ask(cloud)
    assert (status, details["year"], details["genre"]) == (200, None, "Rock")


def test_details_go_with_their_song_and_with_the_person(
    cloud: Cloud, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "01J9ZQ4X5V8K2M3N4P5Q6R7S9A"
    for song_id in (SONG, other):
        put_song(song_id=song_id, status=Status.COMPLETED)
        rows(cloud).save(OWNER, song_id, SAID, has_artwork=False)
    cloud.call("songs", "delete_song", event("songs", "delete_song"))
    assert set(rows(cloud).find(OWNER, [SONG, other])) == {other}
    monkeypatch.setattr("unplugd.aws.people.UserPool.remove", lambda *_: None)
    cloud.call("account", "delete_account", event("account", "delete_account"))
    assert rows(cloud).find(OWNER, [SONG, other]) == {}


def test_what_a_delete_could_not_remove_is_swept(
    cloud: Cloud, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_song(status=Status.COMPLETED)
    rows(cloud).save(OWNER, SONG, SAID, has_artwork=False)
    with monkeypatch.context() as patch:
        from unplugd.kernel.errors import Transient

        def fail(*_: Any, **__: Any) -> bool:
            raise Transient("not now")

        patch.setattr(DetailsTable, "remove", fail)
        cloud.call("songs", "delete_song", event("songs", "delete_song"))
    assert SONG in rows(cloud).find(OWNER, [SONG])
    cloud.call("account", "sweep_deleted", event("account", "sweep_deleted"))
    assert rows(cloud).find(OWNER, [SONG]) == {}


def test_an_export_has_the_details(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.COMPLETED)
    rows(cloud).save(OWNER, SONG, SAID, has_artwork=True)
    page = json.loads(cloud.call("account", "export_account", event("account", "export_account"))["body"])
    assert page["data"][0]["details"]["year"] == 1997
    assert page["data"][0]["details"]["readAt"] == READ_AT
