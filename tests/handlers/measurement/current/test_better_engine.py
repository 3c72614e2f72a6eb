"""Songs that an older engine measured are asked for again, once for each version of the engine; none is left out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud
from unplugd.aws.measure_queue import MeasureQueue
from unplugd.aws.measuring_rows import MeasuringRows
from unplugd.aws.sweeps import SweepPlace
from unplugd.domain.measure_queue import CURRENT
from unplugd.domain.song import Status
from unplugd.kernel.clock import utc_now
from unplugd.kernel.errors import Transient
from unplugd.measurement import current
from unplugd.measurement.current import OlderEngine

IDS = [f"01K0000000000000000000000{n}" for n in range(9)]
COMPLETE: dict[str, Any] = {"status": Status.COMPLETED, "attempt": 1, "duration_sec": 3.0}
MEASURED = COMPLETE | {"measured_at": "2026-01-31T08:20:00.000Z"}


class Maintenance:
    """Calls `rows` and stores what it gives, as `maintain_measurements` does."""

    def __init__(self, cloud: Cloud, version: int) -> None:
        self.queue = MeasureQueue(cloud.db, CHOSEN["MEASURE_QUEUE_TABLE"])
        songs = MeasuringRows(cloud.db, CHOSEN["SONGS_TABLE"])
        place = SweepPlace(cloud.db, CHOSEN["SONGS_TABLE"], "measured")
        self.due = OlderEngine(songs, self.queue, place, version)

    def run(self, times: int = 1) -> int:
        return sum(self.queue.put(rows).made for _ in range(times) if (rows := self.due.rows(utc_now())))

    def asked(self, version: int) -> set[str]:
        return {
            song_id
            for owner in (OWNER, STRANGER)
            for song_id in IDS
            for row in self.queue.of_subject(owner, song_id, CURRENT)
            if row.version == version
        }


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current, "SONGS_LOOKED_AT", 2)


def store(put_song: Any) -> None:
    for number, song_id in enumerate(IDS[:7]):
        owner = (OWNER, STRANGER)[number % 2]
        put_song(**MEASURED | {"song_id": song_id, "user_id": owner, "engine_version": number % 2})
    put_song(**COMPLETE | {"song_id": IDS[7]})
    put_song(**MEASURED | {"song_id": IDS[8], "engine_version": 2})


def test_all_that_an_older_engine_measured_are_asked_for_once(cloud: Cloud, put_song: Any) -> None:
    store(put_song)
    maintenance = Maintenance(cloud, 2)
    assert maintenance.run(30) == 7
    assert maintenance.asked(2) == set(IDS[:7])
    looked: list[str] = []
    cloud.watchers.append(lambda action, _params: looked.append(action))
    assert maintenance.run(5) == 0
    assert "dynamodb:Scan" not in looked


def test_the_next_engine_starts_over(cloud: Cloud, put_song: Any) -> None:
    store(put_song)
    Maintenance(cloud, 2).run(30)
    maintenance = Maintenance(cloud, 3)
    assert maintenance.run(30) == 8
    assert maintenance.asked(3) == {*IDS[:7], IDS[8]}


def test_an_engine_that_comes_in_the_midst_starts_over(cloud: Cloud, put_song: Any) -> None:
    store(put_song)
    Maintenance(cloud, 2).run(3)
    maintenance = Maintenance(cloud, 3)
    maintenance.run(30)
    assert maintenance.asked(3) == {*IDS[:7], IDS[8]}


def test_rows_that_could_not_be_stored_are_given_again(
    cloud: Cloud, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(put_song)
    maintenance = Maintenance(cloud, 2)
    put = MeasureQueue.put
    calls = [0]

    def every_other(self: MeasureQueue, rows: Any) -> Any:
        calls[0] += 1
        if calls[0] % 2:
            raise Transient("no table")
        return put(self, rows)

    monkeypatch.setattr(MeasureQueue, "put", every_other)
    for _ in range(60):
        try:
            maintenance.run()
        except Transient:
            continue
    assert maintenance.asked(2) == set(IDS[:7])


def test_the_first_engine_has_none_before_it(cloud: Cloud, put_song: Any) -> None:
    store(put_song)
    assert Maintenance(cloud, 1).run(30) == 0


@pytest.mark.parametrize("note", ["", "x", "2", "2 given", "9999999999 next ", "² next "])
def test_a_note_that_cannot_be_read_starts_over(cloud: Cloud, put_song: Any, note: str) -> None:
    store(put_song)
    SweepPlace(cloud.db, CHOSEN["SONGS_TABLE"], "measured").note(note)
    maintenance = Maintenance(cloud, 2)
    maintenance.run(30)
    assert maintenance.asked(2) == set(IDS[:7])
