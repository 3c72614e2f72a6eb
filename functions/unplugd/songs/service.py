"""The library: list, read, edit and delete one's own songs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from unplugd.kernel.clock import to_iso
from unplugd.kernel.errors import AppError, NotFound
from unplugd.kernel.ids import is_song_id
from unplugd.kernel.log import logger
from unplugd.songs import rules
from unplugd.songs.model import LINK_SECONDS, STEMS, STREAM_SUFFIX, Song, Status, output_prefix

_GONE = "There is no such song in your library."


class Songs(Protocol):
    """What this room needs of the songs table."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...
    def page(
        self, owner: str, *, status: Status | None, q: str | None, after: str | None, limit: int
    ) -> Sequence[Song]: ...
    def line_position(self, song: Song) -> int: ...
    def update_details(self, song: Song, changes: Mapping[str, Any], *, now: str) -> Song | None: ...
    def delete(self, song: Song, *, now: str) -> None: ...


class Results(Protocol):
    """The output bucket."""

    def download_link(self, key: str) -> str: ...


class Emptier(Protocol):
    """A bucket from which a song's files can be removed."""

    def empty(self, prefix: str) -> None: ...


def list_presets() -> dict[str, Any]:
    """The mixer's presets."""
    return {"data": rules.presets()}


def list_songs(page: rules.Page, *, owner: str, songs: Songs, now: datetime) -> dict[str, Any]:
    """One page of the owner's songs, newest first, and the cursor of the next, if there is one."""
    found = songs.page(owner, status=page.status, q=page.q, after=page.after, limit=page.limit + 1)
    shown = found[: page.limit]
    more = len(found) > page.limit
    cursor = (
        rules.encode_cursor(shown[-1].song_id, owner=owner, status=page.status, q=page.q) if more else None
    )
    return {"data": [rules.public_view(song, now=now) for song in shown], "nextCursor": cursor}


def get_song(song_id: str, *, owner: str, songs: Songs, results: Results, now: datetime) -> dict[str, Any]:
    """A song; a finished one with fresh links to all that was made from it."""
    song = _own(song_id, owner, songs)
    position = songs.line_position(song) if song.status is Status.QUEUED else None
    view = rules.public_view(song, now=now, queue_position=position)
    return view | _links(song, results, now) if song.status is Status.COMPLETED else view


def _links(song: Song, results: Results, now: datetime) -> dict[str, Any]:
    prefix = song.stems_prefix or output_prefix(song.user_id, song.song_id)

    def link(name: str) -> str:
        return results.download_link(f"{prefix}{name}")

    return {
        "stems": {
            stem: {"url": link(f"{stem}.wav"), "streamUrl": link(f"{stem}.{STREAM_SUFFIX}")} for stem in STEMS
        },
        "peaksUrl": link("peaks.json"),
        "lyricsUrl": link("lyrics.json"),
        "manifestUrl": link("manifest.json"),
        "urlsExpireAt": to_iso(now + timedelta(seconds=LINK_SECONDS)),
    }


def update_song(
    song_id: str, changes: Mapping[str, Any], *, owner: str, songs: Songs, now: datetime
) -> dict[str, Any]:
    """Set a song's title, artist or language."""
    song = _own(song_id, owner, songs)
    after = songs.update_details(song, changes, now=to_iso(now)) if changes else song
    if after is None:
        raise NotFound(_GONE)
    return rules.public_view(after, now=now)


def delete_song(
    song_id: str, *, owner: str, songs: Songs, uploads: Emptier, results: Emptier, now: datetime
) -> dict[str, bool]:
    """Remove a song and everything made from it. The row goes first and leaves a tombstone, so whatever is left behind
    here, or written late, is found by its id."""
    song = _own(song_id, owner, songs)
    songs.delete(song, now=to_iso(now))
    for bucket, prefix in (
        (uploads, f"uploads/{owner}/{song_id}/"),
        (results, output_prefix(owner, song_id)),
    ):
        try:
            bucket.empty(prefix)
        except AppError:
            logger().warning("some files of a deleted song remain for the sweeper", extra={"songId": song_id})
    return {"deleted": True}


def _own(song_id: str, owner: str, songs: Songs) -> Song:
    song = songs.get(owner, song_id) if is_song_id(song_id) else None
    if song is None:
        raise NotFound(_GONE)
    return song
