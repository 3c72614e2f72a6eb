"""WebSocket frames."""

from typing import Any

import pytest

from tests.stage import Stage, event

Frames = list[tuple[str, dict[str, Any]]]


def test_a_ping_gets_its_pong(stage: Stage, sent: Frames) -> None:
    trigger = event("realtime", "ping")
    assert stage.call("realtime", "ping", trigger)["statusCode"] == 200
    assert sent == [(trigger["requestContext"]["connectionId"], {"action": "pong"})]


@pytest.mark.parametrize("body", ['{"action": "dance"}', "{}", "[]", "not json", "", None, "[" * 50_000])
def test_anything_else_is_unknown_and_harms_nothing(stage: Stage, sent: Frames, body: str | None) -> None:
    trigger = event("realtime", "ping")
    trigger["body"] = body
    assert stage.call("realtime", "ping", trigger)["statusCode"] == 200
    assert sent[0][1]["action"] == "unknown"
    assert sent[0][1]["message"]


def test_a_client_that_has_gone_meanwhile_is_no_fault(stage: Stage, sent: Frames) -> None:
    trigger = event("realtime", "ping")
    trigger["requestContext"]["connectionId"] = "gone"
    assert stage.call("realtime", "ping", trigger)["statusCode"] == 200
    assert sent == []
