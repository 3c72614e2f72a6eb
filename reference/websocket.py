"""docs/websocket.md: an example of each message, made by the code that makes the messages."""

from __future__ import annotations

import json
from typing import Any

from reference.examples import NOW, SONG_ID, song
from unplugd.domain import messages
from unplugd.domain.song import LyricsStatus, Song, Status
from unplugd.realtime import service

# When a message is sent → the song's row at that moment.
MOMENTS: list[tuple[str, Song]] = [
    (
        "the song was put in the queue, or its position changed",
        song(status=Status.QUEUED, stage=None, queue_position=3, seq=1),
    ),
    ("processing starts", song(stage=None, progress=None, seq=2)),
    ("a stage has progressed; `etaSec` as soon as it can be estimated", song(seq=12)),
    ("the same, at the beginning of a stage", song(stage="whisper", progress=2, seq=30)),
    (
        "the song is complete; GET the song for its links and lyricsStatus",
        song(status=Status.COMPLETED, lyrics_status=LyricsStatus.READY, seq=40),
    ),
    (
        "the song has failed, and nothing is retried automatically",
        song(
            status=Status.FAILED,
            error_code="CORRUPT_AUDIO",
            error_message="The file is damaged or incomplete. Export it again and upload the new file.",
            seq=13,
        ),
    ),
    ("its owner has cancelled the song", song(status=Status.CANCELLED, seq=13)),
]
RECORDINGS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "a window of a recording was read, or refused: GET the session",
        messages.WINDOW_INGESTED,
        {"windowIndex": 0},
    ),
    ("a recording was joined: GET the session for its take", messages.SESSION_READY, {}),
    (
        "the pitch of a take was measured, or cannot be: GET the session for its `pitchUrl`",
        messages.SESSION_PITCHED,
        {},
    ),
]

_HEAD = f"""\
# The WebSocket

`make reference` generates this page from the code. The REST calls are in [openapi.json](openapi.json); `make docs`
shows them in a browser.

Connect to the stack's output `WebSocketUrl` with `?token=<ID token>`. Any other token is 401
([who-may.md](who-may.md)). 429 means that you have {service.MAX_CONNECTIONS} open connections, 503 that the service is
not available. The connection ends with the token, or after {service.MAX_CONNECTION_S // 3600} hours. Then connect again
and read the songs, because their rows hold the latest state.

## From the client

| frame | answer |
|---|---|
"""
_MESSAGES = """
A pong means that messages reach this connection. A connection that receives no messages (its token has expired, or a
message could not be sent) is closed instead. Ping every few minutes, and connect again when the connection closes.

## From the server

Each message is about one `subject` (`kind` and `id`: a song, whose id `songId` repeats, or a recording, whose id
`sessionId` repeats) and has a `seq`. A message can arrive twice, or late: ignore a `seq` that is not greater than the
last one of that subject, and kinds and types that you do not know. A run for the lyrics alone sends the same messages;
its song stays COMPLETED. While a complete song is measured, only PROGRESS with the stage `measure` is sent, and
COMPLETED at the end.

| type | when | |
|---|---|---|
"""


class _Recorder:
    """A socket that keeps the last message."""

    def __init__(self) -> None:
        self.last: dict[str, Any] = {}

    def send(self, _connection_id: str, message: Any) -> None:
        self.last = dict(message)

    def close(self, _connection_id: str) -> None:
        self.last = {}


class _Open:
    """A connection that has not expired."""

    def expires_at(self, _connection_id: str) -> int:
        return int(NOW.timestamp()) + 1


def page() -> str:
    """The page, as Markdown."""
    frames = []
    for frame, shown in (({"action": "ping"}, '`{"action": "ping"}`'), ({}, "anything else")):
        recorder = _Recorder()
        service.ping("", frame, connections=_Open(), sockets=recorder, now=NOW)
        frames.append(f"| {shown} | {_code(recorder.last)} |\n")
    rows = []
    for when, moment in MOMENTS:
        message = messages.for_song(moment, now=NOW) or {}
        rows.append(f"| {message['type']} | {when} | {_code(message)} |\n")
    when = "the whole song can be played; its stems may still be made: GET the song for its `mixUrl`"
    rows.append(f"| {messages.MIX_READY} | {when} | {_code(messages.for_mix(song(seq=5)))} |\n")
    for when, kind, more in RECORDINGS:
        message = messages.for_session(SONG_ID, 3, kind, **more)
        rows.append(f"| {kind} | {when} | {_code(message)} |\n")
    return _HEAD + "".join(frames) + _MESSAGES + "".join(rows)


def _code(message: dict[str, Any]) -> str:
    return f"`{json.dumps(message, ensure_ascii=False)}`"
