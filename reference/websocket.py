"""docs/websocket.md: each message the builder can make, made by the builder."""

from __future__ import annotations

import json
from typing import Any

from reference.examples import NOW, song
from unplugd.domain import messages
from unplugd.domain.song import LyricsStatus, Song, Status
from unplugd.realtime import service

# When it is sent → the song's row at that moment.
MOMENTS: list[tuple[str, Song]] = [
    (
        "the upload is accepted, the song is in line again, or its place has changed",
        song(status=Status.QUEUED, stage=None, queue_position=3, seq=1),
    ),
    ("processing starts", song(stage=None, progress=None, seq=2)),
    ("a stage has come further; `etaSec` once the pace says something", song(seq=12)),
    ("the same, at a stage's beginning", song(stage="whisper", progress=2, seq=30)),
    (
        "it is done; the song's row has the links and says how the lyrics went",
        song(status=Status.COMPLETED, lyrics_status=LyricsStatus.READY, seq=40),
    ),
    (
        "it has failed for good; nothing is tried again by itself",
        song(
            status=Status.FAILED,
            error_code="CORRUPT_AUDIO",
            error_message="The file is damaged or incomplete. Export it again and upload the new file.",
            seq=13,
        ),
    ),
    ("its owner has cancelled it", song(status=Status.CANCELLED, seq=13)),
]

_HEAD = f"""\
# The WebSocket

Made from the code by `make reference`. The REST calls are in [openapi.json](openapi.json), and in api.html for people
(`make docs`).

Connect to the stack's output `WebSocketUrl` with `?token=<ID token>`. Anything but a valid ID token of this app is 401
([who-may.md](who-may.md)); 429 means that you have {service.MAX_CONNECTIONS} connections open, 503 that you cannot be
let in just now. The connection ends with the token, or after {service.MAX_CONNECTION_S // 3600} hours: connect again,
then read the songs, whose rows hold the latest.

## You send

| frame | answer |
|---|---|
"""
_MESSAGES = """
A pong says that messages reach this connection. One that they would not reach (its token has expired, or a message
could not be sent over it) is closed instead: ping every few minutes, and connect again when it closes.

## You hear

Each message is about one song and has its `songId` and `seq`. A message may come twice: drop a `seq` that is not
greater than the last one of that song. A retry of lyrics alone says the same words about a song that stays COMPLETED.

| type | when | |
|---|---|---|
"""


class _Heard:
    """A socket that keeps what it was sent."""

    def __init__(self) -> None:
        self.last: dict[str, Any] = {}

    def send(self, _connection_id: str, message: Any) -> None:
        self.last = dict(message)

    def close(self, _connection_id: str) -> None:
        self.last = {}


class _Remembered:
    """A connection whose time is not up."""

    def expires_at(self, _connection_id: str) -> int:
        return int(NOW.timestamp()) + 1


def page() -> str:
    """The page, as Markdown."""
    frames = []
    for frame, shown in (({"action": "ping"}, '`{"action": "ping"}`'), ({}, "anything else")):
        heard = _Heard()
        service.ping("", frame, connections=_Remembered(), sockets=heard, now=NOW)
        frames.append(f"| {shown} | {_code(heard.last)} |\n")
    rows = []
    for when, moment in MOMENTS:
        message = messages.for_song(moment, now=NOW) or {}
        rows.append(f"| {message['type']} | {when} | {_code(message)} |\n")
    return _HEAD + "".join(frames) + _MESSAGES + "".join(rows)


def _code(message: dict[str, Any]) -> str:
    return f"`{json.dumps(message, ensure_ascii=False)}`"
