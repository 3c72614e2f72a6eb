"""A fault of one song stops no other, and running songs cost no call each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import OWNER, STRANGER, Cloud
from tests.handlers.processing.starting import arn, executions, slots, wake
from unplugd.aws.executions import Executions
from unplugd.aws.song_table import SongTable
from unplugd.domain.song import Status
from unplugd.kernel.errors import Transient

IDS = [f"01J9ZQ4X5V8K2M3N4P5Q6R7S{n:02d}" for n in range(4)]


@pytest.fixture
def queue(put_song: Any) -> None:
    """Four songs of two people; there are two slots."""
    for n, song_id in enumerate(IDS):
        when = f"2026-01-31T08:00:0{n}.000Z"
        owner = STRANGER if n % 2 else OWNER
        put_song(user_id=owner, song_id=song_id, status=Status.QUEUED, queued_at=when, attempt=1)


def test_running_songs_cost_no_call_each(
    cloud: Cloud, queue: None, sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wake(cloud)
    calls: list[str] = []
    monkeypatch.setattr(Executions, "status", lambda _self, execution: calls.append(execution))
    monkeypatch.setattr(SongTable, "get", lambda _self, *key: calls.append(str(key)))
    wake(cloud)
    assert calls == []
    assert sorted(slots(cloud).values()) == IDS[:2]


def test_a_throttled_look_stops_no_other_start(
    cloud: Cloud, queue: None, sent: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wake(cloud)
    for song_id in IDS[:2]:
        cloud.sfn.stop_execution(executionArn=arn(song_id))
    status = Executions.status

    def throttled(self: Executions, execution: str) -> Any:
        if execution == arn(IDS[0]):
            raise Transient("Could not look after a running song just now. Please try again.")
        return status(self, execution)

    monkeypatch.setattr(Executions, "status", throttled)
    wake(cloud)
    assert IDS[0] in slots(cloud).values()
    assert len(executions(cloud)) == 3
    assert '"StarterFaults":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_a_throttled_list_of_executions_stops_no_start(
    cloud: Cloud, queue: None, sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttled(_self: Executions) -> Any:
        raise Transient("Could not look after the running songs just now. Please try again.")

    monkeypatch.setattr(Executions, "running", throttled)
    wake(cloud)
    assert sorted(slots(cloud).values()) == IDS[:2]


@pytest.mark.parametrize("fault", [Transient("throttled"), PermissionError("not allowed")])
def test_a_start_that_fails_stops_no_other(
    cloud: Cloud, queue: None, sent: Any, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    start = Executions.start

    def failing(self: Executions, name: str, payload: Any) -> None:
        if name.startswith(IDS[0]):
            raise fault
        start(self, name, payload)

    monkeypatch.setattr(Executions, "start", failing)
    wake(cloud)
    assert f"{IDS[1]}-1" in executions(cloud)
    # Whether a throttled start runs is not known, so its slot is kept; a refused one makes room for the next song.
    assert len(executions(cloud)) == (1 if isinstance(fault, Transient) else 2)


def test_a_starter_gives_up_after_many_faults(
    cloud: Cloud, put_song: Any, sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(14):
        when = f"2026-01-31T08:00:{n:02d}.000Z"
        put_song(song_id=f"01J9ZQ4X5V8K2M3N4P5Q6R7T{n:02d}", status=Status.QUEUED, queued_at=when, attempt=1)
    tries: list[str] = []

    def refuse(_self: Executions, name: str, _payload: Any) -> None:
        tries.append(name)
        raise PermissionError("not allowed")

    monkeypatch.setattr(Executions, "start", refuse)
    wake(cloud)
    assert len(tries) == 10
    assert slots(cloud) == {}
