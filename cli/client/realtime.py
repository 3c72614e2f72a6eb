"""The WebSocket: what happens to a song, while it happens, over lost connections too."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from cli.client.errors import ClientError, Unreachable
from cli.client.library import Song

FINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED"})
QUIET_S = 10.0  # no news for so long: ask the API, a push may have been lost
PING_S = 240.0  # API Gateway closes a connection that is idle for 10 minutes
GIVE_UP_S = 60.0


@dataclass(frozen=True)
class Event:
    """One thing that happened to a song. `seq` grows; `details` is the rest of the message."""

    kind: str
    song_id: str
    seq: int
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether nothing comes after this one."""
        return self.kind in FINAL


class Listener:
    """Follows songs over one connection, which it makes again whenever it breaks.

    Pushes come at least once and can be lost with a connection; the row behind `read` always holds the
    latest. So a `seq` that was seen is dropped, and after a reconnect or a quiet spell the row is read.
    """

    def __init__(
        self,
        url: str,
        token: Callable[[], str],
        read: Callable[[str], Song],
        *,
        heard: Callable[[dict[str, Any]], None] = lambda _message: None,
        sleep: Callable[[float], None] = time.sleep,
        quiet_s: float = QUIET_S,
        give_up_s: float = GIVE_UP_S,
    ) -> None:
        self._url, self._token, self._read, self._heard = url, token, read, heard
        self._sleep, self._quiet_s, self._give_up_s = sleep, quiet_s, give_up_s
        self._socket: ClientConnection | None = None
        self._held = ExitStack()
        self._pinged_at = 0.0

    def connect(self) -> None:
        """Open the connection. Do it before the upload, and nothing can be missed."""
        url = f"{self._url}?token={quote(self._token())}"
        try:
            # proxy=None: as with REST, the way is direct
            opening = connect(url, open_timeout=10, close_timeout=2, proxy=None)
            self._socket = self._held.enter_context(opening)
        except InvalidStatus as error:
            status = error.response.status_code
            if status in (401, 403):
                raise ClientError("The live connection was refused: sign in again.", status=status) from None
            raise Unreachable(f"The live connection was answered with {status}.", status=status) from None
        except (OSError, WebSocketException) as error:
            # `from None`: the cause names the URL, and the URL holds the token
            raise Unreachable(f"The live connection failed ({type(error).__name__}).") from None
        self._pinged_at = time.monotonic()

    def close(self) -> None:
        """Close the connection."""
        self._socket = None
        self._held.close()

    def follow(self, song_id: str) -> Iterator[Event]:
        """Everything new about a song, up to its end."""
        seen = 0
        lost_at: float | None = None
        tries = 0
        while True:
            try:
                for event in self._hear_or_read(song_id):
                    lost_at, tries = None, 0
                    if event is None or (event.seq <= seen and not event.is_final):
                        continue
                    seen = max(seen, event.seq)
                    yield event
                    if event.is_final:
                        return
            except (Unreachable, OSError, WebSocketException) as error:
                self.close()
                lost_at = lost_at or time.monotonic()
                if time.monotonic() - lost_at > self._give_up_s:
                    sentence = f"The connection to Unplugd was lost and did not come back ({error})."
                    raise Unreachable(sentence) from None
                self._sleep(min(5.0, 0.25 * 2**tries))
                tries += 1

    def _hear_or_read(self, song_id: str) -> Iterator[Event | None]:
        """News of one song from the socket; from its row after a reconnect and when the socket is quiet.

        None says: alive, but nothing new."""
        if self._socket is None:
            self.connect()
            yield from self._from_row(song_id)
        while self._socket is not None:
            try:
                message = json.loads(self._socket.recv(timeout=self._quiet_s))
            except TimeoutError:
                yield from self._from_row(song_id)
                self._keep_alive()
                continue
            except ValueError:
                continue  # not ours to understand
            if isinstance(message, dict) and message.get("songId") == song_id:
                self._heard(message)
                rest = {k: v for k, v in message.items() if k not in ("type", "songId", "seq")}
                yield Event(str(message.get("type")), song_id, int(message.get("seq") or 0), rest)

    def _from_row(self, song_id: str) -> Iterator[Event | None]:
        event = event_of(self._read(song_id))
        yield event

    def _keep_alive(self) -> None:
        if self._socket is not None and time.monotonic() - self._pinged_at > PING_S:
            self._socket.send('{"action":"ping"}')
            self._pinged_at = time.monotonic()


def event_of(song: Song) -> Event | None:
    """The event a song's row amounts to; None before it is in the line."""
    status, song_id, seq = song["status"], song["songId"], song.get("seq") or 0
    if status == "QUEUED":
        return Event("QUEUED", song_id, seq, {"position": song.get("queuePosition")})
    if status == "PROCESSING" and song.get("stage"):
        known = {"stage": song["stage"], "progress": song.get("progress") or 0, "etaSec": song.get("etaSec")}
        return Event("PROGRESS", song_id, seq, known)
    if status == "PROCESSING":
        return Event("PROCESSING_STARTED", song_id, seq)
    if status == "FAILED":
        why = {"errorCode": song.get("errorCode"), "message": song.get("errorMessage")}
        return Event("FAILED", song_id, seq, why)
    return Event(status, song_id, seq) if status in FINAL else None
