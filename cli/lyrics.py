"""`unplugd lyrics`: take a song's lyrics as a file, or give it other words."""

from __future__ import annotations

import base64
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli import session as sessions
from cli.client.library import Library
from cli.client.transport import Transport
from cli.console import Console
from cli.songfile import Refused

MAX_BYTES = 1_000_000


def words_of(path: Path, encoding: str | None = None) -> dict[str, Any]:
    """The request body for a lyrics file: its unchanged bytes. `Refused` says why a file cannot be one."""
    if not path.is_file():
        raise Refused(f"There is no file {path}.")
    if path.stat().st_size > MAX_BYTES:
        raise Refused(f"{path.name} is larger than the {MAX_BYTES // 1000} KB that lyrics may have.")
    body = {"file": base64.b64encode(path.read_bytes()).decode()}
    return body | ({"encoding": encoding} if encoding else {})


def run(
    data: Path | None, song_id: str, *, given: Path | None, encoding: str | None, kind: str, out: Path | None
) -> None:
    """Give a song the words of `given`, or take its lyrics as a file of format `kind`."""
    if given is not None:
        give(data, song_id, given, encoding)
    else:
        take(data, song_id, kind, out)


def take(data: Path | None, song_id: str, kind: str, out: Path | None) -> None:
    """Print a song's lyrics, or write them to `out`."""
    console = Console(sys.stderr)
    with open_library(data, console) as library:
        text = library.lyrics(song_id, kind)
    if out is None:
        sys.stdout.write(text)
        return
    out.write_text(text, encoding="utf-8")
    console.say(f"Wrote {out}.")


def give(data: Path | None, song_id: str, file: Path, encoding: str | None) -> None:
    """Give a song the words of a file, and wait until they are timed where the song is complete."""
    body = words_of(file, encoding)
    console = Console()
    with open_library(data, console) as library:
        song: Any = library.put_lyrics(song_id, version=library.get(song_id)["lyricsVersion"], **body)
        while song["status"] == "COMPLETED" and song["lyricsStatus"] in ("QUEUED", "PROCESSING"):
            console.progress("Timing the words", (song["progress"] or 0) / 100)
            time.sleep(0.5)
            song = library.get(song_id)
        console.close()
    if song["lyricsStatus"] == "FAILED":
        raise Refused(f"The words are kept, but could not be timed: {song['lyricsReason']}")
    console.say(f"Version {song['lyricsVersion']} of the lyrics is kept.")


@contextmanager
def open_library(data: Path | None, console: Console) -> Iterator[Library]:
    """The data folder's user's songs, in the running stack or in one for this call."""
    root = sessions.data_folder(data)
    with sessions.use(root, console.say) as session:
        transport = Transport()
        try:
            identity = sessions.identify(session, transport, sessions.person(session.data_dir))
            yield sessions.library(session, transport, identity)
        finally:
            transport.close()
