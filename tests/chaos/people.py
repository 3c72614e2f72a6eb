"""A person at the chaos stack: uploads, listens to the WebSocket in the background, asks the API."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from cli import session as sessions
from cli.client.errors import ClientError
from cli.client.library import Song, Ticket
from cli.client.transport import Answer, Transport
from tests.chaos.rules import PATIENCE

if TYPE_CHECKING:
    from tests.chaos.world import World

FINAL = ("COMPLETED", "FAILED", "CANCELLED")


class Guest:
    """`sent` are the songs whose upload was answered with 200: they must not be lost."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self.name = name
        self._transport = Transport()
        self._person = sessions.Person(f"{name}@unplugd.example", f"{name}-Secret-1-{name}")
        self.identity = sessions.identify(world.session(), self._transport, self._person)
        self.library = sessions.library(world.session(), self._transport, self.identity)
        self.user_id = _claims(self.identity.id_token())["sub"]
        self.sent: list[str] = []
        self.expected: dict[str, str] = {}
        self.completed_by: dict[str, int] = {}  # by how many executions, where the person asked again
        self.heard: list[dict[str, Any]] = []
        self.recorded: list[dict[str, Any]] = []  # what was heard of recordings
        self.deaf = False
        self._socket: ClientConnection | None = None
        self._listener: threading.Thread | None = None

    def move(self) -> None:
        """Follow the stack to another port, with the same tokens."""
        self.library = sessions.library(self._world.session(), self._transport, self.identity)

    def listen(self) -> None:
        """Open a connection and keep what it says in `heard`."""
        url = f"{self._world.outputs['WebSocketUrl']}?token={quote(self.identity.id_token())}"
        self._socket = connect(url, open_timeout=60, close_timeout=1, proxy=None)
        self._listener = threading.Thread(target=self._hear, args=(self._socket,), daemon=True)
        self._listener.start()

    def _hear(self, socket: ClientConnection) -> None:
        with contextlib.suppress(WebSocketException, OSError):
            for text in socket:
                message = json.loads(text)
                if "songId" in message:
                    self.heard.append(message)
                elif "sessionId" in message:
                    self.recorded.append(message)

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            with contextlib.suppress(WebSocketException, OSError):
                self._socket.close()

    def announce(self, *, file: Path | None = None, **plan: Any) -> Ticket:
        """Ask for an upload, with a plan for the song's tasks."""
        ticket = self.library.announce(file or self._world.song_file, "audio/wav")
        self._world.plan(ticket.song_id, **plan)
        return ticket

    def put(self, ticket: Ticket, file: Path | None = None) -> str:
        """Upload. From the answer on the song is ours to keep."""
        self.library.upload(ticket, file or self._world.song_file)
        self.sent.append(ticket.song_id)
        return ticket.song_id

    def send(self, **plan: Any) -> str:
        """Announce and upload; the song's id."""
        return self.put(self.announce(**plan))

    def expects(self, song_id: str, status: str) -> None:
        """Where the song must end; COMPLETED where nothing else is said, GONE after a delete."""
        self.expected[song_id] = status

    def status(self, song_id: str) -> str:
        """The song's status by the API."""
        try:
            return str(self.library.get(song_id)["status"])
        except ClientError as error:
            if error.status == 404:
                return "GONE"
            raise

    def wait(self, song_id: str, *statuses: str, within_s: float = 40) -> Song:
        """Wait until the API shows one of these."""
        end = time.monotonic() + within_s * PATIENCE
        song: Song = {}
        while time.monotonic() < end:
            with contextlib.suppress(ClientError):
                song = self.library.get(song_id)
                if song["status"] in statuses:
                    return song
            time.sleep(0.1)
        raise AssertionError(
            f"{song_id} is {song.get('status')}, not {' or '.join(statuses)}, after {within_s} s"
        )

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """One plain API call, never repeated."""
        headers = {"Authorization": self.identity.id_token(), "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        answer = self._transport.send(
            method, self._world.outputs["ApiUrl"].rstrip("/") + path, headers=headers, body=data
        )
        return answer.status, answer.json()

    def put_window(self, url: str, data: bytes, headers: dict[str, str]) -> Answer:
        """PUT a window's file to its link, never repeated."""
        return self._transport.send("PUT", url, headers=headers, body=data)

    def get(self, url: str) -> bytes:
        """What a link gives."""
        return self._transport.send("GET", url, headers={}).body

    def call_alone(self, method: str, path: str, body: Any = None) -> int:
        """An API call over a connection of its own; its status."""
        headers = {"Authorization": self.identity.id_token(), "Content-Type": "application/json"}
        url = self._world.outputs["ApiUrl"].rstrip("/") + path
        data = None if body is None else json.dumps(body).encode()
        return Transport().send(method, url, headers=headers, body=data).status

    def another(self) -> ClientConnection:
        """One more connection, without a listener."""
        url = f"{self._world.outputs['WebSocketUrl']}?token={quote(self.identity.id_token())}"
        return connect(url, open_timeout=60, close_timeout=1, proxy=None)

    def messages(self, song_id: str, *kinds: str) -> list[dict[str, Any]]:
        """What was heard of a song."""
        return [m for m in self.heard if m["songId"] == song_id and (not kinds or m["type"] in kinds)]


def _claims(token: str) -> dict[str, Any]:
    import base64

    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims
