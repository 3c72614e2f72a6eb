"""POST /songs/upload-url."""

import json
import time
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.cloud import CHOSEN, STRANGER, Cloud, event
from unplugd.domain.song import MAX_TEXT, Status
from unplugd.uploads.rules import MAX_PENDING

GOOD = {"filename": "Song.mp3", "contentType": "audio/mpeg", "sizeBytes": 1234}


def ask(cloud: Cloud, body: Any) -> tuple[int, Any]:
    trigger = event("uploads", "create_upload")
    trigger["body"] = json.dumps(body)
    answer = cloud.call("uploads", "create_upload", trigger)
    return answer["statusCode"], json.loads(answer["body"])


def rows(cloud: Cloud) -> list[dict[str, Any]]:
    items = cloud.db.scan(TableName=CHOSEN["SONGS_TABLE"])["Items"]
    return [item for item in items if not item["userId"]["S"].startswith("#")]


def test_gives_a_link_that_binds_type_length_and_absence(cloud: Cloud) -> None:
    status, body = ask(cloud, {**GOOD, "title": "Tïtle", "model": "preview"})
    assert status == 201
    assert body["expiresIn"] == 900
    assert body["headers"] == {
        "Content-Type": "audio/mpeg",
        "If-None-Match": "*",
        "x-amz-meta-songid": body["songId"],
    }
    query = parse_qs(urlsplit(body["uploadUrl"]).query)
    assert query["X-Amz-SignedHeaders"] == [
        "content-length;content-type;host;if-none-match;x-amz-meta-songid"
    ]
    row = cloud.row(body["songId"]) or {}
    assert (row["status"], row["title"], row["model"], row["fileSizeBytes"]) == (
        "PENDING_UPLOAD",
        "Tïtle",
        "preview",
        1234,
    )
    assert row["ttl"] > 0
    assert "line" not in row


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({**GOOD, "contentType": "video/mp4"}, 415, "unsupported_type"),
        ({**GOOD, "sizeBytes": 50 * 1024 * 1024 + 1}, 413, "too_large"),
        ({**GOOD, "sizeBytes": 0}, 400, "invalid_request"),
        ({**GOOD, "sizeBytes": "1234"}, 400, "invalid_request"),
        ({**GOOD, "sizeBytes": True}, 400, "invalid_request"),
        ({**GOOD, "sizeBytes": 12.5}, 400, "invalid_request"),
        ({**GOOD, "filename": ""}, 400, "invalid_request"),
        ({**GOOD, "model": "mdx"}, 400, "invalid_request"),
        ({**GOOD, "lyricsModel": "huge"}, 400, "invalid_request"),
        ({**GOOD, "userId": "me"}, 400, "invalid_request"),
        ({}, 400, "invalid_request"),
    ],
)
def test_a_refusal_leaves_no_row(cloud: Cloud, body: Any, status: int, error: str) -> None:
    got, answer = ask(cloud, body)
    assert (got, answer["error"]) == (status, error)
    assert answer["message"]
    assert rows(cloud) == []


@pytest.mark.parametrize(
    ("filename", "last"),
    [
        ("../../etc/passwd.mp3", "passwd.mp3"),
        ("C:\\Users\\me\\song.mp3", "song.mp3"),
        ("Ein Lied (live).mp3", "Ein_Lied_live.mp3"),
        ("שיר.mp3", "שיר.mp3"),
        ("हिन्दी.mp3", "हिन्दी.mp3"),
        ("a\x00b\u202egnp.mp3", "abgnp.mp3"),
        ("....", "song"),
        ("/", "song"),
        ("x" * 10_000 + ".mp3", "x" * 116 + ".mp3"),
        ("é" * 5_000, "é" * 59),
    ],
)
def test_a_file_name_becomes_a_safe_key(cloud: Cloud, filename: str, last: str) -> None:
    status, body = ask(cloud, {**GOOD, "filename": filename})
    assert status == 201
    assert unquote(urlsplit(body["uploadUrl"]).path).rsplit("/", 1)[1] == last


def test_one_person_may_announce_so_many_uploads_and_no_more(
    cloud: Cloud, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unplugd.uploads.rules.MAX_PENDING", 2)
    put_song(user_id=STRANGER, song_id="01J9ZQ4X5V8K2M3N4P5Q6R7S9A")  # another's do not count
    put_song(status=Status.COMPLETED, attempt=1)  # nor what has arrived
    assert [ask(cloud, GOOD)[0] for _ in range(3)] == [201, 201, 429]
    status, body = ask(cloud, GOOD)
    assert (status, body["error"]) == (429, "too_many")
    assert body["message"].endswith(".")
    assert len(rows(cloud)) == 4


def test_long_titles_do_not_hide_how_many_are_pending(cloud: Cloud, put_song: Any) -> None:
    """Each of these rows has over 2 KB, and one Query reads 1 MB."""
    long = "\N{GUITAR}" * MAX_TEXT
    put_song(title=long, artist=long, ttl=4102444800)
    (row,) = rows(cloud)
    requests = [
        {"PutRequest": {"Item": row | {"songId": {"S": f"01J9ZQ4X5V8K2M3N4P5Q6R{n:04}"}}}}
        for n in range(MAX_PENDING - 2)
    ]
    for begin in range(0, len(requests), 25):  # as many as one call takes
        cloud.db.batch_write_item(RequestItems={CHOSEN["SONGS_TABLE"]: requests[begin : begin + 25]})
    assert [ask(cloud, GOOD)[0] for _ in range(2)] == [201, 429]


def test_an_upload_whose_time_is_over_does_not_count(
    cloud: Cloud, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB removes expired rows within days, not at once. One with words from a person never expires."""
    monkeypatch.setattr("unplugd.uploads.rules.MAX_PENDING", 2)
    for n in range(5):
        put_song(song_id=f"01J9ZQ4X5V8K2M3N4P5Q6R000{n}", ttl=int(time.time()) - 1)
    put_song()
    assert [ask(cloud, GOOD)[0] for _ in range(2)] == [201, 429]
