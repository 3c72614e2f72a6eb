"""The source `current` and the better engine, as the function of each five minutes may use them."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud, event
from tests.handlers.measurement.current.test_source import OLD, Desk, state
from tests.handlers.processing.starting import slots, wake
from unplugd.domain.measure_queue import State
from unplugd.measurement import current

PLACE = {"userId": {"S": "#swept"}, "songId": {"S": "measured"}}


def maintain(cloud: Cloud) -> Any:
    trigger = event("measurement", "maintain_measurements")
    return cloud.call("measurement", "maintain_measurements", trigger)


def test_a_run_hands_songs_over_and_their_ends_end_the_rows(
    cloud: Cloud, put_song: Any, put_measured: Any, sent: Any
) -> None:
    desk = Desk(cloud)
    put_song(**OLD)
    desk.ask(SONG)
    assert maintain(cloud) == {"reclaimed": 0, "drained": 1, "restarted": 0}
    assert (desk.row().state, cloud.wake_ups()) == (State.LEASED, 1)
    wake(cloud)
    assert slots(cloud) == {"background-0": SONG}
    put_measured()
    state(cloud, "mark_completed")
    assert desk.row().state is State.DONE
    assert maintain(cloud) == {"reclaimed": 0, "drained": 0, "restarted": 0}


def test_a_better_engine_restarts_what_the_older_one_measured(
    cloud: Cloud, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current, "OlderEngine", partial(current.OlderEngine, version=2))
    put_song(**OLD | {"measured_at": "2026-01-31T08:20:00.000Z"})
    assert maintain(cloud)["restarted"] == 1
    assert maintain(cloud) == {"reclaimed": 0, "drained": 1, "restarted": 0}
    row = cloud.row(SONG, OWNER) or {}
    assert (row["measureStatus"], row["measureRow"]) == ("QUEUED", f"{SONG}#current#2")
    assert cloud.db.get_item(TableName=CHOSEN["SONGS_TABLE"], Key=PLACE)["Item"]["after"]["S"] == "2 done "
