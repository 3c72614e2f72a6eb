"""WebSocket frames."""

import time
from typing import Any

import pytest

from tests.stage import CHOSEN, Stage, event
from unplugd.kernel.errors import Transient

Frames = list[tuple[str, dict[str, Any]]]
NAME = event("realtime", "ping")["requestContext"]["connectionId"]


def ping(stage: Stage, body: str | None = '{"action": "ping"}', name: str = NAME) -> None:
    trigger = event("realtime", "ping")
    trigger["requestContext"]["connectionId"] = name
    trigger["body"] = body
    assert stage.call("realtime", "ping", trigger)["statusCode"] == 200


def test_a_ping_gets_its_pong(stage: Stage, sent: Frames, closed: list[str]) -> None:
    stage.connect(NAME)
    ping(stage)
    assert sent == [(NAME, {"action": "pong"})]
    assert closed == []


@pytest.mark.parametrize("body", ['{"action": "dance"}', "{}", "[]", "not json", "", None, "[" * 50_000])
def test_anything_else_is_unknown_and_harms_nothing(stage: Stage, sent: Frames, body: str | None) -> None:
    stage.connect(NAME)
    ping(stage, body)
    assert sent[0][1]["action"] == "unknown"
    assert sent[0][1]["message"]


def test_a_client_that_has_gone_meanwhile_is_no_fault(stage: Stage, sent: Frames) -> None:
    stage.connect("gone")
    ping(stage, name="gone")
    assert sent == []


@pytest.mark.parametrize("body", ['{"action": "ping"}', "not json"])
@pytest.mark.parametrize("row", ["removed", "expired"])
def test_a_connection_that_no_message_would_reach_is_closed(
    stage: Stage, sent: Frames, closed: list[str], row: str, body: str
) -> None:
    """A pong would keep the page waiting for messages that never come; closed, it comes back and looks."""
    if row == "expired":  # DynamoDB removes it within days
        stage.connect(NAME, expires_at=int(time.time()) - 1)
    ping(stage, body)
    assert (sent, closed) == ([], [NAME])


def test_one_that_cannot_be_closed_is_no_fault(stage: Stage, sent: Frames, closed: list[str]) -> None:
    ping(stage, name="stuck-fast")
    assert (sent, closed) == ([], ["stuck-fast"])


def test_nobody_is_sent_away_for_a_fault_of_the_table(
    stage: Stage, sent: Frames, closed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise Transient("throttled")

    monkeypatch.setattr("unplugd.aws.connections.ConnectionTable.expires_at", fail)
    ping(stage)
    assert (sent, closed) == ([(NAME, {"action": "pong"})], [])


def test_who_was_let_in_this_moment_is_found(stage: Stage) -> None:
    """A client pings as soon as it is in: a read that may be a moment old would hang up on it."""
    from unplugd.aws.connections import ConnectionTable

    stage.connect(NAME)
    asked: list[dict[str, Any]] = []
    stage.db.meta.events.register(
        "before-parameter-build.dynamodb.GetItem", lambda params, **_: asked.append(params)
    )
    assert ConnectionTable(stage.db, CHOSEN["CONNECTIONS_TABLE"]).expires_at(NAME) == 4102444800
    assert asked[0]["ConsistentRead"] is True
