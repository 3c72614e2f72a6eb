"""POST /songs/placeholder, and what becomes of a placeholder."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, Cloud, event
from unplugd.uploads.model import Probe

FILE = {"filename": "Söng.flac", "contentType": "audio/flac", "sizeBytes": 77}
DAY = 24 * 3600


def ask(cloud: Cloud, body: Any) -> tuple[int, Any]:
    trigger = event("uploads", "create_placeholder")
    trigger["body"] = json.dumps(body)
    answer = cloud.call("uploads", "create_placeholder", trigger)
    return answer["statusCode"], json.loads(answer["body"])


def send(cloud: Cloud, song_id: str, body: Any) -> tuple[int, Any]:
    """Announce a file for a song."""
    trigger = event("uploads", "renew_upload")
    trigger["pathParameters"] = {"songId": song_id}
    trigger["body"] = None if body is None else json.dumps(body)
    answer = cloud.call("uploads", "renew_upload", trigger)
    return answer["statusCode"], json.loads(answer["body"])


def arrive(cloud: Cloud, key: str) -> None:
    """S3 has an object at `key`, and says so."""
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=key, Body=b"x" * 77)
    trigger = event("uploads", "validate_upload")
    trigger["detail"]["object"] = {"key": key, "size": 77}
    cloud.call("uploads", "validate_upload", trigger)


@pytest.fixture
def good_files(monkeypatch: pytest.MonkeyPatch, sent: Any) -> None:
    found = Probe(format="flac", duration_s=3.0, peak=0.5, title="By its tags", sound_sha256="ab")
    monkeypatch.setattr("unplugd.uploads.handlers.validate_upload.probe", lambda _: found)


def test_it_waits_thirty_days_for_its_file(cloud: Cloud) -> None:
    status, song = ask(cloud, {"title": "One More Time", "artist": "Band", "fileName": "../a/One.mp3"})
    assert status == 201
    assert (song["status"], song["title"], song["artist"]) == ("PENDING_UPLOAD", "One More Time", "Band")
    assert (song["fileName"], song["fileSizeBytes"]) == ("One.mp3", None)
    row = cloud.row(song["songId"]) or {}
    assert int(row["ttl"]) == pytest.approx(time.time() + 30 * DAY, abs=60)
    assert "s3Key" not in row


def test_a_file_that_is_given_later_makes_it_a_song(cloud: Cloud, good_files: None) -> None:
    _, song = ask(cloud, {"title": "One More Time"})
    status, link = send(cloud, song["songId"], FILE)
    assert status == 200
    assert link["headers"]["Content-Type"] == "audio/flac"
    row = cloud.row(song["songId"]) or {}
    assert row["s3Key"] == f"uploads/{OWNER}/{song['songId']}/Söng.flac"
    assert (row["fileName"], row["fileSizeBytes"]) == ("Söng.flac", 77)
    assert int(row["ttl"]) == pytest.approx(time.time() + 30 * DAY, abs=60)
    arrive(cloud, row["s3Key"])
    row = cloud.row(song["songId"]) or {}
    assert (row["status"], row["title"]) == ("QUEUED", "One More Time")
    assert "ttl" not in row


def test_announced_twice_it_is_the_same_song_and_key(cloud: Cloud) -> None:
    _, song = ask(cloud, {"title": "T"})
    first, second = (send(cloud, song["songId"], FILE) for _ in range(2))
    assert (first[0], second[0]) == (200, 200)
    assert first[1]["uploadUrl"].partition("?")[0] == second[1]["uploadUrl"].partition("?")[0]
    assert send(cloud, song["songId"], None)[0] == 200  # by now it knows its file


@pytest.mark.parametrize("body", [None, {}])
def test_without_a_file_there_is_no_link(cloud: Cloud, body: Any) -> None:
    _, song = ask(cloud, {"title": "T"})
    status, answer = send(cloud, song["songId"], body)
    assert (status, answer["error"]) == (400, "invalid_request")
    assert "placeholder" in answer["message"]
    assert {fault["field"] for fault in answer["details"]} == {"filename", "contentType", "sizeBytes"}


@pytest.mark.parametrize(
    ("change", "status"),
    [({"contentType": "video/mp4"}, 415), ({"sizeBytes": 51 * 1024**2}, 413), ({"sizeBytes": 0}, 400)],
)
def test_a_file_that_is_not_taken_leaves_it_a_placeholder(cloud: Cloud, change: Any, status: int) -> None:
    _, song = ask(cloud, {"title": "T"})
    before = cloud.row(song["songId"])
    assert send(cloud, song["songId"], {**FILE, **change})[0] == status
    assert cloud.row(song["songId"]) == before


def test_another_file_takes_the_place_of_the_announced_one(cloud: Cloud, good_files: None) -> None:
    """The first link still works, but what comes by it belongs to no song any more."""
    _, song = ask(cloud, {"title": "T"})
    send(cloud, song["songId"], FILE)
    old = (cloud.row(song["songId"]) or {})["s3Key"]
    assert send(cloud, song["songId"], {**FILE, "filename": "other.flac"})[0] == 200
    arrive(cloud, old)
    row = cloud.row(song["songId"]) or {}
    assert (row["status"], cloud.keys("UPLOADS_BUCKET")) == ("PENDING_UPLOAD", [])
    arrive(cloud, row["s3Key"])
    assert (cloud.row(song["songId"]) or {})["status"] == "QUEUED"


def test_another_file_announced_during_the_check_is_waited_for(
    cloud: Cloud, good_files: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check of the first file ends after the person announced another: the song must not join with the old key."""
    _, song = ask(cloud, {"title": "T"})
    send(cloud, song["songId"], FILE)
    old = (cloud.row(song["songId"]) or {})["s3Key"]
    monkeypatch.setattr("unplugd.uploads.handlers.validate_upload.probe", _announcing(cloud, song["songId"]))
    arrive(cloud, old)
    row = cloud.row(song["songId"]) or {}
    assert row["status"] == "PENDING_UPLOAD"
    assert row["s3Key"].endswith("/other.flac")


