"""PATCH /sessions/{sessionId}: title and offset."""

from __future__ import annotations

import pytest

from tests.cloud import STRANGER
from tests.handlers.capture.conftest import Studio


def test_title_and_offset_are_set_and_cleared(studio: Studio) -> None:
    session = studio.open(title="Take 1")
    _, changed = studio.ask("update_session", session, json={"title": "Second verse", "offsetMs": -120})
    assert (changed["title"], changed["offsetMs"]) == ("Second verse", -120)
    _, changed = studio.ask("update_session", session, json={"title": None})
    assert (changed["title"], changed["offsetMs"]) == (None, -120)
    assert studio.ask("update_session", session, json={})[1]["offsetMs"] == -120


@pytest.mark.parametrize(
    "body", [{"offsetMs": 600_001}, {"offsetMs": -600_001}, {"offsetMs": "1"}, {"status": "READY"}]
)
def test_a_wrong_change_is_refused(body: dict[str, object], studio: Studio) -> None:
    assert studio.ask("update_session", studio.open(), json=body)[0] == 400


def test_another_persons_session_is_not_changed(studio: Studio) -> None:
    session = studio.open(title="Mine")
    assert studio.ask("update_session", session, json={"title": "x"}, owner=STRANGER)[0] == 404
    assert studio.ask("get_session", session)[1]["title"] == "Mine"
