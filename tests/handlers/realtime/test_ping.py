"""WebSocket frames."""

import time
from typing import Any

import pytest

from tests.cloud import CHOSEN, Cloud, event
from unplugd.kernel.errors import Transient

Frames = list[tuple[str, dict[str, Any]]]
NAME = event("realtime", "ping")["requestContext"]["connectionId"]


def ping(cloud: Cloud, body: str | None = '{"action": "ping"}', name: str = NAME) -> None:
    trigger = event("realtime", "ping")
    trigger["requestContext"]["connectionId"] = name
    trigger["body"] = body
    assert cloud.call("realtime", "ping", trigger)["statusCode"] == 200


def test_a_ping_gets_its_pong(cloud: Cloud, sent: Frames, closed: list[str]) -> None:
    cloud.connect(NAME)
    ping(cloud)
    assert sent == [(NAME, {"action": "pong"})]
    assert closed == []


@pytest.mark.parametrize("body", ['{"action": "dance"}', "{}", "[]", "not json", "", None, "[" * 50_000])
def test_anything_else_is_unknown_and_harms_nothing(cloud: Cloud, sent: Frames, body: str | None) -> None:
    cloud.connect(NAME)
    ping(cloud, body)
    assert sent[0][1]["action"] == "unknown"
    assert sent[0][1]["message"]


def test_a_client_that_has_just_gone_is_no_fault(cloud: Cloud, sent: Frames) -> None:
    cloud.connect("gone")
    ping(cloud, name="gone")
    assert sent == []


@pytest.mark.parametrize("body", ['{"action": "ping"}', "not json"])
@pytest.mark.parametrize("row", ["removed", "expired"])
def test_a_connection_that_no_message_would_reach_is_closed(
    cloud: Cloud, sent: Frames, closed: list[str], row: str, body: str
) -> None:
    """A pong would keep the page waiting for messages that never come; closed, it comes back and looks."""
    if row == "expired":  # DynamoDB removes it within days
        cloud.connect(NAME, expires_at=int(time.time()) - 1)
    ping(cloud, body)
    assert (sent, closed) == ([], [NAME])


def test_one_that_cannot_be_closed_is_no_fault(cloud: Cloud, sent: Frames, closed: list[str]) -> None:
    ping(cloud, name="stuck-fast")
    assert (sent, closed) == ([], ["stuck-fast"])


def test_a_fault_of_the_table_closes_no_connection(
    cloud: Cloud, sent: Frames, closed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise Transient("throttled")

    monkeypatch.setattr("unplugd.aws.connections.ConnectionTable.expires_at", fail)
    ping(cloud)
    assert (sent, closed) == ([(NAME, {"action": "pong"})], [])


def test_who_was_let_in_this_moment_is_found(cloud: Cloud) -> None:
    """A client pings as soon as it is in: a read that may be a moment old would hang up on it."""
    from unplugd.aws.connections import ConnectionTable

    cloud.connect(NAME)
    asked: list[dict[str, Any]] = []
    cloud.db.meta.events.register(
        "before-parameter-build.dynamodb.GetItem", lambda params, **_: asked.append(params)
    )
    assert ConnectionTable(cloud.db, CHOSEN["CONNECTIONS_TABLE"]).expires_at(NAME) == 4102444800
    assert asked[0]["ConsistentRead"] is True
