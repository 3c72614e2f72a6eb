"""SQS wake-ups: the line, the slots, and executions that are over."""

import json
from typing import Any

import pytest

from tests.stage import CHOSEN, MACHINE, SONG, STRANGER, Stage, event
from unplugd.songs.model import LyricsStatus, Status

Frames = list[tuple[str, dict[str, Any]]]
IDS = [f"01J9ZQ4X5V8K2M3N4P5Q6R7S{n:02d}" for n in range(5)]


def wake(stage: Stage, *bodies: dict[str, Any]) -> Any:
    trigger = event("processing", "start_processing")
    record = trigger["Records"][0]
    trigger["Records"] = [record | {"body": json.dumps(body)} for body in bodies or ({"wake": True},)]
    return stage.call("processing", "start_processing", trigger)


def ended(arn: str, status: str = "SUCCEEDED") -> dict[str, Any]:
    return {"source": "aws.states", "detail": {"executionArn": arn, "status": status}}


def arn(song_id: str, attempt: int = 1) -> str:
    return MACHINE.replace("stateMachine", "execution") + f":{song_id}-{attempt}"


def executions(stage: Stage) -> list[str]:
    return [e["name"] for e in stage.sfn.list_executions(stateMachineArn=MACHINE)["executions"]]


def slots(stage: Stage) -> dict[str, str]:
    rows = stage.db.scan(TableName=CHOSEN["SLOTS_TABLE"])["Items"]
    return {row["slotId"]["S"]: row["songId"]["S"] for row in rows}


@pytest.fixture
def line(put_song: Any) -> None:
    for n, song_id in enumerate(IDS):
        put_song(
            song_id=song_id, status=Status.QUEUED, queued_at=f"2026-01-31T08:00:0{n}.000Z", attempt=1, seq=1
        )


def test_as_many_start_as_there_are_slots_first_come_first_served(
    stage: Stage, line: None, sent: Frames
) -> None:
    stage.connect("one")
    assert wake(stage, {"wake": True}, {"wake": True}) == {"batchItemFailures": []}
    assert sorted(executions(stage)) == [f"{IDS[0]}-1", f"{IDS[1]}-1"]
    assert slots(stage) == {"slot-0": IDS[0], "slot-1": IDS[1]}
    row = stage.row(IDS[0]) or {}
    assert (row["status"], row["executionArn"], row["seq"]) == ("PROCESSING", arn(IDS[0]), 2)
    assert "line" not in row
    assert sent[0] == ("one", {"songId": IDS[0], "seq": 2, "type": "PROCESSING_STARTED"})
    asked = stage.sfn.describe_execution(executionArn=arn(IDS[0]))
    assert json.loads(asked["input"])["songId"] == IDS[0]
    wake(stage)
    assert len(executions(stage)) == 2  # full: a further wake-up starts nothing


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"])
def test_an_execution_that_ended_makes_room_for_the_next(
    stage: Stage, line: None, sent: Frames, put_song: Any, status: str
) -> None:
    wake(stage)
    put_song(song_id=IDS[0], status=Status.COMPLETED, attempt=1)
    wake(stage, ended(arn(IDS[0]), status))
    wake(stage, ended(arn(IDS[0]), status))  # told twice
    assert slots(stage) == {"slot-0": IDS[2], "slot-1": IDS[1]}


def test_without_the_event_the_next_wake_up_asks_the_state_machine(
    stage: Stage, line: None, sent: Frames, put_song: Any
) -> None:
    wake(stage)
    put_song(song_id=IDS[1], status=Status.FAILED, attempt=1)
    stage.sfn.stop_execution(executionArn=arn(IDS[1]))
    wake(stage)
    assert slots(stage) == {"slot-0": IDS[0], "slot-1": IDS[2]}


def test_an_interrupted_song_goes_back_in_line_with_its_place_and_a_new_attempt(
    stage: Stage, line: None, sent: Frames
) -> None:
    wake(stage)
    stage.sfn.stop_execution(executionArn=arn(IDS[0]))
    wake(stage, ended(arn(IDS[0]), "ABORTED"))
    row = stage.row(IDS[0]) or {}
    assert (row["status"], row["attempt"]) == ("PROCESSING", 2)  # first of the line, so it starts at once
    assert row["queuedAt"] == "2026-01-31T08:00:00.000Z"
    assert f"{IDS[0]}-2" in executions(stage)


def test_a_song_that_is_interrupted_again_and_again_fails_with_a_reason(
    stage: Stage, put_song: Any, sent: Frames
) -> None:
    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z", attempt=1)
    wake(stage)
    for attempt in range(1, 5):
        stage.sfn.stop_execution(executionArn=arn(SONG, attempt))
        wake(stage, ended(arn(SONG, attempt), "ABORTED"))
    row = stage.row() or {}
    assert (row["status"], row["errorCode"], row["attempt"]) == ("FAILED", "INTERRUPTED", 4)
    assert slots(stage) == {}
    assert len(executions(stage)) == 4


