"""SQS wake-ups: the line, the slots, and executions that are over."""

import json
from typing import Any

import pytest

from tests.cloud import CHOSEN, MACHINE, OWNER, SONG, STRANGER, Cloud, event
from tests.handlers.processing.starting import age, arn, ended, executions, slots, wake
from unplugd.domain.song import LyricsStatus, Status

Frames = list[tuple[str, dict[str, Any]]]
IDS = [f"01J9ZQ4X5V8K2M3N4P5Q6R7S{n:02d}" for n in range(5)]


@pytest.fixture
def line(put_song: Any) -> None:
    for n, song_id in enumerate(IDS):
        put_song(
            song_id=song_id, status=Status.QUEUED, queued_at=f"2026-01-31T08:00:0{n}.000Z", attempt=1, seq=1
        )


def test_as_many_songs_start_as_there_are_slots_in_order(cloud: Cloud, line: None, sent: Frames) -> None:
    cloud.connect("one")
    assert wake(cloud, {"wake": True}, {"wake": True}) == {"batchItemFailures": []}
    assert sorted(executions(cloud)) == [f"{IDS[0]}-1", f"{IDS[1]}-1"]
    assert slots(cloud) == {"slot-0": IDS[0], "slot-1": IDS[1]}
    row = cloud.row(IDS[0]) or {}
    assert (row["status"], row["executionArn"], row["seq"]) == ("PROCESSING", arn(IDS[0]), 2)
    assert row["line"] == "RUNNING"
    assert sent[0] == ("one", {"songId": IDS[0], "seq": 2, "type": "PROCESSING_STARTED"})
    asked = cloud.sfn.describe_execution(executionArn=arn(IDS[0]))
    assert json.loads(asked["input"])["songId"] == IDS[0]
    wake(cloud)
    assert len(executions(cloud)) == 2  # full: a further wake-up starts nothing


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"])
def test_an_execution_that_ended_makes_room_for_the_next(
    cloud: Cloud, line: None, sent: Frames, put_song: Any, status: str
) -> None:
    wake(cloud)
    put_song(song_id=IDS[0], status=Status.COMPLETED, attempt=1)
    wake(cloud, ended(arn(IDS[0]), status))
    wake(cloud, ended(arn(IDS[0]), status))  # the same event twice
    assert slots(cloud) == {"slot-0": IDS[2], "slot-1": IDS[1]}


def test_without_an_event_the_next_wake_up_asks_the_machine(
    cloud: Cloud, line: None, sent: Frames, put_song: Any
) -> None:
    wake(cloud)
    put_song(song_id=IDS[1], status=Status.FAILED, attempt=1)
    cloud.sfn.stop_execution(executionArn=arn(IDS[1]))
    wake(cloud)
    assert slots(cloud) == {"slot-0": IDS[0], "slot-1": IDS[2]}


def test_an_interrupted_song_queues_again_in_its_old_place(cloud: Cloud, line: None, sent: Frames) -> None:
    wake(cloud)
    cloud.sfn.stop_execution(executionArn=arn(IDS[0]))
    wake(cloud, ended(arn(IDS[0]), "ABORTED"))
    row = cloud.row(IDS[0]) or {}
    assert (row["status"], row["attempt"]) == ("PROCESSING", 2)  # first of the line, so it starts at once
    assert row["queuedAt"] == "2026-01-31T08:00:00.000Z"
    assert f"{IDS[0]}-2" in executions(cloud)


