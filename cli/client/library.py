"""The REST API: a person's songs, and the upload of one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypedDict
from urllib.parse import quote, urlencode

from cli.client.cognito import Identity
from cli.client.errors import ClientError, Unreachable, from_answer
from cli.client.transport import Answer, Transport

TRIES = 3
_BUSY = frozenset({429, 500, 502, 503, 504})


class Song(TypedDict, total=False):
    """A song as the API shows it, as far as this client reads it."""

    songId: str
    title: str | None
    artist: str | None
    status: str
    stage: str | None
    progress: int | None
    seq: int
    etaSec: int | None
    queuePosition: int | None
    errorCode: str | None
    errorMessage: str | None
    lyricsStatus: str | None
    lyricsReason: str | None
    lyricsVersion: int
    durationSec: float | None
    model: str
    stems: dict[str, dict[str, str]]
    peaksUrl: str
    lyricsUrl: str
    manifestUrl: str


@dataclass(frozen=True)
class Ticket:
    """Leave to upload one file: where to, and the headers the signature binds."""

    song_id: str
    url: str
    headers: Mapping[str, str]


class Library:
    """The signed-in person's songs."""

    def __init__(
        self,
        transport: Transport,
        url: str,
        identity: Identity,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = transport
        self._url = url.rstrip("/")
        self._identity = identity
        self._sleep = sleep

    def announce(self, path: Path, content_type: str, **wishes: str) -> Ticket:
        """Tell the API of a file to come (`wishes`: title, artist, language, model, lyricsModel)."""
        body = {
            "filename": path.name,
            "contentType": content_type,
            "sizeBytes": path.stat().st_size,
            **wishes,
        }
        return _ticket(self._call("POST", "/songs/upload-url", body))

    def announce_again(self, song_id: str) -> Ticket:
        """A fresh upload URL for a song whose first one ran out."""
        return _ticket(self._call("POST", f"{_song(song_id)}/upload-url"), song_id)

    def upload(self, ticket: Ticket, path: Path, sent: Callable[[int], None] = lambda _bytes: None) -> None:
        """Stream the file to storage; `sent` hears how many bytes have gone."""
        for attempt in range(1, TRIES + 1):
            last = attempt == TRIES
            with path.open("rb") as file:
                body = _Counted(file, sent)
                headers = {**ticket.headers, "Content-Length": str(path.stat().st_size)}
                try:
                    answer = self._transport.send("PUT", ticket.url, headers=headers, body=body)  # type: ignore[arg-type]  # read() is all that is used
                except Unreachable:
                    if last:
                        raise
                    self._sleep(attempt)
                    continue
            if answer.status == 200 or (answer.status == 412 and attempt > 1):
                return  # 412: our first try had arrived although its answer was lost
            if answer.status == 403 and not last and b"expired" in answer.body:
                ticket = self.announce_again(ticket.song_id)
            elif answer.status not in _BUSY or last:
                raise from_answer(answer.status, answer.body, "upload the file")

    def get(self, song_id: str) -> Song:
        """The current state of one song."""
        song: Song = self._call("GET", _song(song_id))
        return song

    def list(self, **query: str | int) -> dict[str, Any]:
        """A page of songs: `data` and `nextCursor`."""
        page: dict[str, Any] = self._call("GET", "/songs" + (f"?{urlencode(query)}" if query else ""))
        return page

    def delete(self, song_id: str) -> None:
        """Remove a song for good."""
        self._call("DELETE", _song(song_id))

    def delete_account(self) -> None:
        """Remove the person, all their songs and their sign-in."""
        self._call("DELETE", "/account")

    def cancel(self, song_id: str) -> Song:
        """Stop a song that waits or runs."""
        song: Song = self._call("POST", f"{_song(song_id)}/cancel")
        return song

    def lyrics(self, song_id: str, kind: str = "json") -> str:
        """The lyrics as a file of a format (json, txt, lrc, lrc-enhanced, srt, vtt, ass)."""
        return self._ask("GET", f"{_song(song_id)}/lyrics?{urlencode({'format': kind})}").body.decode()

    def put_lyrics(self, song_id: str, **change: Any) -> Song:
        """Give or move the words; `version` is the song's lyricsVersion that this builds on."""
        song: Song = self._call("PUT", f"{_song(song_id)}/lyrics", change)
        return song

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._ask(method, path, body).json()

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        for attempt in range(1, TRIES + 1):
            last = attempt == TRIES
            try:
                answer = self._send(method, path, body)
            except Unreachable:
                # These may have done their work before the line went dead; asking again could do it twice.
                if last or method in ("POST", "PUT"):
                    raise
            else:
                if answer.status < 300:
                    return answer
                if answer.status == 401 and attempt == 1:
                    self._identity.renew()
                    continue
                if answer.status not in _BUSY or last:
                    raise from_answer(answer.status, answer.body, f"{method} {path.partition('?')[0]}")
            self._sleep(0.5 * 2**attempt)
        raise ClientError("Your session has ended. Sign in again.", status=401)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        headers = {"Authorization": self._identity.id_token(), "Accept": "application/json"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        return self._transport.send(method, self._url + path, headers=headers, body=data)


class _Counted:
    """A file that tells how much of it was read."""

    def __init__(self, file: IO[bytes], sent: Callable[[int], None]) -> None:
        self._file, self._sent, self._total = file, sent, 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes; reported once the ones before have left."""
        data = self._file.read(size)
        self._total += len(data)
        self._sent(self._total)
        return data


def _ticket(answer: Mapping[str, Any], song_id: str | None = None) -> Ticket:
    return Ticket(str(answer.get("songId") or song_id), str(answer["uploadUrl"]), dict(answer["headers"]))


def _song(song_id: str) -> str:
    return f"/songs/{quote(song_id, safe='')}"
