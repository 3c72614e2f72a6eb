"""What the API's benchmark counts."""

import json
from datetime import UTC, datetime

from bench.api import REPO, TASK_STATE, handlers, import_ms, merged


def at(second: int) -> datetime:
    return datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)


def test_time_that_tasks_share_counts_once() -> None:
    spans = [(at(5), at(9)), (at(0), at(2)), (at(1), at(4)), (at(6), at(7))]
    assert merged(spans) == [(at(0), at(4)), (at(5), at(9))]
    assert merged([]) == []


def test_every_handler_is_imported_on_its_own() -> None:
    modules = handlers()
    assert "unplugd.songs.handlers.list_songs" in modules
    assert len(modules) >= 25
    times = import_ms(["unplugd.songs.handlers.list_songs", "unplugd.realtime.handlers.ping"], 1)
    assert set(times) == {"songs/list_songs", "realtime/ping"}
    assert all(0 < taken < 10_000 for taken in times.values())


def test_the_state_that_runs_tasks_has_that_name() -> None:
    states = json.loads((REPO / "statemachines" / "processing.asl.json").read_text())["States"]
    assert states[TASK_STATE]["Type"] == "Map"
