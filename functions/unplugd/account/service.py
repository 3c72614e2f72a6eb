"""Everything a person has: handing it over, and removing it without a rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from unplugd.account.model import Tombstone
from unplugd.kernel.clock import from_iso, to_iso
from unplugd.kernel.errors import AppError, Invalid
from unplugd.kernel.ids import is_song_id
from unplugd.kernel.log import logger
from unplugd.songs.model import LINK_SECONDS, Song, output_prefix, public_view

EXPORT_PAGE = 20  # songs; each has some fifteen links of a kilobyte, and an answer may have six megabytes
ROWS_AT_ONCE = 500
# Who can still write under a deleted song: whoever holds its upload link (15 minutes), and its execution (16 hours at
# most, the state machine's own limit). A day covers both, and a clock that is off.
WRITABLE_FOR = timedelta(hours=24)
TOMBSTONES_AT_ONCE = 200


class Songs(Protocol):
    """The songs table."""

    def page(self, owner: str, *, status: Any, after: str | None, limit: int) -> Sequence[Song]: ...


class Graves(Protocol):
    """The tombstones."""

    def bury_account(self, user_id: str, *, now: str) -> None: ...
    def remove_rows(self, songs: Sequence[Song]) -> None: ...
    def all(self, limit: int) -> Sequence[Tombstone]: ...
    def remove(self, tombstone: Tombstone) -> None: ...


class Files(Protocol):
    """A bucket."""

    def names(self, prefix: str) -> Iterator[str]: ...
    def download_link(self, key: str) -> str: ...
    def empty(self, prefix: str) -> None: ...


class Connections(Protocol):
    """The open connections."""

    def of(self, user_id: str) -> Sequence[str]: ...
    def remove(self, connection_id: str) -> None: ...


def export_account(
    owner: str,
    email: str | None,
    *,
    cursor: str | None,
    songs: Songs,
    originals: Files,
    results: Files,
    now: datetime,
) -> dict[str, Any]:
    """A page of everything we hold of a person: each song and a link to each of its files.
    `cursor` is what the page before gave (the id of its last song)."""
    if cursor is not None and not is_song_id(cursor):
        raise Invalid("This cursor is not one we gave out. Start again without it.", code="bad_cursor")
    found = songs.page(owner, status=None, after=cursor, limit=EXPORT_PAGE + 1)
    shown = found[:EXPORT_PAGE]
    return {
        "account": {"userId": owner, "email": email},
        "data": [_exported(song, originals, results, now) for song in shown],
        "urlsExpireAt": to_iso(now + timedelta(seconds=LINK_SECONDS)),
        "nextCursor": shown[-1].song_id if len(found) > EXPORT_PAGE else None,
    }


def _exported(song: Song, originals: Files, results: Files, now: datetime) -> dict[str, Any]:
    files = {}
    for bucket, prefix in (
        (originals, f"uploads/{song.user_id}/{song.song_id}/"),
        (results, output_prefix(song.user_id, song.song_id)),
    ):
        for key in bucket.names(prefix):
            files[key.removeprefix(prefix)] = bucket.download_link(key)
    row = public_view(song, now=now) | {"contentType": song.content_type, "updatedAt": song.updated_at}
    return {"song": row, "files": files}


def delete_account(
    owner: str,
    *,
    songs: Songs,
    graves: Graves,
    stop: Callable[[str], None],
    remove_sign_in: Callable[[str], None],
    connections: Connections,
    originals: Files,
    results: Files,
    now: datetime,
) -> None:
    """Remove a person: what runs is stopped, every row and file goes, and at last the sign-in, so that a call that died
    half-way can be made again. The tombstone comes first: whatever is left behind is found by it."""
    graves.bury_account(owner, now=to_iso(now))
    while rows := songs.page(owner, status=None, after=None, limit=ROWS_AT_ONCE):
        for song in rows:
            if song.runs and song.execution_arn:
                stop(song.execution_arn)
        graves.remove_rows(rows)
    for connection in connections.of(owner):
        connections.remove(connection)
    _empty(Tombstone(owner, None, to_iso(now)), originals, results)
    remove_sign_in(owner)


def sweep_deleted(*, graves: Graves, originals: Files, results: Files, now: datetime) -> int:
    """Empty what tombstones point at. A tombstone goes with the first sweep after nothing more can write there.
    Answers how many are left."""
    left = 0
    for tombstone in graves.all(TOMBSTONES_AT_ONCE):
        final = now - from_iso(tombstone.deleted_at) > WRITABLE_FOR
        if _empty(tombstone, originals, results) and final:
            graves.remove(tombstone)
        else:
            left += 1
    return left


def _empty(tombstone: Tombstone, originals: Files, results: Files) -> bool:
    """Empty both prefixes of a tombstone; False (and a log line) when something could not be removed this time."""
    try:
        originals.empty(tombstone.upload_prefix)
        results.empty(tombstone.output_prefix)
    except AppError as error:
        extra: Mapping[str, Any] = {"songId": tombstone.song_id, "reason": error.message}
        logger().warning("some deleted files remain; the next sweep tries again", extra=dict(extra))
        return False
    return True