def _announcing(cloud: Cloud, song_id: str) -> Any:
    def probe(_: Any) -> Probe:
        key = {"userId": {"S": OWNER}, "songId": {"S": song_id}}
        new = {":k": {"S": f"uploads/{OWNER}/{song_id}/other.flac"}}
        cloud.db.update_item(
            TableName=CHOSEN["SONGS_TABLE"],
            Key=key,
            UpdateExpression="SET s3Key = :k",
            ExpressionAttributeValues=new,
        )
        return Probe(format="flac", duration_s=3.0, peak=0.5)

    return probe


def test_one_whose_file_never_comes_is_gone_after_its_time(cloud: Cloud, put_song: Any) -> None:
    """DynamoDB takes the row away within days of its `ttl`; until then no call finds it."""
    put_song(s3_key=None, ttl=int(time.time()) - 1, file_name="x.mp3")
    song_id = event("uploads", "renew_upload")["pathParameters"]["songId"]
    assert send(cloud, song_id, FILE)[0] == 404
    trigger = event("songs", "look_up_songs")
    trigger["queryStringParameters"] = {"fileName": "x.mp3"}
    assert cloud.call("songs", "look_up_songs", trigger)["statusCode"] == 404


def test_a_file_that_arrives_after_the_row_went_is_removed(cloud: Cloud, good_files: None) -> None:
    _, song = ask(cloud, {"title": "T"})
    send(cloud, song["songId"], FILE)
    key = (cloud.row(song["songId"]) or {})["s3Key"]
    row = {"userId": {"S": OWNER}, "songId": {"S": song["songId"]}}
    cloud.db.delete_item(TableName=CHOSEN["SONGS_TABLE"], Key=row)
    arrive(cloud, key)
    arrive(cloud, key)
    assert (cloud.row(song["songId"]), cloud.keys("UPLOADS_BUCKET")) == (None, [])


def test_placeholders_count_as_pending_uploads(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unplugd.uploads.rules.MAX_PENDING", 2)
    assert [ask(cloud, {"title": "T"})[0] for _ in range(3)] == [201, 201, 429]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": ""},
        {"title": "\u202e\x00"},
        {"title": "x" * 201},
        {"title": ["T"]},
        {"title": "T", "fileName": 3},
        {"title": "T", "fileName": "x" * 17_000},
        {"title": "T", "album": "A"},
    ],
    ids=str,
)
def test_a_bad_body_leaves_nothing(cloud: Cloud, body: Any) -> None:
    status, answer = ask(cloud, body)
    assert (status, answer["error"]) == (400, "invalid_request")
    assert cloud.db.scan(TableName=CHOSEN["SONGS_TABLE"])["Items"] == []


def test_it_counts_for_a_day_when_it_gets_its_link(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHOSEN, "SONGS_A_DAY", "1")
    first, second = (ask(cloud, {"title": "T"})[1]["songId"] for _ in range(2))
    assert [send(cloud, first, FILE)[0] for _ in range(2)] == [200, 200]
    status, answer = send(cloud, second, FILE)
    assert (status, answer["error"]) == (429, "quota_used")
    assert "s3Key" not in (cloud.row(second) or {})
