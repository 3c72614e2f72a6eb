"""A row that the starter cannot read is skipped: the other songs start."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud import CHOSEN, MACHINE, OWNER, STRANGER, Cloud
from tests.handlers.processing.starting import age, arn, ended, executions, slots, wake
from tests.handlers.unreadable.conftest import Spoil, each_change, some_changes
from unplugd.domain.song import Status

Frames = list[tuple[str, dict[str, Any]]]
IDS = [f"01J9ZQ4X5V8K2M3N4P5Q6R7S{n:02d}" for n in range(4)]
BAD, GOOD = IDS[0], IDS[1]


@pytest.fixture
def queue(put_song: Any) -> None:
    """Four songs of four people; there are two slots."""
    for n, song_id in enumerate(IDS):
        when = f"2026-01-31T08:00:0{n}.000Z"
        owner = OWNER if n == 0 else STRANGER.replace("2", str(n + 1))
        put_song(user_id=owner, song_id=song_id, status=Status.QUEUED, queued_at=when, attempt=1, seq=1)


@each_change
def test_a_bad_row_at_the_head_starts_nothing_else_late(
    cloud: Cloud, queue: None, sent: Frames, spoil: Spoil, counted: list[float], change: dict[str, Any]
) -> None:
    spoil(change, BAD)
    wake(cloud)
    assert slots(cloud) == {"slot-0": IDS[1], "slot-1": IDS[2]}
    assert sum(counted) >= 1
    spoil({"status": {"S": "QUEUED"}, "attempt": {"N": "1"}, "lyricsStatus": None, "title": None}, BAD)
    spoil(
        {"uploadedAt": {"S": "2026-01-31T08:00:00.000Z"}, "updatedAt": {"S": "2026-01-31T08:00:00.000Z"}}, BAD
    )
    cloud.sfn.stop_execution(executionArn=arn(IDS[1]))
    wake(cloud, ended(arn(IDS[1])))
    assert BAD in slots(cloud).values()  # once it can be read, it has kept its place


@pytest.mark.parametrize(
    "change",
    [
        {"queuedAt": None},
        {"queuedAt": {"N": "7"}},
        {"queuedAt": {"S": "yesterday"}},
        {"turnAt": {"N": "7"}},
        {"queuePosition": {"S": "first"}},
    ],
)
def test_an_index_entry_that_cannot_be_read_is_skipped(
    cloud: Cloud, queue: None, sent: Frames, spoil: Spoil, counted: list[float], change: dict[str, Any]
) -> None:
    spoil(change, BAD)
    wake(cloud)
    assert slots(cloud) == {"slot-0": IDS[1], "slot-1": IDS[2]}
    assert sum(counted) >= 1


def test_people_behind_a_bad_row_hear_their_places(
    cloud: Cloud, queue: None, sent: Frames, spoil: Spoil
) -> None:
    wake(cloud)  # the slots are full
    spoil({"lyricsStatus": {"S": "TRANSLATED"}, "queuePosition": None}, IDS[2], STRANGER.replace("2", "3"))
    spoil({"queuePosition": None}, IDS[3], STRANGER.replace("2", "4"))
    cloud.connect("last", owner=STRANGER.replace("2", "4"))
    wake(cloud)
    assert ("last", "QUEUED") in [(name, message["type"]) for name, message in sent]


@some_changes
def test_the_slot_of_a_bad_row_is_freed_when_its_run_ends(
    cloud: Cloud, queue: None, sent: Frames, spoil: Spoil, change: dict[str, Any]
) -> None:
    wake(cloud)
    assert BAD in slots(cloud).values()
    spoil(change, BAD)
    cloud.sfn.stop_execution(executionArn=arn(BAD))
    wake(cloud, ended(arn(BAD)))
    assert sorted(slots(cloud).values()) == IDS[1:3]


@some_changes
def test_the_run_of_a_bad_row_is_not_stopped(
    cloud: Cloud, queue: None, sent: Frames, spoil: Spoil, change: dict[str, Any]
) -> None:
    wake(cloud)
    spoil(change, BAD)
    wake(cloud)
    assert cloud.sfn.describe_execution(executionArn=arn(BAD))["status"] == "RUNNING"
    assert sorted(slots(cloud).values()) == IDS[:2]


@some_changes
def test_a_bad_row_that_runs_without_a_slot_stops_no_other(
    cloud: Cloud, put_song: Any, queue: None, sent: Frames, spoil: Spoil, change: dict[str, Any]
) -> None:
    long_ago = "2026-01-31T07:00:00.000Z"
    put_song(song_id=BAD, status=Status.PROCESSING, attempt=1, started_at=long_ago, execution_arn=arn(BAD))
    spoil(change, BAD)
    wake(cloud)
    assert slots(cloud) == {"slot-0": IDS[1], "slot-1": IDS[2]}


@pytest.mark.parametrize("name", ["not an arn", arn(BAD).replace("unplugd", "x" * 300)])
def test_an_execution_that_cannot_exist_has_ended(
    cloud: Cloud, put_song: Any, queue: None, sent: Frames, name: str
) -> None:
    long_ago = "2026-01-31T07:00:00.000Z"
    put_song(song_id=BAD, status=Status.PROCESSING, attempt=1, started_at=long_ago, execution_arn=name)
    wake(cloud)
    assert sorted(slots(cloud).values()) == IDS[1:3] or BAD in slots(cloud).values()
    assert len(executions(cloud)) == 2


LEASE = {
    "slotId": {"S": "slot-0"},
    "userId": {"S": OWNER},
    "songId": {"S": BAD},
    "attempt": {"N": "1"},
    "executionArn": {"S": arn(BAD)},
    "leasedAt": {"S": "2026-01-31T08:00:00.000Z"},
}
LEASE_CHANGES = [
    {"executionArn": None},
    {"executionArn": {"N": "1"}},
    {"userId": None},
    {"attempt": {"S": "1"}},
    {"leasedAt": {"S": "yesterday"}},
]


def put_lease(cloud: Cloud, change: dict[str, Any]) -> None:
    item = {name: value for name, value in (LEASE | change).items() if value is not None}
    cloud.db.put_item(TableName=CHOSEN["SLOTS_TABLE"], Item=item)


@pytest.mark.parametrize("change", LEASE_CHANGES)
def test_a_lease_that_cannot_be_read_gives_its_slot_back(
    cloud: Cloud, queue: None, sent: Frames, counted: list[float], change: dict[str, Any]
) -> None:
    put_lease(cloud, change)
    wake(cloud)
    assert slots(cloud) == {"slot-0": IDS[0], "slot-1": IDS[1]}
    assert sum(counted) >= 1


@pytest.mark.parametrize("change", LEASE_CHANGES)
def test_an_unreadable_lease_counts_while_its_song_runs(
    cloud: Cloud, queue: None, put_song: Any, sent: Frames, change: dict[str, Any]
) -> None:
    cloud.sfn.start_execution(stateMachineArn=MACHINE, name=f"{BAD}-1", input=json.dumps({}))
    long_ago = "2026-01-31T07:00:00.000Z"
    put_song(song_id=BAD, status=Status.PROCESSING, attempt=1, started_at=long_ago, execution_arn=arn(BAD))
    put_lease(cloud, change)
    wake(cloud)
    assert sorted(executions(cloud)) == [f"{BAD}-1", f"{GOOD}-1"]  # two slots, two songs


def test_a_slot_with_a_foreign_name_stops_no_song(cloud: Cloud, queue: None, sent: Frames) -> None:
    put_lease(cloud, {"slotId": {"S": "slot-zero"}, "songId": {"S": "x"}, "executionArn": {"S": arn("x")}})
    age(cloud, "slot-zero")
    wake(cloud)
    assert sorted(executions(cloud)) == [f"{IDS[0]}-1", f"{IDS[1]}-1"]
