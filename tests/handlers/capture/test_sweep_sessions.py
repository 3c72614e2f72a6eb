"""Every five minutes: what was lost of recordings is done again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cloud import CHOSEN, Cloud, event
from tests.documents import ROOT, template_of
from tests.handlers.capture.conftest import Studio, tone, wav
from unplugd.aws.objects import Objects
from unplugd.capture import arrival
from unplugd.capture.handlers import sweep_sessions
from unplugd.kernel.errors import Transient

SHORT = wav(tone(100))


@pytest.fixture
def sweep(studio: Studio, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the sweep some time from now."""

    def run(later: timedelta = timedelta(minutes=4)) -> dict[str, int]:
        monkeypatch.setattr(sweep_sessions, "utc_now", lambda: datetime.now(UTC) + later)
        counts: dict[str, int] = cloud.call("capture", "sweep_sessions", event("capture", "sweep_sessions"))
        return counts

    return run


def test_a_window_whose_event_never_came(studio: Studio, sweep: Any) -> None:
    session = studio.open()
    studio.put(session, 0, SHORT)
    assert sweep()["repeated"] == 1
    studio.run()
    assert studio.windows(session, "ingestedWindows") == [0]


def test_a_function_that_died_between_claim_and_start(studio: Studio, sweep: Any) -> None:
    session = studio.open()
    studio.send(session, 0, SHORT)
    studio.started.clear()  # Lambda was never asked, or lost the call
    assert sweep()["repeated"] == 1
    studio.run()
    assert studio.windows(session, "ingestedWindows") == [0]


def test_a_window_is_left_alone_until_it_has_had_its_time(studio: Studio, sweep: Any) -> None:
    session = studio.open()
    studio.send(session, 0, SHORT)
    assert sweep(timedelta(minutes=2))["repeated"] == 0
    studio.run()
    assert sweep()["repeated"] == 0
    assert studio.windows(session, "ingestedWindows") == [0]


def test_half_a_window_waits(studio: Studio, sweep: Any) -> None:
    session = studio.open(captureMode="audio_video")
    studio.send(session, 0, SHORT)
    assert sweep()["repeated"] == 0
    assert studio.started == []


def test_a_session_left_open_is_closed_after_a_week_and_kept(studio: Studio, sweep: Any) -> None:
    session = studio.open()
    studio.send(session, 0, SHORT)
    studio.run()
    assert sweep(timedelta(days=6))["closed"] == 0
    assert sweep(timedelta(days=8))["closed"] == 1
    sweep()
    studio.run()
    _, shown = studio.ask("get_session", session)
    assert (shown["status"], shown["windows"], shown["durationSec"]) == ("READY", 1, round(100 / 44_100, 3))


def test_windows_that_never_come_are_waited_for_a_day(studio: Studio, sweep: Any) -> None:
    session = studio.open()
    studio.send(session, 0, SHORT)
    studio.run()
    studio.ask("close_session", session, json={"windows": 2, "frames": 60 * 44_100 + 10})
    assert sweep(timedelta(hours=23))["joined"] == 0
    assert sweep(timedelta(hours=25))["joined"] == 1


def test_a_join_that_died_is_done_again(studio: Studio, sweep: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    session = studio.open()
    studio.send(session, 0, SHORT)
    studio.run()
    studio.ask("close_session", session, json={"windows": 1, "frames": 100})
    studio.change(session, status={"S": "JOINING"}, updatedAt={"S": "2026-01-01T00:00:00.000Z"})
    studio.started.clear()
    assert sweep(timedelta())["joined"] == 1
    studio.run()
    assert studio.ask("get_session", session)[1]["status"] == "READY"


def test_windows_left_by_a_join_that_died_at_its_end_are_deleted(
    studio: Studio, cloud: Cloud, sweep: Any
) -> None:
    session = studio.open()
    studio.put(session, 0, SHORT)
    studio.change(session, status={"S": "READY"})
    sweep()
    assert cloud.keys("UPLOADS_BUCKET") == []
    assert "work" not in (studio.row(session) or {})


def test_one_session_that_fails_does_not_stop_the_others(
    studio: Studio, sweep: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = studio.open(), studio.open()
    studio.put(good, 0, SHORT)
    listed = Objects.listed

    def broken(self: Any, prefix: str, after: str = "") -> Any:
        if bad in prefix:
            raise Transient("no answer")
        return listed(self, prefix, after)

    monkeypatch.setattr(Objects, "listed", broken)
    assert sweep() == {"repeated": 1, "closed": 0, "joined": 0, "pitched": 0, "failed": 1}
    unreadable = studio.open()
    studio.change(unreadable, status={"S": "DANCING"})
    assert sweep()["failed"] == 1
    assert CHOSEN["INGEST_FUNCTION"] in {function for function, _ in studio.started}


def test_a_sweep_whose_time_runs_out_is_continued(
    studio: Studio, sweep: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else those that were quiet longest would be looked at each time, and the others never."""
    sessions = [studio.open() for _ in range(3)]
    for place, session in enumerate(sessions):
        studio.send(session, 0, SHORT)
        studio.run()
        studio.ask("close_session", session, json={"windows": 1, "frames": 100})
        studio.started.clear()  # its join is lost
        studio.change(session, updatedAt={"S": f"2026-11-30T10:00:0{place}.000Z"})

    def joined() -> list[str]:
        """The sessions whose join was started again: that leaves their rows as they are."""
        studio.started.clear()
        sweep()
        return [payload["sessionId"] for _, payload in studio.started]

    with monkeypatch.context() as patch:
        patch.setattr(arrival, "SWEEP_FOR_S", -1.0)  # each has time for one
        assert [joined() for _ in range(4)] == [[sessions[place]] for place in (0, 1, 2, 0)]
    assert joined() == [*sessions[1:], sessions[0]]
    assert joined() == sessions


def test_a_place_whose_session_is_gone_is_a_place_still(
    studio: Studio, sweep: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = studio.open(), studio.open()
    for place, session in enumerate((first, second)):
        studio.put(session, 0, SHORT)
        studio.change(session, updatedAt={"S": f"2026-11-30T10:00:0{place}.000Z"})
    with monkeypatch.context() as patch:
        patch.setattr(arrival, "SWEEP_FOR_S", -1.0)
        assert sweep()["repeated"] == 1
        assert studio.windows(first, "completedAudioWindows") == [0]
        studio.ask("delete_session", first)
        assert sweep()["repeated"] == 1
    assert studio.windows(second, "completedAudioWindows") == [0]


def test_the_function_has_time_beyond_the_sweeps_own() -> None:
    function = template_of(ROOT / "templates/windows.yaml")["Resources"]["SweepSessionsFunction"]
    assert function["Properties"]["Timeout"] >= arrival.SWEEP_FOR_S + 60
