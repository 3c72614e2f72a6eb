"""POST /sessions/{sessionId}/close: how much was recorded."""

from __future__ import annotations

import pytest

from tests.cloud import STRANGER
from tests.handlers.capture.conftest import MINUTE, Studio, tone, wav


def test_it_waits_for_the_windows_that_are_missing(studio: Studio) -> None:
    session = studio.open()
    status, closed = studio.ask("close_session", session, json={"windows": 2, "frames": MINUTE + 5})
    assert (status, closed["status"], closed["windows"]) == (202, "CLOSED", 2)
    assert closed["durationSec"] == 60.0
    assert studio.started == []


def test_it_is_joined_at_once_when_all_are_here(studio: Studio) -> None:
    session = studio.open()
    studio.send(session, 0, wav(tone(1000)))
    studio.run()
    studio.ask("close_session", session, json={"windows": 1, "frames": 1000})
    assert studio.run() == ["join_session"]
    assert studio.ask("get_session", session)[1]["status"] == "READY"


def test_closing_twice_changes_nothing(studio: Studio) -> None:
    session, end = studio.open(), {"windows": 1, "frames": 1000}
    first = studio.ask("close_session", session, json=end)
    assert studio.ask("close_session", session, json=end) == first
    assert studio.ask("close_session", session, json={"windows": 1, "frames": 999})[0] == 409


@pytest.mark.parametrize(
    ("windows", "frames"),
    [
        (0, 1),
        (1, 0),
        (1, MINUTE + 1),
        (2, MINUTE),
        (601, 600 * MINUTE),
        (181, 181 * MINUTE),
        (-1, 0),
        (1, 1.5),
    ],
)
def test_figures_that_cannot_be_are_refused(windows: int, frames: float, studio: Studio) -> None:
    assert studio.ask("close_session", studio.open(), json={"windows": windows, "frames": frames})[0] == 400


def test_more_windows_than_it_says_are_refused(studio: Studio) -> None:
    session = studio.open()
    studio.send(session, 1, wav(tone(1000)))
    status, answer = studio.ask("close_session", session, json={"windows": 1, "frames": 1000})
    assert status == 400
    assert "Window 1" in answer["message"]


def test_another_persons_session_stays_open(studio: Studio) -> None:
    session = studio.open()
    assert studio.ask("close_session", session, json={"windows": 0, "frames": 0}, owner=STRANGER)[0] == 404
    assert studio.ask("get_session", session)[1]["status"] == "OPEN"
