"""POST /sessions/{sessionId}/close: how much was recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud import STRANGER, Cloud, event
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


GAP = {"start": 10, "frames": 5, "lost": 7, "why": "missed"}


def close(studio: Studio, gaps: Any) -> tuple[int, dict[str, Any]]:
    """Close a new session of 1,000 sample frames with these gaps."""
    return studio.ask("close_session", studio.open(), json={"windows": 1, "frames": 1000, "gaps": gaps})


def test_every_device_shows_what_the_recorder_missed(studio: Studio) -> None:
    gaps = [GAP, {"start": 1000, "frames": 0, "lost": 441, "why": "stalled"}, GAP | {"why": "paused"}]
    status, closed = close(studio, gaps)
    assert (status, closed["recorderGaps"]) == (202, gaps)
    assert studio.ask("get_session", closed["sessionId"])[1]["recorderGaps"] == gaps
    assert studio.ask("list_sessions")[1]["data"][0]["recorderGaps"] == gaps


@pytest.mark.parametrize("gaps", [None, []])
def test_a_recorder_may_have_missed_nothing(gaps: Any, studio: Studio) -> None:
    status, closed = close(studio, gaps)
    assert (status, closed["recorderGaps"], closed["gaps"]) == (202, [], [])


@pytest.mark.parametrize(
    ("gaps", "says"),
    [
        ("x", "a list"),
        ({}, "a list"),
        ([GAP] * 101, "at most 100"),
        ([GAP, 1], "gaps[1] must have"),
        ([GAP | {"more": 1}], "gaps[0] must have"),
        ([GAP | {"start": -1}], "whole numbers"),
        ([GAP | {"start": True}], "whole numbers"),
        ([GAP | {"frames": 1.5}], "whole numbers"),
        ([GAP | {"lost": "1"}], "whole numbers"),
        ([GAP | {"lost": 10**10}], "whole numbers"),
        ([GAP | {"start": 996}], "within the 1000"),
        ([GAP | {"why": "asleep"}], "why must be one of missed, paused, stalled"),
        ([GAP | {"why": []}], "why must be one of"),
    ],
)
def test_a_gap_of_the_wrong_form_is_named(gaps: Any, says: str, studio: Studio) -> None:
    status, answer = close(studio, gaps)
    assert status == 400
    assert says in answer["message"]


def test_as_many_gaps_as_may_be_are_kept(studio: Studio) -> None:
    gaps = [{"start": 10.0 * index, "frames": 1, "lost": 0, "why": "missed"} for index in range(100)]
    assert len(close(studio, gaps)[1]["recorderGaps"]) == 100


def test_an_export_says_what_the_recorder_missed(studio: Studio, cloud: Cloud) -> None:
    close(studio, [GAP])
    trigger, found = event("account", "export_account"), []
    trigger["queryStringParameters"] = None
    while True:
        page = json.loads(cloud.call("account", "export_account", trigger)["body"])
        found += [one["session"]["recorderGaps"] for one in page["data"] if "session" in one]
        if page["nextCursor"] is None:
            break
        trigger["queryStringParameters"] = {"cursor": page["nextCursor"]}
    assert found == [[GAP]]
