"""The source `current`: rows of the measure queue become jobs of songs, and the ends of these jobs end the rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud, event
from tests.handlers.measurement.conftest import MEASURED
from tests.handlers.processing.starting import arn, ended, slots, wake
from unplugd.aws.measure_queue import MeasureQueue
from unplugd.aws.measuring_rows import MeasuringRows
from unplugd.aws.queue_index import QueueIndex
from unplugd.aws.queues import WakeQueue
from unplugd.domain.measure_queue import (
    CURRENT,
    HANDED_OVER_S,
    Again,
    Final,
    HandedOver,
    Outcome,
    Pause,
    Row,
    State,
    Values,
)
from unplugd.domain.song import LyricsStatus, MeasureStatus, Status
from unplugd.kernel.clock import utc_now
from unplugd.kernel.errors import Conflict, Transient
from unplugd.measurement import current
from unplugd.measurement.current import Current

NOW = utc_now()
KEY = f"{SONG}#current#1"
# A song from before songs were measured: its row has not one of the fields that measuring brought.
OLD: dict[str, Any] = {
    "status": Status.COMPLETED,
    "attempt": 1,
    "seq": 9,
    "duration_sec": 38.4,
    "stem_names": "drums,bass,other,vocals",
    "lyrics_status": LyricsStatus.READY,
    "completed_at": "2026-01-31T08:20:00.000Z",
}
MEASURES = OLD | {
    "attempt": 2,
    "measure_status": MeasureStatus.PROCESSING,
    "measure_row": KEY,
    "measure_execution": f"{SONG}-2",
    "queued_at": "2026-02-01T08:00:00.000Z",
    "started_at": "2026-02-01T08:01:00.000Z",
}


class Desk:
    """The measure queue with a worker at it."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.now = NOW
        self.queue = MeasureQueue(cloud.db, CHOSEN["MEASURE_QUEUE_TABLE"])
        songs = MeasuringRows(cloud.db, CHOSEN["SONGS_TABLE"])
        index = QueueIndex(cloud.db, CHOSEN["SONGS_TABLE"])
        self.source = Current(songs, index, WakeQueue(cloud.sqs, cloud.queue_url), lambda: self.now)

    def ask(self, *songs: str, version: int = 1) -> None:
        rows = [Row(OWNER, song, CURRENT, version, requested_at="2026-02-01T07:00:00.000Z") for song in songs]
        self.queue.put(rows)

    def take(self) -> list[Row]:
        return list(self.queue.take(CURRENT, now=self.now, new_id=lambda: f"worker {self.now}"))

    def settle(self, rows: list[Row], outcomes: Any) -> None:
        for row, outcome in zip(rows, outcomes, strict=True):
            self.queue.settle(row, outcome, now=self.now, jitter=1.0)

    def drain(self) -> list[Outcome]:
        rows = self.take()
        outcomes = list(self.source.fetch(rows))
        self.settle(rows, outcomes)
        return outcomes

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.queue.reclaim(now=self.now)

    def row(self, key: str = KEY) -> Row:
        subject = key.partition("#")[0]
        (row,) = [one for one in self.queue.of_subject(OWNER, subject, CURRENT) if one.key == key]
        return row


@pytest.fixture
def desk(cloud: Cloud) -> Desk:
    return Desk(cloud)


def state(on: Cloud, name: str, /, **changes: Any) -> Any:
    return on.call("processing", name, event("processing", name) | {"attempt": 2} | changes)


# --- from the request to the figures ----------------------------------------------------------------------------------


def test_a_song_from_before_measuring_is_measured(
    cloud: Cloud, desk: Desk, put_song: Any, put_measured: Any, sent: Any
) -> None:
    put_song(**OLD)
    desk.ask(SONG)
    assert desk.drain() == [HandedOver(f"{SONG}-2")]
    assert cloud.wake_ups() == 1
    wake(cloud)
    assert slots(cloud) == {"background-0": SONG}
    put_measured()
    state(cloud, "mark_completed")
    row, song = desk.row(), cloud.row() or {}
    assert (row.state, row.lease_token, row.execution, row.reason) == (State.DONE, None, None, None)
    assert (float(song["tempoBpm"]), song["musicKey"], song["status"]) == (150.0, "C minor", "COMPLETED")