def test_a_song_interrupted_too_often_fails_with_a_reason(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z", attempt=1)
    wake(cloud)
    for attempt in range(1, 5):
        cloud.sfn.stop_execution(executionArn=arn(SONG, attempt))
        wake(cloud, ended(arn(SONG, attempt), "ABORTED"))
    row = cloud.row() or {}
    assert (row["status"], row["errorCode"], row["attempt"]) == ("FAILED", "INTERRUPTED", 4)
    assert "line" not in row
    assert slots(cloud) == {}
    assert len(executions(cloud)) == 4


def test_a_person_s_own_retries_are_no_interruptions(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z", attempt=7)
    wake(cloud)
    cloud.sfn.stop_execution(executionArn=arn(SONG, 7))
    wake(cloud, ended(arn(SONG, 7), "ABORTED"))
    row = cloud.row() or {}
    assert (row["status"], row["attempt"], row["recoveries"]) == ("PROCESSING", 8, 1)


@pytest.mark.parametrize("stopped", [True, False])
def test_a_song_at_work_whose_lease_is_lost_is_found(
    cloud: Cloud, put_song: Any, sent: Frames, stopped: bool
) -> None:
    cloud.sfn.start_execution(stateMachineArn=MACHINE, name=f"{SONG}-1", input="{}")
    if stopped:
        cloud.sfn.stop_execution(executionArn=arn(SONG))
    then = "2026-01-31T08:00:00.000Z"
    put_song(status=Status.PROCESSING, queued_at=then, started_at=then, attempt=1, execution_arn=arn(SONG))
    wake(cloud)
    row = cloud.row() or {}
    assert (row["status"], row["attempt"]) == ("PROCESSING", 2 if stopped else 1)


@pytest.mark.parametrize("gone", ["cancelled", "deleted", "tried again"])
def test_an_execution_without_a_song_is_stopped(
    cloud: Cloud, line: None, sent: Frames, put_song: Any, gone: str
) -> None:
    """The cancel or delete that should have stopped it died before it could."""
    wake(cloud)
    if gone == "deleted":
        key = {"userId": {"S": OWNER}, "songId": {"S": IDS[0]}}
        cloud.db.delete_item(TableName=CHOSEN["SONGS_TABLE"], Key=key)
    else:
        now = {"status": Status.CANCELLED, "attempt": 1}
        if gone == "tried again":
            now = {"status": Status.QUEUED, "attempt": 2, "queued_at": "2026-01-31T09:00:00.000Z"}
        put_song(song_id=IDS[0], **now)
    wake(cloud)
    assert cloud.sfn.describe_execution(executionArn=arn(IDS[0]))["status"] == "ABORTED"
    assert cloud.sfn.describe_execution(executionArn=arn(IDS[1]))["status"] == "RUNNING"
    wake(cloud, ended(arn(IDS[0]), "ABORTED"))
    assert slots(cloud) == {"slot-0": IDS[2], "slot-1": IDS[1]}


@pytest.mark.parametrize(
    "dies_in", ["aws.executions.Executions.start", "aws.song_table.SongTable.mark_processing"]
)
def test_a_start_that_died_half_way_is_finished_by_a_later_one(
    cloud: Cloud, line: None, sent: Frames, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    """Between the lease and StartExecution. A young lease may belong to a starter at work, so it is left alone."""
    with monkeypatch.context() as patch:
        patch.setattr(f"unplugd.{dies_in}", _die)
        with pytest.raises(KeyboardInterrupt):
            wake(cloud)
    assert slots(cloud) == {"slot-0": IDS[0]}
    wake(cloud)
    assert slots(cloud) == {"slot-0": IDS[0], "slot-1": IDS[1]}
    assert executions(cloud) == [f"{IDS[1]}-1"]
    age(cloud, "slot-0")
    wake(cloud)
    row = cloud.row(IDS[0]) or {}
    assert (row["status"], row["attempt"], row["recoveries"]) == ("PROCESSING", 1, 0)
    assert sorted(executions(cloud)) == [f"{IDS[0]}-1", f"{IDS[1]}-1"]
    wake(cloud)
    assert slots(cloud) == {"slot-0": IDS[0], "slot-1": IDS[1]}


def test_an_unused_lease_is_dropped_when_old(
    cloud: Cloud, line: None, sent: Frames, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("unplugd.aws.executions.Executions.start", _die)
        with pytest.raises(KeyboardInterrupt):
            wake(cloud)
    put_song(song_id=IDS[0], status=Status.CANCELLED, attempt=1, execution_arn=arn(IDS[0]))
    age(cloud, "slot-0")
    wake(cloud)
    assert slots(cloud) == {"slot-0": IDS[1], "slot-1": IDS[2]}
    assert (cloud.row(IDS[0]) or {})["status"] == "CANCELLED"


def _die(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_refused_start_keeps_the_place_and_frees_the_slot(
    cloud: Cloud, line: None, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError("not allowed")

    with monkeypatch.context() as patch:
        patch.setattr("unplugd.aws.executions.Executions.start", refuse)
        assert wake(cloud) == {"batchItemFailures": []}
    assert slots(cloud) == {}
    row = cloud.row(IDS[0]) or {}
    assert (row["status"], row["lineKey"]) == ("QUEUED", f"2026-01-31T08:00:00.000Z#{IDS[0]}")
    assert (row["attempt"], row["recoveries"]) == (1, 0)
    wake(cloud)
    assert slots(cloud) == {"slot-0": IDS[0], "slot-1": IDS[1]}


@pytest.mark.parametrize("reached", [True, False])
def test_a_start_whose_answer_is_lost_gives_nothing_away(
    cloud: Cloud, line: None, sent: Frames, monkeypatch: pytest.MonkeyPatch, reached: bool
) -> None:
    """Whether it runs is not known: if the slot were free, one song too many could run."""
    from unplugd.aws.executions import Executions
    from unplugd.kernel.errors import Transient

    start = Executions.start

    def lose_the_answer(self: Executions, name: str, payload: Any) -> None:
        if reached:
            start(self, name, payload)
        raise Transient("timed out")

    with monkeypatch.context() as patch:
        patch.setattr(Executions, "start", lose_the_answer)
        wake(cloud)
    assert slots(cloud) == {"slot-0": IDS[0], "slot-1": IDS[1]}  # the third song gets neither
    age(cloud, "slot-0")
    age(cloud, "slot-1")
    wake(cloud)
    assert slots(cloud) == {"slot-0": IDS[0], "slot-1": IDS[1]}
    assert sorted(executions(cloud)) == [f"{IDS[0]}-1", f"{IDS[1]}-1"]
    assert (cloud.row(IDS[0]) or {})["attempt"] == 1


def test_an_execution_of_that_name_that_is_over_is_no_start(
    cloud: Cloud, put_song: Any, sent: Frames
) -> None:
    """ExecutionAlreadyExists: what it left undone is done under the next attempt's name."""
    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z", attempt=1)
    started = cloud.sfn.start_execution(stateMachineArn=MACHINE, name=f"{SONG}-1", input="{}")
    cloud.sfn.stop_execution(executionArn=started["executionArn"])
    wake(cloud)
    assert slots(cloud) == {"slot-0": SONG}
    wake(cloud)
    assert ((cloud.row() or {})["status"], (cloud.row() or {})["attempt"]) == ("PROCESSING", 2)
    assert slots(cloud) == {"slot-0": SONG}
    assert sorted(executions(cloud)) == [f"{SONG}-1", f"{SONG}-2"]


def test_a_song_cancelled_at_the_last_moment_does_not_start(
    cloud: Cloud, line: None, sent: Frames, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unplugd.aws.slots import SlotTable

    take = SlotTable.take

    def take_late(self: SlotTable, lease: Any) -> bool:
        put_song(song_id=lease.song_id, status=Status.CANCELLED, attempt=1)
        return take(self, lease)

    monkeypatch.setattr(SlotTable, "take", take_late)
    wake(cloud)
    assert (executions(cloud), slots(cloud)) == ([], {})


def test_a_malformed_wake_up_still_wakes(cloud: Cloud, line: None, sent: Frames) -> None:
    trigger = event("processing", "start_processing")
    trigger["Records"][0]["body"] = "not json"
    cloud.call("processing", "start_processing", trigger)
    assert len(executions(cloud)) == 2


def test_two_starters_that_race_never_exceed_the_slots(cloud: Cloud, line: None, sent: Frames) -> None:
    """Both read the same line and the same free slots before either writes."""
    from unplugd.aws.slots import SlotTable

    free, nested = SlotTable.free, []

    def free_then_other_runs(self: SlotTable, leases: Any) -> Any:
        found = free(self, leases)
        if not nested:
            nested.append(True)
            from unplugd.processing.handlers import start_processing

            start_processing.handler(event("processing", "start_processing"), None)
        return found

    patch = pytest.MonkeyPatch()
    patch.setattr(SlotTable, "free", free_then_other_runs)
    try:
        wake(cloud)
    finally:
        patch.undo()
    assert slots(cloud) == {"slot-0": IDS[0], "slot-1": IDS[1]}
    assert len(executions(cloud)) == 2
    assert STRANGER not in str(slots(cloud))


def test_a_song_that_two_starters_take_at_once_holds_one_slot(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second reads the song before the first has marked it, and takes another slot for it."""
    from unplugd.aws.song_table import SongTable

    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z", attempt=1)
    put_song(song_id=IDS[1], status=Status.QUEUED, queued_at="2026-01-31T08:00:01.000Z", attempt=1)
    mark, nested = SongTable.mark_processing, []

    def mark_while_another_runs(self: SongTable, song: Any, **kwargs: Any) -> Any:
        if not nested:
            nested.append(True)
            from unplugd.processing.handlers import start_processing

            start_processing.handler(event("processing", "start_processing"), None)
        return mark(self, song, **kwargs)

    monkeypatch.setattr(SongTable, "mark_processing", mark_while_another_runs)
    wake(cloud)
    assert sorted(executions(cloud)) == sorted([f"{SONG}-1", f"{IDS[1]}-1"])
    assert sorted(slots(cloud).values()) == sorted([SONG, IDS[1]])


def test_users_take_turns_and_get_their_positions(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    """Ann sends four songs, then Bob two: two slots, then one after the other."""
    for n, (owner, song_id) in enumerate(zip([OWNER] * 3 + [STRANGER] * 2, IDS, strict=True)):
        when = f"2026-01-31T08:00:0{n}.000Z"
        put_song(user_id=owner, song_id=song_id, status=Status.QUEUED, queued_at=when, attempt=1, seq=1)
    cloud.connect("ann")
    cloud.connect("bob", STRANGER)
    wake(cloud)
    assert sorted(slots(cloud).values()) == [IDS[0], IDS[3]]
    places = [(who, m["songId"], m["position"], m["seq"]) for who, m in sent if m["type"] == "QUEUED"]
    assert places == [("ann", IDS[1], 1, 2), ("bob", IDS[4], 2, 2), ("ann", IDS[2], 3, 2)]
    sent.clear()
    wake(cloud)
    assert sent == []  # nothing has changed, so nothing is sent
    _complete(cloud, put_song, IDS[3], STRANGER)
    assert sorted(slots(cloud).values()) == [IDS[0], IDS[1]]  # Bob had his turn after Ann had hers
    _complete(cloud, put_song, IDS[0], OWNER)
    assert sorted(slots(cloud).values()) == [IDS[1], IDS[4]]
    assert [(m["songId"], m["position"]) for _, m in sent if m["type"] == "QUEUED"] == [
        (IDS[4], 1),
        (IDS[2], 2),
        (IDS[2], 1),
    ]
    assert not {"queuePosition", "turnAt"} & set(cloud.row(IDS[4], STRANGER) or {})


def _complete(cloud: Cloud, put_song: Any, song_id: str, owner: str) -> None:
    put_song(user_id=owner, song_id=song_id, status=Status.COMPLETED, attempt=1)
    wake(cloud, ended(arn(song_id)))


def test_only_the_first_of_a_long_queue_get_messages(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unplugd.processing.starter.PLACES_NOTIFIED", 2)
    for n, song_id in enumerate(IDS):
        when = f"2026-01-31T08:00:0{n}.000Z"
        put_song(
            song_id=song_id, status=Status.QUEUED, queued_at=when, attempt=1, seq=1, queue_position=n + 1
        )
    cloud.connect("one")
    wake(cloud)
    positions = [(m["songId"], m["position"]) for _, m in sent if m["type"] == "QUEUED"]
    assert positions == [(IDS[2], 1), (IDS[3], 2)]
    assert (cloud.row(IDS[4]) or {})["queuePosition"] == 5


def test_failed_lyrics_of_a_complete_song_run_alone(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(
        status=Status.COMPLETED,
        lyrics_status=LyricsStatus.QUEUED,
        queued_at="2026-01-31T08:00:00.000Z",
        attempt=2,
        duration_sec=3.0,
    )
    wake(cloud)
    row = cloud.row() or {}
    assert (row["status"], row["lyricsStatus"]) == ("COMPLETED", "PROCESSING")
    assert json.loads(cloud.sfn.describe_execution(executionArn=arn(SONG, 2))["input"])["lyricsOnly"] is True
    cloud.sfn.stop_execution(executionArn=arn(SONG, 2))
    wake(cloud, ended(arn(SONG, 2), "ABORTED"))
    row = cloud.row() or {}
    assert (row["status"], row["lyricsStatus"], row["attempt"]) == ("COMPLETED", "PROCESSING", 3)


def test_a_song_cancelled_while_it_starts_is_stopped(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unplugd.aws.executions import Executions

    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z", attempt=1)
    start = Executions.start

    def start_late(self: Executions, name: str, payload: Any) -> None:
        put_song(status=Status.CANCELLED, attempt=1)
        start(self, name, payload)

    monkeypatch.setattr(Executions, "start", start_late)
    wake(cloud)
    assert cloud.sfn.describe_execution(executionArn=arn(SONG))["status"] == "ABORTED"
    assert sent == []
