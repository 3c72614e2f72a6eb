"""Sweepers, validator, states and connections skip rows that they cannot read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, STRANGER, Cloud, event
from tests.handlers.unreadable.conftest import Spoil, some_changes
from unplugd.domain.files import output_prefix, upload_key
from unplugd.domain.song import Status
from unplugd.kernel.errors import Conflict

Frames = list[tuple[str, dict[str, Any]]]
OTHER = "01J9ZQ4X5V8K2M3N4P5Q6R7S9A"


@some_changes
def test_the_sweep_of_uploads_goes_on_behind_a_bad_row(
    cloud: Cloud, put_song: Any, spoil: Spoil, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for song_id in (SONG, OTHER):
        put_song(song_id=song_id, status=Status.COMPLETED)
        key = upload_key(OWNER, song_id, "song.mp3")
        cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=key, Body=b"x")
    spoil(change)
    later = datetime.now(UTC) + timedelta(minutes=4)
    monkeypatch.setattr("unplugd.uploads.handlers.sweep_uploads.utc_now", lambda: later)
    cloud.call("uploads", "sweep_uploads", event("uploads", "sweep_uploads"))
    assert cloud.keys("UPLOADS_BUCKET") == [upload_key(OWNER, SONG, "song.mp3")]


@some_changes
def test_the_validator_leaves_the_file_of_a_bad_row(
    cloud: Cloud, put_song: Any, sent: Frames, spoil: Spoil, change: dict[str, Any]
) -> None:
    """Neither refused nor retried: once the row can be read, the sweeper announces the file again."""
    put_song()
    spoil(change)
    key = upload_key(OWNER, SONG, "song.mp3")
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=key, Body=b"x")
    trigger = event("uploads", "validate_upload")
    trigger["detail"]["object"] |= {"key": key, "size": 1}
    cloud.call("uploads", "validate_upload", trigger)
    assert cloud.keys("UPLOADS_BUCKET") == [key]
    assert cloud.wake_ups() == 0


@some_changes
@pytest.mark.parametrize("name", ["mark_completed", "mark_failed", "send_notification"])
def test_a_state_refuses_a_bad_row_and_changes_nothing(
    cloud: Cloud, put_song: Any, sent: Frames, spoil: Spoil, change: dict[str, Any], name: str
) -> None:
    put_song(status=Status.PROCESSING, attempt=1)
    spoil(change)
    before = cloud.row()
    with pytest.raises(Conflict, match="cannot be read"):
        cloud.call("processing", name, event("processing", name))
    assert cloud.row() == before


@some_changes
def test_progress_of_a_bad_row_is_dropped(
    cloud: Cloud, put_song: Any, sent: Frames, spoil: Spoil, change: dict[str, Any]
) -> None:
    put_song(status=Status.PROCESSING, attempt=1, started_at="2026-01-31T08:15:00.000Z")
    spoil(change)
    answer = cloud.call("processing", "send_progress", event("processing", "send_progress"))
    assert answer == {"stored": False}


def add_tombstone(cloud: Cloud, key: str, **attributes: Any) -> None:
    """A tombstone, with the attributes that it has."""
    item = {"userId": {"S": "#deleted"}, "songId": {"S": key}, **attributes}
    cloud.db.put_item(TableName=CHOSEN["SONGS_TABLE"], Item=item)


def sweep(cloud: Cloud) -> int:
    return int(cloud.call("account", "sweep_deleted", event("account", "sweep_deleted"))["tombstones"])


LONG_AGO = {"S": "2020-01-31T08:00:00.000Z"}


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"deletedAt": LONG_AGO},
        {"owner": {"N": "1"}, "deletedAt": LONG_AGO},
        {"owner": {"S": STRANGER}, "deletedAt": {"N": "1"}},
        {"owner": {"S": STRANGER}, "deletedAt": {"S": "yesterday"}},
        {"owner": {"S": STRANGER}, "deletedAt": {"S": "2020-01-31"}},
    ],
)
def test_a_tombstone_that_cannot_be_read_stops_no_sweep(
    cloud: Cloud, counted: list[float], bad: dict[str, Any]
) -> None:
    add_tombstone(cloud, SONG, **bad)
    add_tombstone(cloud, OTHER, owner={"S": OWNER}, deletedAt=LONG_AGO)
    key = f"{output_prefix(OWNER, OTHER)}late.wav"
    cloud.s3.put_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=key, Body=b"x")
    sweep(cloud)
    assert cloud.keys("OUTPUT_BUCKET") == []
    assert cloud.row(SONG, owner="#deleted") is not None  # for the operator
    assert cloud.row(OTHER, owner="#deleted") is None
    assert sum(counted) >= 1


def test_a_tombstone_without_a_time_is_still_swept(cloud: Cloud) -> None:
    add_tombstone(cloud, SONG, owner={"S": OWNER})
    key = f"{output_prefix(OWNER, SONG)}late.wav"
    cloud.s3.put_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=key, Body=b"x")
    assert sweep(cloud) == 1
    assert cloud.keys("OUTPUT_BUCKET") == []


def test_an_accounts_tombstone_names_its_owner_by_its_key(cloud: Cloud, put_song: Any) -> None:
    put_song()
    add_tombstone(cloud, f"account#{OWNER}")
    sweep(cloud)
    assert cloud.row() is None


@pytest.mark.parametrize("after", [{}, {"after": {"N": "7"}}])
def test_an_unreadable_cursor_begins_the_sweep_again(cloud: Cloud, after: dict[str, Any]) -> None:
    item = {"userId": {"S": "#swept"}, "songId": {"S": "last"}, **after}
    cloud.db.put_item(TableName=CHOSEN["SONGS_TABLE"], Item=item)
    add_tombstone(cloud, SONG, owner={"S": OWNER}, deletedAt=LONG_AGO)
    assert sweep(cloud) == 0


@some_changes
def test_a_deleted_person_with_a_bad_row_is_swept(
    cloud: Cloud, put_song: Any, spoil: Spoil, change: dict[str, Any]
) -> None:
    put_song()
    spoil(change)
    add_tombstone(cloud, f"account#{OWNER}", owner={"S": OWNER}, deletedAt=LONG_AGO)
    assert sweep(cloud) == 1
    assert cloud.row() is None


@pytest.mark.parametrize("ttl", [None, {"S": "soon"}, {"N": "1.5"}])
def test_a_connection_that_cannot_be_read_is_closed(
    cloud: Cloud, sent: Frames, closed: list[str], ttl: Any
) -> None:
    """Its client connects again, which writes a good row."""
    trigger = event("realtime", "ping")
    name = trigger["requestContext"]["connectionId"]
    item = {"connectionId": {"S": name}, "userId": {"S": OWNER}} | ({"ttl": ttl} if ttl else {})
    cloud.db.put_item(TableName=CHOSEN["CONNECTIONS_TABLE"], Item=item)
    trigger["body"] = json.dumps({"action": "ping"})
    assert cloud.call("realtime", "ping", trigger)["statusCode"] == 200
    assert (sent, closed) == ([], [name])
