"""Songs start in the order in which they joined the queue, however long the functions around that take."""

from __future__ import annotations

import importlib
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud, event
from tests.handlers.processing.starting import arn, ended, wake
from tests.handlers.uploads.test_validate_upload import wav
from unplugd.aws.queue_index import QueueIndex
from unplugd.aws.slots import SlotTable
from unplugd.domain.files import upload_key
from unplugd.domain.song import LyricsStatus, Status
from unplugd.kernel.clock import to_iso

SLOW, QUICK, OTHERS = "01J9ZQ4X5V8K2M3N4P5Q6R7S8A", "01J9ZQ4X5V8K2M3N4P5Q6R7S8B", "01J9ZQ4X5V8K2M3N4P5Q6R7S8C"


@pytest.fixture(autouse=True)
def one_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHOSEN, "MAX_CONCURRENT_SONGS", "1")


class Clock:
    """The clock of every function. It moves when a test lets it, as on a machine that is stuck in between."""

    def __init__(self) -> None:
        self._now = datetime.fromisoformat("2026-01-31T08:00:00+00:00")

    def __call__(self) -> datetime:
        self._now += timedelta(milliseconds=1)
        return self._now

    def pass_a_second(self) -> None:
        self._now += timedelta(seconds=1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for handler in (
        "uploads.handlers.validate_upload",
        "processing.handlers.start_processing",
        "songs.handlers.retry_song",
        "lyrics.handlers.put_lyrics",
    ):
        importlib.import_module(f"unplugd.{handler}")
        monkeypatch.setattr(f"unplugd.{handler}.utc_now", clock)
    return clock


def row(cloud: Cloud, song_id: str) -> dict[str, Any]:
    return cloud.row(song_id) or {}


def check_order(cloud: Cloud, first: str, second: str) -> None:
    """Queued first, started first: of two songs whose rows are read."""
    before, after = row(cloud, first), row(cloud, second)
    assert before["queuedAt"] < after["queuedAt"]
    assert before["startedAt"] < after["startedAt"]


def end(cloud: Cloud, song_id: str) -> None:
    """The execution of a song ends well, and the starter is woken."""
    cloud.db.update_item(
        TableName=CHOSEN["SONGS_TABLE"],
        Key={"userId": {"S": OWNER}, "songId": {"S": song_id}},
        UpdateExpression="SET #status = :done REMOVE #line, lineKey",
        ExpressionAttributeNames={"#status": "status", "#line": "line"},
        ExpressionAttributeValues={":done": {"S": "COMPLETED"}},
    )
    cloud.sfn.stop_execution(executionArn=arn(song_id))
    wake(cloud, ended(arn(song_id)))


def joins(cloud: Cloud, put_song: Any, now: Clock, song_id: str, **fields: Any) -> None:
    put_song(song_id=song_id, status=Status.QUEUED, attempt=1, queued_at=to_iso(now()), **fields)


def validate(cloud: Cloud) -> None:
    key = upload_key(OWNER, SLOW, "song.mp3")
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=key, Body=wav(2.0))
    trigger = event("uploads", "validate_upload")
    trigger["detail"]["object"] |= {"key": key, "size": len(wav(2.0))}
    cloud.call("uploads", "validate_upload", trigger)


def retry(cloud: Cloud) -> None:
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=upload_key(OWNER, SLOW, "song.mp3"), Body=b"x")
    call = event("songs", "retry_song")
    call["pathParameters"]["songId"] = SLOW
    assert cloud.call("songs", "retry_song", call)["statusCode"] == 202


def give_words(cloud: Cloud) -> None:
    call = event("lyrics", "put_lyrics")
    call["pathParameters"]["songId"] = SLOW
    body = {"version": 0, "source": "supplied", "text": "Words without times"}
    call["body"] = json.dumps(body)
    assert cloud.call("lyrics", "put_lyrics", call)["statusCode"] == 200


def end_run_that_owes_another(cloud: Cloud) -> None:
    lease = {
        "slotId": "slot-0",
        "userId": OWNER,
        "songId": SLOW,
        "executionArn": arn(SLOW),
        "leasedAt": "2026-01-31T07:59:00.000Z",
    }
    item = {name: {"S": value} for name, value in lease.items()} | {"attempt": {"N": "1"}}
    cloud.db.put_item(TableName=CHOSEN["SLOTS_TABLE"], Item=item)
    wake(cloud, ended(arn(SLOW)))


COMPLETE = {"status": Status.COMPLETED, "attempt": 1, "lyrics_status": LyricsStatus.READY}
WRITERS = {
    "validate_upload": (validate, {}),
    "retry_song": (retry, {"status": Status.FAILED, "attempt": 1}),
    "put_lyrics": (give_words, COMPLETE),
    "starter": (end_run_that_owes_another, COMPLETE | {"lyrics_text_version": 1}),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_slow_function_takes_no_earlier_place(
    cloud: Cloud,
    put_song: Any,
    sent: Any,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    writer: str,
) -> None:
    """While it is at work another song joins the queue, and starts. Its own song joins after that one."""
    call, fields = WRITERS[writer]
    put_song(song_id=SLOW, **fields)
    place, others = QueueIndex.place, [QUICK]

    def slow(*args: Any) -> int:
        if others:
            clock.pass_a_second()
            joins(cloud, put_song, clock, others.pop())
            clock.pass_a_second()
            if writer != "starter":
                wake(cloud)
        return place(*args)

    monkeypatch.setattr(QueueIndex, "place", slow)
    call(cloud)
    wake(cloud)
    end(cloud, QUICK)
    check_order(cloud, QUICK, SLOW)


def test_a_slow_starter_notes_when_it_starts_a_song(
    cloud: Cloud, put_song: Any, sent: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is at work another starter starts a song, which ends. Its own song starts after that one."""
    running, once = QueueIndex.running, [True]
    joins(cloud, put_song, clock, QUICK)

    def slow(self: QueueIndex) -> Any:
        if once and once.pop():
            clock.pass_a_second()
            wake(cloud)
            end(cloud, QUICK)
            joins(cloud, put_song, clock, SLOW)
        return running(self)

    monkeypatch.setattr(QueueIndex, "running", slow)
    wake(cloud)
    check_order(cloud, QUICK, SLOW)


def test_a_slow_starter_gives_no_person_two_turns(
    cloud: Cloud, put_song: Any, sent: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person joins the queue while it is at work, before it starts a song of another: that person is next."""
    free, once = SlotTable.free, [True]
    joins(cloud, put_song, clock, QUICK)
    joins(cloud, put_song, clock, SLOW)

    def slow(*args: Any) -> Any:
        if once and once.pop():
            clock.pass_a_second()
            joins(cloud, put_song, clock, OTHERS, user_id=STRANGER)
            clock.pass_a_second()
        return free(*args)

    monkeypatch.setattr(SlotTable, "free", slow)
    wake(cloud)
    end(cloud, QUICK)
    assert row(cloud, SLOW)["status"] == "QUEUED"
    assert (cloud.row(OTHERS, STRANGER) or {})["status"] == "PROCESSING"