def test_asked_twice_it_is_measured_once(
    cloud: Cloud, desk: Desk, put_song: Any, put_measured: Any, sent: Any
) -> None:
    test_a_song_from_before_measuring_is_measured(cloud, desk, put_song, put_measured, sent)
    desk.ask(SONG)
    assert desk.drain() == []
    assert desk.row().state is State.DONE


def test_songs_that_wait_to_be_measured_are_few(
    cloud: Cloud, desk: Desk, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others stay in the measure queue, which is fair and knows what is most wanted."""
    monkeypatch.setattr(current, "MOST_WAITING", 3)
    ids = [f"01K0000000000000000000000{n}" for n in range(5)]
    for song_id in ids:
        put_song(**OLD | {"song_id": song_id})
    desk.ask(*ids)
    outcomes = desk.drain()
    assert [type(outcome) for outcome in outcomes] == [HandedOver] * 3 + [Pause] * 2
    assert desk.drain()[0] == Pause(NOW + current.FULL_FOR, "Enough songs wait to be measured.")
    states = [desk.row(f"{song_id}#current#1") for song_id in ids]
    assert [(row.state, row.attempts) for row in states] == [(State.LEASED, 0)] * 3 + [(State.PENDING, 0)] * 2


def test_a_better_engine_measures_again(
    cloud: Cloud, desk: Desk, put_song: Any, put_measured: Any, sent: Any
) -> None:
    put_song(**OLD | {"measured_at": "2026-01-31T08:20:00.000Z", "own_tempo_bpm": 75.0})
    desk.ask(SONG, version=2)
    assert desk.drain() == [HandedOver(f"{SONG}-2")]
    wake(cloud)
    put_measured(MEASURED | {"version": "2"})
    state(cloud, "mark_completed")
    assert desk.row(f"{SONG}#current#2").state is State.DONE
    song = cloud.row() or {}
    assert (int(song["engineVersion"]), float(song["ownTempoBpm"])) == (2, 75.0)


# --- what the song says already ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("song", "outcome"),
    [
        (None, Final),
        ({"status": Status.FAILED}, Final),
        ({"status": Status.CANCELLED}, Final),
        ({"status": Status.PENDING_UPLOAD}, Final),
        ({"status": Status.QUEUED, "queued_at": "2026-02-01T08:00:00.000Z"}, Again),
        ({"status": Status.PROCESSING}, Again),
        ({"lyrics_status": LyricsStatus.QUEUED, "queued_at": "2026-02-01T08:00:00.000Z"}, Again),
        ({"lyrics_status": LyricsStatus.PROCESSING}, Again),
        ({"lyrics_text_version": 2, "lyrics_run_version": 1}, Again),
        ({"measured_at": "2026-01-31T08:20:00.000Z"}, Values),
        ({"measured_at": "2026-01-31T08:20:00.000Z", "engine_version": 7}, Values),
        ({"measure_status": MeasureStatus.CANCELLED, "measure_row": KEY}, Final),
        ({"measure_status": MeasureStatus.CANCELLED, "measure_row": f"{SONG}#current#0"}, HandedOver),
        ({"measure_status": MeasureStatus.FAILED, "measure_row": KEY}, HandedOver),
    ],
)
def test_what_the_song_says_decides(
    cloud: Cloud, desk: Desk, put_song: Any, song: dict[str, Any] | None, outcome: type[Outcome]
) -> None:
    if song is not None:
        put_song(**OLD | song)
    desk.ask(SONG)
    before = cloud.row()
    assert [type(one) for one in desk.drain()] == [outcome]
    if outcome is not HandedOver:
        assert cloud.row() == before


def test_one_bad_row_spoils_no_other(
    cloud: Cloud, desk: Desk, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = "01K00000000000000000000000"
    put_song(**OLD)
    put_song(**OLD | {"song_id": good})
    cloud.db.update_item(
        TableName=CHOSEN["SONGS_TABLE"],
        Key={"userId": {"S": OWNER}, "songId": {"S": SONG}},
        UpdateExpression="SET attempt = :bad",
        ExpressionAttributeValues={":bad": {"S": "x"}},
    )
    desk.ask(SONG, good, "no song's id")
    rows = desk.take()
    kinds = {row.subject: type(one) for row, one in zip(rows, desk.source.fetch(rows), strict=True)}
    assert kinds == {SONG: Again, good: HandedOver, "no song's id": Final}


def test_a_song_that_changes_at_that_moment_is_asked_again(
    cloud: Cloud, desk: Desk, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = MeasuringRows.queue_measuring

    def late(self: MeasuringRows, song: Any, **given: Any) -> Any:
        put_song(**OLD | {"attempt": 2, "lyrics_status": LyricsStatus.PROCESSING})
        return write(self, song, **given)

    monkeypatch.setattr(MeasuringRows, "queue_measuring", late)
    put_song(**OLD)
    desk.ask(SONG)
    assert [type(one) for one in desk.drain()] == [Again]
    assert (cloud.row() or {})["lyricsStatus"] == "PROCESSING"


# --- lost, doubled, late ----------------------------------------------------------------------------------------------


def test_a_worker_that_dies_before_it_says_so_is_followed(
    cloud: Cloud, desk: Desk, put_song: Any, sent: Any
) -> None:
    put_song(**OLD)
    desk.ask(SONG)
    desk.source.fetch(desk.take())
    wake(cloud)
    row = cloud.row()
    desk.later(61)
    assert desk.drain() == [HandedOver(f"{SONG}-2")]
    assert cloud.row() == row
    assert desk.row().execution == f"{SONG}-2"


def test_a_completion_before_the_worker_says_so_counts(
    cloud: Cloud, desk: Desk, put_song: Any, put_measured: Any, sent: Any
) -> None:
    put_song(**OLD)
    desk.ask(SONG)
    rows = desk.take()
    outcomes = desk.source.fetch(rows)
    wake(cloud)
    put_measured()
    state(cloud, "mark_completed")
    desk.settle(rows, outcomes)
    assert desk.row().state is State.DONE


def test_a_completion_that_comes_twice_changes_nothing_more(
    cloud: Cloud, desk: Desk, put_song: Any, put_measured: Any, sent: Any
) -> None:
    test_a_song_from_before_measuring_is_measured(cloud, desk, put_song, put_measured, sent)
    before = (cloud.row(), desk.row())
    state(cloud, "mark_completed")
    assert (cloud.row(), desk.row()) == before


def test_a_completion_that_the_queue_missed_is_found(
    cloud: Cloud, desk: Desk, put_song: Any, put_measured: Any, sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_args: Any, **_given: Any) -> Any:
        raise Transient("no table")

    put_song(**OLD)
    desk.ask(SONG)
    desk.drain()
    wake(cloud)
    put_measured()
    with monkeypatch.context() as patch:
        patch.setattr(MeasureQueue, "of_subject", lost)
        assert state(cloud, "mark_completed")["songId"] == SONG
    assert desk.row().state is State.LEASED
    desk.later(HANDED_OVER_S + 1)
    assert desk.drain() == [Values()]
    assert desk.row().state is State.DONE


def test_a_job_that_vanishes_is_measured_again(cloud: Cloud, desk: Desk, put_song: Any) -> None:
    """Such as one that gave way to lyrics, or was lost with its row."""
    put_song(**OLD)
    desk.ask(SONG)
    desk.drain()
    put_song(**OLD | {"attempt": 3, "measure_row": KEY, "measure_execution": f"{SONG}-2"})
    desk.later(HANDED_OVER_S + 1)
    assert desk.drain() == [HandedOver(f"{SONG}-4")]


def test_an_interrupted_job_still_ends_its_row(
    cloud: Cloud, desk: Desk, put_song: Any, put_measured: Any, sent: Any
) -> None:
    put_song(**OLD)
    desk.ask(SONG)
    desk.drain()
    wake(cloud)
    cloud.sfn.stop_execution(executionArn=arn(SONG, 2))
    wake(cloud, ended(arn(SONG, 2), "ABORTED"))
    assert (cloud.row() or {})["measureStatus"] == "PROCESSING"
    put_measured()
    state(cloud, "mark_completed", attempt=3)
    assert desk.row().state is State.DONE


@pytest.mark.parametrize(
    ("code", "after", "attempts"), [(75, State.FAILED, 1), (137, State.FAILED, 1), (65, State.DONE, 0)]
)
def test_a_failure_is_tried_again_unless_nothing_would_change(
    cloud: Cloud, desk: Desk, put_song: Any, sent: Any, code: int, after: State, attempts: int
) -> None:
    put_song(**OLD)
    desk.ask(SONG)
    desk.drain()
    wake(cloud)
    cause = json.dumps({"Containers": [{"ExitCode": code}]})
    state(cloud, "mark_failed", stage="RunDemucs", error="States.TaskFailed", cause=cause)
    row = desk.row()
    assert (row.state, row.attempts) == (after, attempts)
    assert row.reason
    assert row.reason.endswith(".")
    state(cloud, "mark_failed", stage="RunDemucs", error="States.TaskFailed", cause=cause)
    assert desk.row() == row
    desk.later(3600)
    assert [type(one) for one in desk.drain()] == ([HandedOver] if after is State.FAILED else [])


def test_a_late_failure_does_not_end_a_later_try(cloud: Cloud, desk: Desk, put_song: Any, sent: Any) -> None:
    put_song(**OLD)
    desk.ask(SONG)
    desk.drain()
    put_song(**OLD | {"attempt": 3, "measure_row": KEY, "measure_execution": f"{SONG}-2"})
    desk.later(HANDED_OVER_S + 1)
    desk.drain()
    row = desk.row()
    with pytest.raises(Conflict):
        state(cloud, "mark_failed", stage="RunDemucs", error="States.TaskFailed", cause="{}")
    assert desk.row() == row


def test_the_row_of_a_song_deleted_meanwhile_ends(cloud: Cloud, desk: Desk, put_song: Any, sent: Any) -> None:
    put_song(**OLD)
    desk.ask(SONG)
    desk.drain()
    assert cloud.call("songs", "delete_song", event("songs", "delete_song"))["statusCode"] == 200
    desk.later(HANDED_OVER_S + 1)
    assert desk.drain() == [Final("The song was deleted.")]


def test_what_its_owner_cancelled_is_not_measured_again(
    cloud: Cloud, desk: Desk, put_song: Any, sent: Any
) -> None:
    put_song(**OLD)
    desk.ask(SONG)
    desk.drain()
    assert cloud.call("songs", "cancel_song", event("songs", "cancel_song"))["statusCode"] == 202
    desk.later(HANDED_OVER_S + 1)
    assert desk.drain() == [Final("Its owner cancelled the measuring.")]


def test_a_separation_that_nobody_asked_for_reads_no_queue(
    cloud: Cloud, put_song: Any, results: Callable[..., None], put_measured: Any
) -> None:
    put_song(status=Status.PROCESSING, attempt=2)
    results({"instrumental": True, "segments": []})
    put_measured()
    called: list[str] = []
    cloud.watchers.append(lambda action, params: called.append(params.get("TableName", "")))
    state(cloud, "mark_completed")
    assert CHOSEN["MEASURE_QUEUE_TABLE"] not in called
