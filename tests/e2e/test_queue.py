"""Ten starters at once, on the real stack's DynamoDB: its conditional writes, over HTTP, are what must hold."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.cloud import ROOT
from unplugd.aws.queue_index import QueueIndex
from unplugd.aws.slots import SlotTable
from unplugd.aws.song_table import SongTable
from unplugd.domain.song import Song, Status
from unplugd.kernel.clock import to_iso, utc_now
from unplugd.processing.starter import Starter

pytestmark = pytest.mark.stack

SLOTS, STARTERS, PEOPLE, SONGS_EACH = 3, 10, 5, 6


@dataclass
class Machine:
    """A state machine that counts. An execution that `finish` has chosen is at work until `ended`."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    states: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    most_at_once: int = 0

    def arn(self, name: str) -> str:
        return f"execution:{name}"

    def start(self, name: str, payload: Mapping[str, Any]) -> None:
        with self.lock:
            if self.arn(name) in self.states:
                return  # ExecutionAlreadyExists
            self.states[self.arn(name)] = "RUNNING"
            self.inputs[self.arn(name)] = payload
            self.most_at_once = max(self.most_at_once, self._at_work())

    def stop(self, arn: str) -> None:
        raise AssertionError(f"{arn} must not be stopped")

    def status(self, arn: str) -> str | None:
        with self.lock:
            state = self.states.get(arn)
            return "RUNNING" if state == "ENDING" else state

    def finish(self) -> str | None:
        """End one execution that runs; its ARN."""
        with self.lock:
            arn = next((arn for arn, state in self.states.items() if state == "RUNNING"), None)
            if arn:
                self.states[arn] = "ENDING"
            return arn

    def ended(self, arn: str) -> None:
        with self.lock:
            self.states[arn] = "SUCCEEDED"

    def running(self) -> list[str]:
        with self.lock:
            return [arn for arn, state in self.states.items() if state == "RUNNING"]

    def at_work(self) -> int:
        with self.lock:
            return self._at_work()

    def _at_work(self) -> int:
        return sum(state != "SUCCEEDED" for state in self.states.values())


@pytest.fixture
def tables(admin: Callable[[str], Any]) -> tuple[Any, str, str]:
    """The templates' songs and slots tables, under names that the stack's own starter does not look at."""
    db = admin("dynamodb")
    resources = yaml_parse((ROOT / "templates/storage.yaml").read_text())["Resources"]
    for name in ("SongsTable", "SlotsTable"):
        given = resources[name]["Properties"]
        wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        db.create_table(TableName=f"race-{name}", **{key: given[key] for key in wanted if key in given})
    return db, "race-SongsTable", "race-SlotsTable"


def test_ten_racing_starters_start_each_song_once(
    tables: tuple[Any, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unplugd.kernel.metrics.put", lambda *_, **__: None)  # a worker has its own
    db, songs_table, slots_table = tables
    songs, queue, slots = (
        SongTable(db, songs_table),
        QueueIndex(db, songs_table),
        SlotTable(db, slots_table, SLOTS),
    )
    machine = Machine()
    total = PEOPLE * SONGS_EACH
    for n in range(total):
        then = f"2026-01-31T08:00:{n:02}.000Z"
        song = Song(f"person-{n % PEOPLE}", f"song-{n:02}", Status.PENDING_UPLOAD, then, then)
        songs.create_pending(song)
        assert songs.mark_queued(replace(song, queued_at=then), seen=song)

    def complete(arn: str) -> None:
        payload = machine.inputs[arn]
        song = songs.get(payload["userId"], payload["songId"])
        assert song is not None
        assert songs.mark_completed(song, facts={}, now=to_iso(utc_now()))
        machine.ended(arn)

    def start_and_finish(_starter: int) -> None:
        for _ in range(4 * total):
            Starter(songs, queue, slots, machine, lambda *_: 0, utc_now).run(set())
            if arn := machine.finish():
                complete(arn)
            elif len(machine.states) == total and not machine.at_work():
                return

    with ThreadPoolExecutor(STARTERS) as pool:
        list(pool.map(start_and_finish, range(STARTERS)))

    assert sorted(machine.states) == sorted(f"execution:song-{n:02}-1" for n in range(total))
    assert set(machine.states.values()) == {"SUCCEEDED"}
    assert machine.most_at_once == SLOTS
    assert slots.leases() == []
    assert (list(queue.waiting()), list(queue.running())) == ([], [])
