"""One song's journey as a client makes it: up, along the live events, and back down."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import session as sessions
from cli.client.download import Downloader
from cli.client.errors import ClientError
from cli.client.library import Library, Song
from cli.client.realtime import Event, Listener
from cli.client.transport import Transport
from cli.console import Console
from cli.songfile import SongFile

STAGES = {
    "demucs": "Separating the instruments",
    "whisper": "Writing the lyrics",
    "measure": "Measuring the song",
}


@dataclass(frozen=True)
class Journey:
    """A song that came through."""

    song_id: str
    seconds: float
    folder: Path

    @property
    def last_line(self) -> str:
        """The line a script can rely on."""
        return f"COMPLETED {self.song_id} in {max(1, round(self.seconds))} s -> {self.folder}"


def make(
    session: sessions.Session,
    song: SongFile,
    folder: Path,
    console: Console,
    *,
    lyrics: dict[str, Any] | None = None,
    **wishes: str,
) -> Journey:
    """Upload `song` as the data folder's user, wait for its end and fetch what was made of it. `lyrics`: the
    request body with its words."""
    transport = Transport()
    try:
        who = sessions.person(session.data_dir)
        identity = sessions.identify(session, transport, who)
        console.say(f"Signed in as {who.email}.")
        library = sessions.library(session, transport, identity)
        listener = Listener(session.outputs["WebSocketUrl"], identity.id_token, library.get)
        try:
            song_id, seconds = _send_and_follow(library, listener, song, console, wishes, lyrics)
        finally:
            listener.close()
        console.progress("Downloading", 0.0)
        fetched = 0

        def done(name: str) -> None:
            nonlocal fetched
            fetched += 1
            console.progress("Downloading", fetched / 6, name)

        manifest = Downloader(transport).fetch_song(lambda: library.get(song_id), folder, done=done)
        for line in describe(manifest, library.get(song_id), folder):
            console.say(line)
        return Journey(song_id, seconds, folder)
    finally:
        console.close()
        transport.close()


def _send_and_follow(
    library: Library,
    listener: Listener,
    song: SongFile,
    console: Console,
    wishes: dict[str, str],
    lyrics: dict[str, Any] | None,
) -> tuple[str, float]:
    ticket = library.announce(song.path, song.content_type, **wishes)
    if lyrics:  # before the upload, so that the first run has them
        library.put_lyrics(ticket.song_id, version=0, **lyrics)
    # Before the upload: an event cannot come earlier than its listener.
    listener.connect()
    size = song.path.stat().st_size
    started = time.monotonic()
    console.progress("Uploading", 0.0, song.path.name)
    library.upload(ticket, song.path, lambda sent: console.progress("Uploading", sent / size, song.path.name))
    for event in listener.follow(ticket.song_id):
        show(event, console)
        if event.kind == "FAILED":
            raise ClientError(event.details.get("message") or "The song failed, and no reason was given.")
        if event.kind == "CANCELLED":
            raise ClientError("The song was cancelled.")
    return ticket.song_id, time.monotonic() - started


def show(event: Event, console: Console) -> None:
    """Put one event on the console."""
    details = event.details
    if event.kind == "QUEUED":
        position = details.get("position") or 1
        console.progress("Waiting in the queue", None, "next" if position == 1 else f"place {position}")
    elif event.kind == "PROCESSING_STARTED":
        console.progress("Processing has started")
    elif event.kind == "PROGRESS":
        left = details.get("etaSec")
        label = STAGES.get(str(details.get("stage")), str(details.get("message") or "Working"))
        console.progress(label, (details.get("progress") or 0) / 100, f"{left} s left" if left else "")


def describe(manifest: dict[str, Any], song: Song, folder: Path) -> list[str]:
    """What made the result, and how good that is."""
    separation = manifest.get("separation") or {}
    model = str(separation.get("model") or song.get("model"))
    seconds = separation.get("seconds")
    took = f" in {seconds:.1f} s" if isinstance(seconds, (int, float)) else ""
    quality = " (the built-in separator)" if model == "preview" else ""
    return [f"Stems by {model}{took}{quality}.", _lyrics_line(manifest.get("lyrics") or {}, song, folder)]


def _lyrics_line(made: dict[str, Any], song: Song, folder: Path) -> str:
    status = song.get("lyricsStatus")
    if status == "FAILED":
        reason = song.get("lyricsReason") or "no reason was given"
        return f"No lyrics, the stems are fine: {reason}"
    if status == "INSTRUMENTAL":
        return "No lyrics: this song has no singing."
    document = json.loads((folder / "lyrics.json").read_text())
    words = sum(len(segment["words"]) for segment in document["segments"])
    engine = made.get("engine") or made.get("model") or document.get("engine") or "an unnamed engine"
    estimated = " (the times are estimates)" if document.get("estimated") else ""
    if made.get("engineModel"):
        engine = f"{engine} ({made['engineModel']})"
    return f"Lyrics by {engine}: {len(document['segments'])} lines, {words} words{estimated}."
