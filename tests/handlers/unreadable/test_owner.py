"""What the owner of a song can still do when its row cannot be read: see it, take it away, delete it."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from tests.cloud import CHOSEN, MACHINE, OWNER, SONG, STRANGER, Cloud, event
from tests.handlers.processing.starting import arn, executions, wake
from tests.handlers.unreadable.conftest import Spoil, each_change, some_changes
from unplugd.domain.files import output_prefix, upload_key
from unplugd.domain.song import Status

Frames = list[tuple[str, dict[str, Any]]]
OTHER = "01J9ZQ4X5V8K2M3N4P5Q6R7S9A"  # newer than SONG


def ask(cloud: Cloud, room: str, name: str, query: dict[str, str] | None = None) -> tuple[int, Any]:
    trigger = event(room, name)
    if query is not None:
        trigger["queryStringParameters"] = query
    answer = cloud.call(room, name, trigger)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def songs(cloud: Cloud, put_song: Any) -> None:
    """A complete song to spoil, with files, and another."""
    for song_id in (SONG, OTHER):
        put_song(song_id=song_id, status=Status.COMPLETED, attempt=1, title="Blue", artist="Hers")
        for bucket, key in (
            ("UPLOADS_BUCKET", upload_key(OWNER, song_id, "song.mp3")),
            ("OUTPUT_BUCKET", f"{output_prefix(OWNER, song_id)}drums.wav"),
        ):
            cloud.s3.put_object(Bucket=CHOSEN[bucket], Key=key, Body=b"x")


@each_change
def test_the_list_shows_the_song_as_unreadable(
    cloud: Cloud, songs: None, spoil: Spoil, counted: list[float], change: dict[str, Any]
) -> None:
    spoil(change)
    status, page = ask(cloud, "songs", "list_songs")
    assert status == 200
    assert [(song["songId"], song["status"]) for song in page["data"]] == [
        (OTHER, "COMPLETED"),
        (SONG, "UNREADABLE"),
    ]
    bad = page["data"][1]
    assert bad["title"] == (None if "title" in change else "Blue")
    assert bad["uploadedAt"]
    assert bad["errorMessage"] == (
        "This song's record cannot be read. Contact the operator, or delete the song."
    )
    assert sum(counted) == 1


@pytest.mark.parametrize("query", [{}, {"q": "blue"}, {"status": "COMPLETED"}])
def test_pages_go_on_behind_unreadable_songs(
    cloud: Cloud, put_song: Any, spoil: Spoil, query: dict[str, str]
) -> None:
    ids = [f"01J9ZQ4X5V8K2M3N4P5Q6R7S{n:02d}" for n in range(9)]
    for n, song_id in enumerate(ids):
        put_song(song_id=song_id, status=Status.COMPLETED, title="Blue")
        if n not in (0, 8):
            spoil({"attempt": {"S": "1"}}, song_id)
    seen: list[tuple[str, str]] = []
    asked = query | {"limit": "2"}
    while True:
        status, page = ask(cloud, "songs", "list_songs", asked)
        assert status == 200
        seen += [(song["songId"], song["status"]) for song in page["data"]]
        if page["nextCursor"] is None:
            break
        asked["cursor"] = page["nextCursor"]
    assert [song_id for song_id, _ in seen] == ids[::-1]
    assert [song_id for song_id, status in seen if status != "UNREADABLE"] == [ids[8], ids[0]]


@some_changes
def test_a_single_song_is_shown_as_unreadable(
    cloud: Cloud, songs: None, spoil: Spoil, change: dict[str, Any]
) -> None:
    spoil(change)
    status, song = ask(cloud, "songs", "get_song")
    assert (status, song["status"], song["songId"]) == (200, "UNREADABLE", SONG)


@some_changes
@pytest.mark.parametrize(
    ("room", "name"),
    [
        ("songs", "update_song"),
        ("songs", "retry_song"),
        ("songs", "cancel_song"),
        ("lyrics", "get_lyrics"),
        ("lyrics", "put_lyrics"),
        ("uploads", "renew_upload"),
    ],
)
def test_changes_are_409_with_a_sentence(
    cloud: Cloud, songs: None, spoil: Spoil, change: dict[str, Any], room: str, name: str
) -> None:
    spoil(change)
    status, body = ask(cloud, room, name)
    assert (status, body["error"]) == (409, "conflict")
    assert body["message"].startswith("This song's record cannot be read.")


@some_changes
def test_the_export_has_its_files_and_says_unreadable(
    cloud: Cloud, songs: None, spoil: Spoil, change: dict[str, Any]
) -> None:
    spoil(change)
    status, page = ask(cloud, "account", "export_account")
    assert status == 200
    (bad,) = [entry for entry in page["data"] if entry["song"]["songId"] == SONG]
    assert bad["song"]["status"] == "UNREADABLE"
    assert sorted(bad["files"]) == ["drums.wav", "original/song.mp3"]


@some_changes
def test_the_song_can_be_deleted_with_its_files(
    cloud: Cloud, songs: None, spoil: Spoil, change: dict[str, Any]
) -> None:
    spoil(change)
    assert ask(cloud, "songs", "delete_song") == (200, {"deleted": True})
    assert cloud.row() is None
    assert (cloud.row(owner="#deleted") or {})["owner"] == OWNER
    assert not [key for key in cloud.keys("UPLOADS_BUCKET") + cloud.keys("OUTPUT_BUCKET") if SONG in key]
    assert cloud.row(OTHER) is not None
    assert ask(cloud, "songs", "delete_song")[0] == 404


def test_a_bad_row_that_waits_can_be_deleted(cloud: Cloud, put_song: Any, spoil: Spoil) -> None:
    """It cannot be cancelled first."""
    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z", attempt=1)
    spoil({"lyricsStatus": {"S": "TRANSLATED"}})
    assert ask(cloud, "songs", "delete_song") == (200, {"deleted": True})


def test_what_runs_for_a_deleted_bad_row_is_stopped(
    cloud: Cloud, put_song: Any, sent: Frames, spoil: Spoil
) -> None:
    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z", attempt=1)
    wake(cloud)
    assert executions(cloud) == [f"{SONG}-1"]
    spoil({"attempt": {"S": "1"}})
    assert ask(cloud, "songs", "delete_song") == (200, {"deleted": True})
    wake(cloud)
    assert cloud.sfn.describe_execution(executionArn=arn(SONG))["status"] == "ABORTED"


@some_changes
def test_an_account_with_a_bad_row_can_be_deleted(
    cloud: Cloud,
    songs: None,
    put_song: Any,
    spoil: Spoil,
    change: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cognito = boto3.client("cognito-idp")
    pool_id = cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
    cognito.admin_create_user(UserPoolId=pool_id, Username=OWNER)
    monkeypatch.setitem(CHOSEN, "USER_POOL_ID", pool_id)
    put_song(user_id=STRANGER, song_id=OTHER, status=Status.COMPLETED)
    cloud.sfn.start_execution(stateMachineArn=MACHINE, name=f"{SONG}-1")
    put_song(status=Status.PROCESSING, attempt=1, execution_arn=arn(SONG))
    spoil(change)
    assert ask(cloud, "account", "delete_account") == (200, {"deleted": True})
    rows = cloud.db.scan(TableName=CHOSEN["SONGS_TABLE"])["Items"]
    assert sorted(row["userId"]["S"] for row in rows) == ["#deleted", STRANGER]
    assert cloud.keys("UPLOADS_BUCKET") + cloud.keys("OUTPUT_BUCKET") == []
    assert cloud.sfn.describe_execution(executionArn=arn(SONG))["status"] == "ABORTED"
    assert cognito.list_users(UserPoolId=pool_id)["Users"] == []


@pytest.mark.parametrize("name", [{"N": "1"}, {"S": "not an arn"}])
def test_an_unreadable_execution_does_not_block_deletion(
    cloud: Cloud, put_song: Any, spoil: Spoil, name: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool_id = boto3.client("cognito-idp").create_user_pool(PoolName="people")["UserPool"]["Id"]
    monkeypatch.setitem(CHOSEN, "USER_POOL_ID", pool_id)
    put_song(status=Status.PROCESSING, attempt=1, execution_arn="x")
    spoil({"executionArn": name})
    assert ask(cloud, "account", "delete_account") == (200, {"deleted": True})
    assert cloud.row() is None