def test_a_lease_without_an_execution_is_kept_while_young_and_dropped_when_old(
    stage: Stage, line: None, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:  # the starter dies between the lease and the start
        patch.setattr("unplugd.aws.executions.Executions.start", _die)
        with pytest.raises(KeyboardInterrupt):
            wake(stage)
    assert slots(stage) == {"slot-0": IDS[0]}
    wake(stage)
    assert slots(stage) == {"slot-0": IDS[0], "slot-1": IDS[1]}
    old = {"slot-0": "2026-01-31T08:00:00.000Z"}
    stage.db.update_item(
        TableName=CHOSEN["SLOTS_TABLE"],
        Key={"slotId": {"S": "slot-0"}},
        UpdateExpression="SET leasedAt = :t",
        ExpressionAttributeValues={":t": {"S": old["slot-0"]}},
    )
    wake(stage)
    assert ((stage.row(IDS[0]) or {})["status"], (stage.row(IDS[0]) or {})["attempt"]) == ("PROCESSING", 2)
    assert len(executions(stage)) == 2


def _die(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_start_that_fails_leaves_the_song_in_its_place_and_the_slot_free(
    stage: Stage, line: None, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unplugd.kernel.errors import Transient

    def refuse(*_: Any, **__: Any) -> None:
        raise Transient("not now")

    with monkeypatch.context() as patch:
        patch.setattr("unplugd.aws.executions.Executions.start", refuse)
        assert wake(stage) == {"batchItemFailures": []}
    assert slots(stage) == {}
    row = stage.row(IDS[0]) or {}
    assert (row["status"], row["lineKey"]) == ("QUEUED", f"2026-01-31T08:00:00.000Z#{IDS[0]}")
    wake(stage)
    assert slots(stage) == {"slot-0": IDS[0], "slot-1": IDS[1]}


def test_a_song_cancelled_at_the_last_moment_does_not_start(
    stage: Stage, line: None, sent: Frames, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unplugd.aws.slots import SlotTable

    take = SlotTable.take

    def take_late(self: SlotTable, lease: Any) -> bool:
        put_song(song_id=lease.song_id, status=Status.CANCELLED, attempt=1)
        return take(self, lease)

    monkeypatch.setattr(SlotTable, "take", take_late)
    wake(stage)
    assert (executions(stage), slots(stage)) == ([], {})


def test_a_malformed_wake_up_still_wakes(stage: Stage, line: None, sent: Frames) -> None:
    trigger = event("processing", "start_processing")
    trigger["Records"][0]["body"] = "not json"
    stage.call("processing", "start_processing", trigger)
    assert len(executions(stage)) == 2


def test_two_starters_that_race_never_exceed_the_slots(stage: Stage, line: None, sent: Frames) -> None:
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
        wake(stage)
    finally:
        patch.undo()
    assert slots(stage) == {"slot-0": IDS[0], "slot-1": IDS[1]}
    assert len(executions(stage)) == 2
    assert STRANGER not in str(slots(stage))


def test_failed_lyrics_of_a_complete_song_run_alone(stage: Stage, put_song: Any, sent: Frames) -> None:
    put_song(
        status=Status.COMPLETED,
        lyrics_status=LyricsStatus.QUEUED,
        queued_at="2026-01-31T08:00:00.000Z",
        attempt=2,
        duration_sec=3.0,
    )
    wake(stage)
    row = stage.row() or {}
    assert (row["status"], row["lyricsStatus"]) == ("COMPLETED", "PROCESSING")
    assert json.loads(stage.sfn.describe_execution(executionArn=arn(SONG, 2))["input"])["lyricsOnly"] is True
    stage.sfn.stop_execution(executionArn=arn(SONG, 2))
    wake(stage, ended(arn(SONG, 2), "ABORTED"))
    row = stage.row() or {}
    assert (row["status"], row["lyricsStatus"], row["attempt"]) == ("COMPLETED", "PROCESSING", 3)


def test_a_song_cancelled_while_it_starts_is_stopped(
    stage: Stage, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unplugd.aws.executions import Executions

    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z", attempt=1)
    start = Executions.start

    def start_late(self: Executions, name: str, payload: Any) -> None:
        put_song(status=Status.CANCELLED, attempt=1)
        start(self, name, payload)

    monkeypatch.setattr(Executions, "start", start_late)
    wake(stage)
    assert stage.sfn.describe_execution(executionArn=arn(SONG))["status"] == "ABORTED"
    assert sent == []
