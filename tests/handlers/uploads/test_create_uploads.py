"""POST /songs/upload-urls: many files at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud, event
from unplugd.aws.pending_rows import PendingRows
from unplugd.aws.usage import USED
from unplugd.domain.song import Song, Status
from unplugd.kernel.clock import to_iso
from unplugd.kernel.errors import AppError
from unplugd.kernel.ids import new_song_id

GOOD = {"filename": "Song.mp3", "contentType": "audio/mpeg", "sizeBytes": 1234}
NOW = datetime(2026, 1, 31, 8, 20, tzinfo=UTC)


def ask(cloud: Cloud, files: Any) -> tuple[int, Any]:
    trigger = event("uploads", "create_uploads")
    trigger["body"] = json.dumps({"files": files})
    answer = cloud.call("uploads", "create_uploads", trigger)
    return answer["statusCode"], json.loads(answer["body"])


def rows(cloud: Cloud) -> list[dict[str, Any]]:
    """The songs."""
    items = cloud.db.scan(TableName=CHOSEN["SONGS_TABLE"])["Items"]
    return [item for item in items if not item["userId"]["S"].startswith("#")]


def test_each_file_gets_its_own_song_and_link_in_order(cloud: Cloud) -> None:
    status, body = ask(cloud, [{**GOOD, "filename": f"{n}.mp3"} for n in range(25)])
    assert status == 207
    assert [one["status"] for one in body["data"]] == [201] * 25
    assert len({one["songId"] for one in body["data"]}) == 25
    for n, one in enumerate(body["data"]):
        assert f"/{OWNER}/{one['songId']}/{n}.mp3?" in one["uploadUrl"]
        assert (cloud.row(one["songId"]) or {})["fileName"] == f"{n}.mp3"


def test_what_is_wrong_with_one_file_costs_the_others_nothing(cloud: Cloud) -> None:
    bad = [{**GOOD, "contentType": "video/mp4"}, {**GOOD, "sizeBytes": 51 * 1024**2}, {}, "song.mp3", None]
    bad.append({**GOOD, "owner": "me"})
    status, body = ask(cloud, [GOOD, *bad, GOOD])
    assert status == 207
    assert [one["status"] for one in body["data"]] == [201, 415, 413, 400, 400, 400, 400, 201]
    assert [one.get("error") for one in body["data"]][1:4] == [
        "unsupported_type",
        "too_large",
        "invalid_request",
    ]
    assert {fault["field"] for fault in body["data"][3]["details"]} == {
        "filename",
        "contentType",
        "sizeBytes",
    }
    assert len(rows(cloud)) == 2


def test_the_same_file_twice_is_two_promises(cloud: Cloud) -> None:
    """Which of them is the song is known only when the bytes are here; the check then names the other (`sameAs`)."""
    _, body = ask(cloud, [GOOD, GOOD])
    assert len({one["songId"] for one in body["data"]}) == 2


@pytest.mark.parametrize("files", [None, [], "x", {}, [GOOD] * 26, 3], ids=str)
def test_no_list_of_1_to_25_is_refused_as_a_whole(cloud: Cloud, files: Any) -> None:
    status, body = ask(cloud, files)
    assert (status, body["error"]) == (400, "invalid_request")
    assert rows(cloud) == []


@pytest.mark.parametrize(
    ("filename", "kept"),
    [
        ("🎸🎵.mp3", "🎸🎵.mp3"),
        ("שיר \u202evaw.wav", "שיר vaw.wav"),
        ("a\x00b.mp3", "ab.mp3"),
        ("x" * 300 + ".mp3", "x" * 300 + ".mp3"),
        ("Cafe\u0301.mp3", "Caf\u00e9.mp3"),
        ("../../etc/passwd.mp3", "passwd.mp3"),
        ("..", ".."),
        ("\ud800a\udfff.mp3", "a.mp3"),
    ],
)
def test_hostile_names_are_kept_without_what_misleads(cloud: Cloud, filename: str, kept: str) -> None:
    _, body = ask(cloud, [{**GOOD, "filename": filename}])
    (one,) = body["data"]
    assert one["status"] == 201
    row = cloud.row(one["songId"]) or {}
    assert row["fileName"] == kept
    assert len(row["nameKey"]) == 32
    assert row["s3Key"].count("/") == 3
    assert ".." not in row["s3Key"].split("/")


def test_the_quota_is_counted_file_by_file(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unplugd.uploads.rules.MAX_PENDING", 7)
    assert [one["status"] for one in ask(cloud, [GOOD] * 5)[1]["data"]] == [201] * 5
    _, body = ask(cloud, [GOOD] * 5)
    assert [one["status"] for one in body["data"]] == [201] * 2 + [429] * 3
    assert {one["error"] for one in body["data"][2:]} == {"too_many"}
    assert len(rows(cloud)) == 7


def song(owner: str) -> Song:
    stamp = to_iso(NOW)
    return Song(owner, new_song_id(), Status.PENDING_UPLOAD, stamp, stamp, ttl=int(NOW.timestamp()) + 3600)


class OneByOne:
    """A client whose calls happen one after the other, as they do in DynamoDB and not in moto."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        def call(**asked: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**asked)

        return call


