"""GET /account/usage, and the quotas that it shows: the link, the check of the file, the retry, and the end."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud, event
from unplugd.domain.files import upload_key
from unplugd.domain.song import Status
from unplugd.uploads.model import Probe

GOOD = {"filename": "Song.mp3", "contentType": "audio/mpeg", "sizeBytes": 1234}
KEY = upload_key(OWNER, SONG, "song.mp3")


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    from unplugd.uploads.handlers import validate_upload

    monkeypatch.setitem(CHOSEN, "SONGS_A_DAY", "2")
    monkeypatch.setitem(CHOSEN, "MINUTES_A_MONTH", "10")
    found = Probe(duration_s=240.0, peak=0.5, format="mp3")
    monkeypatch.setattr(validate_upload, "probe", lambda _: found)


def ask(cloud: Cloud, room: str, name: str, body: Any = None) -> tuple[int, Any]:
    trigger = event(room, name)
    if body is not None:
        trigger["body"] = json.dumps(body)
    answer = cloud.call(room, name, trigger)
    return answer["statusCode"], json.loads(answer["body"])


def arrive(cloud: Cloud, times: int = 1) -> dict[str, Any]:
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=KEY, Body=b"sound")
    trigger = event("uploads", "validate_upload")
    trigger["detail"]["object"] |= {"key": KEY, "size": 5}
    for _ in range(times):
        cloud.call("uploads", "validate_upload", copy.deepcopy(trigger))
    return cloud.row() or {}


def used(cloud: Cloud) -> tuple[int, int]:
    status, body = ask(cloud, "account", "get_usage")
    assert status == 200
    return body["songsToday"]["used"], body["minutesThisMonth"]["used"]


def test_a_song_too_many_is_refused_with_the_time_it_ends(cloud: Cloud) -> None:
    assert [ask(cloud, "uploads", "create_upload", GOOD)[0] for _ in range(2)] == [201, 201]
    status, body = ask(cloud, "uploads", "create_upload", GOOD)
    assert (status, body["error"]) == (429, "quota_used")
    assert body["message"] == "You may add 2 songs a day. You can add more after midnight (UTC)."
    assert body["endsAt"].endswith("T00:00:00.000Z")
    assert used(cloud) == (2, 0)


def test_minutes_count_once_however_often_the_event_comes(cloud: Cloud, put_song: Any, sent: Any) -> None:
    put_song()
    assert arrive(cloud, times=3)["status"] == "QUEUED"
    assert used(cloud) == (0, 4)


def test_a_song_beyond_the_minutes_is_refused_and_leaves_them(
    cloud: Cloud, put_song: Any, sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHOSEN, "MINUTES_A_MONTH", "3")
    put_song()
    row = arrive(cloud)
    assert (row["status"], row["errorCode"]) == ("FAILED", "QUOTA_USED")
    assert row["errorMessage"].startswith("You may have 3 minutes of music processed a month")
    assert used(cloud) == (0, 0)
    assert cloud.keys("UPLOADS_BUCKET") == []


def test_a_retry_counts_again_and_a_second_click_does_not(cloud: Cloud, put_song: Any, sent: Any) -> None:
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=KEY, Body=b"x")
    failed = {"status": Status.FAILED, "attempt": 1, "seq": 6, "duration_sec": 240.0}
    put_song(**failed)
    assert [ask(cloud, "songs", "retry_song")[0] for _ in range(2)] == [202, 409]
    assert used(cloud) == (0, 4)
    for attempt in (2, 3):
        put_song(**failed | {"attempt": attempt})
        status, body = ask(cloud, "songs", "retry_song")
    assert (status, body["error"]) == (429, "quota_used")
    assert (cloud.row() or {})["status"] == "FAILED"


def test_without_limits_nothing_is_counted(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHOSEN, "SONGS_A_DAY", "0")
    monkeypatch.setitem(CHOSEN, "MINUTES_A_MONTH", "0")
    assert [ask(cloud, "uploads", "create_upload", GOOD)[0] for _ in range(3)] == [201, 201, 201]
    assert ask(cloud, "account", "get_usage") == (200, {"songsToday": None, "minutesThisMonth": None})
    rows = cloud.db.scan(TableName=CHOSEN["SONGS_TABLE"])["Items"]
    counted = [row for row in rows if row["songId"]["S"] != "pending"]  # what is announced and not sent
    assert {row["userId"]["S"] for row in counted} == {OWNER}


def test_what_was_used_goes_with_the_account(cloud: Cloud) -> None:
    ask(cloud, "uploads", "create_upload", GOOD)
    cloud.call("account", "sweep_deleted", event("account", "sweep_deleted"))
    assert used(cloud) == (1, 0)
    account = {"userId": {"S": "#deleted"}, "songId": {"S": f"account#{OWNER}"}, "owner": {"S": OWNER}}
    cloud.db.put_item(
        TableName=CHOSEN["SONGS_TABLE"], Item=account | {"deletedAt": {"S": "2026-01-31T08:15:00.000Z"}}
    )
    cloud.call("account", "sweep_deleted", event("account", "sweep_deleted"))
    assert used(cloud) == (0, 0)
