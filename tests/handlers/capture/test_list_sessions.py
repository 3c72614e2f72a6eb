"""GET /sessions: a page of the caller's recordings."""

from __future__ import annotations

import pytest

from tests.cloud import STRANGER
from tests.handlers.capture.conftest import Studio
from unplugd.capture import service


def test_the_newest_come_first_in_pages(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAGE", 2)
    made = [studio.open(title=str(number)) for number in range(3)]
    _, first = studio.ask("list_sessions")
    _, second = studio.ask("list_sessions", queryStringParameters={"cursor": first["nextCursor"]})
    shown = [one["sessionId"] for one in [*first["data"], *second["data"]]]
    assert shown == sorted(made, reverse=True)
    assert second["nextCursor"] is None


def test_another_person_sees_none_of_them(studio: Studio) -> None:
    studio.open()
    assert studio.ask("list_sessions", owner=STRANGER)[1]["data"] == []


def test_a_row_that_cannot_be_read_is_left_out(studio: Studio, logged: list[str]) -> None:
    good, bad = studio.open(), studio.open()
    studio.change(bad, status={"S": "DANCING"})
    assert [one["sessionId"] for one in studio.ask("list_sessions")[1]["data"]] == [good]
    assert "skipped a row that cannot be read" in logged
    assert studio.ask("get_session", bad)[0] == 409


def test_a_foreign_cursor_is_refused(studio: Studio) -> None:
    status, answer = studio.ask("list_sessions", queryStringParameters={"cursor": "x"})
    assert (status, answer["error"]) == (400, "bad_cursor")