def test_calls_that_race_take_all_the_room_and_no_more(cloud: Cloud) -> None:
    """Eight callers with 20 files each, and room for 50: one answer each, and never a row too many."""
    pending = PendingRows(OneByOne(cloud.db), CHOSEN["SONGS_TABLE"])
    now = int(NOW.timestamp())

    def announce(_: int) -> int:
        return sum(pending.create([song(OWNER) for _ in range(5)], limit=50, now=now) for _ in range(4))

    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(announce, range(8)))
    assert taken == len(rows(cloud)) == 50


@pytest.mark.parametrize(
    "between", ["another call adds one", "another call counts", "the number cannot be read"]
)
def test_a_count_that_is_out_of_date_is_not_written(cloud: Cloud, between: str) -> None:
    """The songs are counted while another call is faster: what this one counted must not lower the number."""
    pending = PendingRows(cloud.db, CHOSEN["SONGS_TABLE"])
    now = int(NOW.timestamp())
    assert pending.create([song(OWNER), song(OWNER)], limit=4, now=now) == 2
    if between == "the number cannot be read":
        item = {"userId": {"S": USED + OWNER}, "songId": {"S": "pending"}, "promised": {"S": "many"}}
        cloud.db.put_item(TableName=CHOSEN["SONGS_TABLE"], Item=item)
    count: Callable[..., int] = pending._promised
    others = PendingRows(cloud.db, CHOSEN["SONGS_TABLE"])
    done: list[int] = []

    def counted(owner: str, at: int) -> int:
        found = count(owner, at)
        if not done and between == "another call adds one":
            done.append(others.create([song(OWNER)], limit=4, now=at))
        if not done and between == "another call counts":
            done.append(others.create([song(OWNER) for _ in range(3)], limit=4, now=at + 100))
        return found

    pending._promised = counted  # type: ignore[method-assign]
    assert pending.create([song(OWNER) for _ in range(3)], limit=4, now=now + 50) in (0, 1, 2)
    assert len(rows(cloud)) == 4
    assert others.create([song(OWNER)], limit=4, now=now + 200) == 0


def test_files_that_arrived_make_room_and_anothers_take_none(
    cloud: Cloud, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unplugd.uploads.rules.MAX_PENDING", 2)
    monkeypatch.setattr("unplugd.aws.pending_rows.COUNTED_LATELY_S", 0)
    put_song(user_id=STRANGER, song_id=new_song_id())
    _, body = ask(cloud, [GOOD, GOOD, GOOD])
    assert [one["status"] for one in body["data"]] == [201, 201, 429]
    put_song(song_id=body["data"][0]["songId"], status=Status.COMPLETED, attempt=1)
    assert [one["status"] for one in ask(cloud, [GOOD, GOOD])[1]["data"]] == [201, 429]


def test_a_lost_answer_costs_no_more_than_that_room(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The transaction took effect, and the call is tried again by botocore: the rows are there once."""
    ask(cloud, [GOOD])
    cloud.lost_answers.append("before-send.dynamodb.TransactWriteItems")
    status, body = ask(cloud, [GOOD, GOOD])
    assert status in (207, 503)
    assert len(rows(cloud)) <= 5
    assert body


def test_a_refusal_is_an_error_of_this_api(cloud: Cloud) -> None:
    _, body = ask(cloud, [{**GOOD, "sizeBytes": True}])
    (one,) = body["data"]
    assert (one["status"], one["error"]) == (AppError.status, AppError.code)
    assert one["message"] == "sizeBytes must be a whole number"


def test_songs_a_day_are_counted_file_by_file_too(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHOSEN, "SONGS_A_DAY", "3")
    assert [one["status"] for one in ask(cloud, [GOOD, {}, GOOD])[1]["data"]] == [201, 400, 201]
    _, body = ask(cloud, [GOOD, GOOD])
    assert [one["status"] for one in body["data"]] == [201, 429]
    assert (body["data"][1]["error"], bool(body["data"][1]["endsAt"])) == ("quota_used", True)
    assert len(rows(cloud)) == 3


def test_a_file_without_room_uses_nothing_of_the_day(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHOSEN, "SONGS_A_DAY", "3")
    monkeypatch.setattr("unplugd.uploads.rules.MAX_PENDING", 1)
    monkeypatch.setattr("unplugd.aws.pending_rows.COUNTED_LATELY_S", 0)
    _, body = ask(cloud, [GOOD] * 4)
    assert [one["status"] for one in body["data"]] == [201, 429, 429, 429]
    monkeypatch.setattr("unplugd.uploads.rules.MAX_PENDING", 4)
    assert [one["status"] for one in ask(cloud, [GOOD] * 2)[1]["data"]] == [201, 201]
