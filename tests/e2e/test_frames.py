"""Frames that no client of ours sends: binary, huge, no JSON, a flood. The connection may end; nothing else may."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.stack

FLOOD = 200
HOSTILE: dict[str, list[str | bytes]] = {
    "binary": [b"\0\xff" * 500],
    "not JSON": ["{", "null", "[1]", '"text"', "\x00"],
    "deep": ["[" * 20_000],
    "huge": ["x" * 200_000],
    "an unknown action": [
        '{"action": "__proto__"}',
        '{"action": {"a": 1}}',
        '{"action": "$connect"}',
        '{"action": "ping", "action": "x"}',
    ],
}


def dial(visitor: Visitor) -> ClientConnection:
    url = f"{visitor.session.outputs['WebSocketUrl']}?token={quote(visitor.token())}"
    return connect(url, open_timeout=60, close_timeout=1, proxy=None)


def pong(socket: ClientConnection) -> None:
    socket.send('{"action": "ping"}')
    while json.loads(socket.recv(timeout=60)).get("action") != "pong":
        pass


@pytest.fixture(scope="module")
def pia(visitor: Callable[[str], Visitor]) -> Visitor:
    return visitor("pia")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_frame_harms_no_other_user(pia: Visitor, name: str) -> None:
    with dial(pia) as other, dial(pia) as hostile:
        try:
            for frame in HOSTILE[name]:
                hostile.send(frame)
            pong(hostile)
        except ConnectionClosed:
            pass
        pong(other)
    assert pia.library.list()["data"] == []


def test_a_message_does_not_end_its_connection(pia: Visitor) -> None:
    with dial(pia) as socket:
        socket.send('{"action": "$disconnect"}')
        while json.loads(socket.recv(timeout=60)).get("action") != "unknown":
            pass
        pong(socket)


def test_a_flood_is_answered_or_ended_and_others_are_served(pia: Visitor) -> None:
    with dial(pia) as other, dial(pia) as flooding:
        try:
            for _ in range(FLOOD):
                flooding.send('{"action": "ping"}')
        except ConnectionClosed:
            pass
        pong(other)
    assert pia.library.list()["data"] == []


def test_a_ping_closes_a_connection_without_messages(pia: Visitor, admin: Callable[[str], Any]) -> None:
    db, table = admin("dynamodb"), pia.session.outputs["SongsTableName"].replace("-songs", "-connections")
    with dial(pia) as deaf:
        pong(deaf)
        for row in db.scan(TableName=table)["Items"]:
            db.delete_item(TableName=table, Key={"connectionId": row["connectionId"]})
        deaf.send('{"action": "ping"}')
        with pytest.raises(ConnectionClosed):
            deaf.recv(timeout=60)
    with dial(pia) as back:
        pong(back)
