"""Everything a person has: handing it over, and removing it without a rest."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from unplugd.domain import personal_data, session_view
from unplugd.domain.details import Details as SongDetails
from unplugd.domain.details import public
from unplugd.domain.files import LINK_SECONDS
from unplugd.domain.quota import Quotas
from unplugd.domain.session import Session
from unplugd.domain.song import Song
from unplugd.domain.song_view import public_view, readable_part
from unplugd.domain.tombstone import Tombstone
from unplugd.domain.unreadable import UnreadableSong
from unplugd.kernel.clock import from_iso, to_iso
from unplugd.kernel.errors import AppError, Invalid
from unplugd.kernel.ids import is_song_id
from unplugd.kernel.log import logger

EXPORT_ROWS = 500  # of the measure queue; each has a few hundred bytes
# The cursor behind the last song: this, and the key of the last row.
ROWS_CURSOR = "measurements:"
ROWS_CURSOR_PATTERN = ROWS_CURSOR + r"[\w#:-]{0,200}"
EXPORT_PAGE = 20  # songs; each has some fifteen links of a kilobyte, and an answer may have six megabytes
ROWS_AT_ONCE = 500
SESSION_CURSOR = "session:"  # and the id of the last recording
PRACTICE_CURSOR = "practice:"  # behind the measurements; and the key of the last row
PRACTICE_CURSOR_PATTERN = PRACTICE_CURSOR + r"[\w#:-]{0,200}"
# The gateway answers 504 after 29 s. What a call did not remove by then, of thousands of songs, the sweeper does.
DELETE_FOR_S = 18.0
# What can still write under a deleted song: its upload link (15 minutes) and its execution (16 hours at
# most, the state machine's own limit). For a deleted user also their ID token (60 minutes), which can
# start another song. A day covers all of them in sequence, and a wrong clock.
WRITABLE_FOR = timedelta(hours=24)
SWEEP_FOR_S = 240.0  # the function is ended after 300; what it did not come to is first in the next sweep


class Songs(Protocol):
    """The songs table."""

    def page(
        self, owner: str, *, status: Any, after: str | None, limit: int
    ) -> Sequence[Song | UnreadableSong]: ...


class Tombstones(Protocol):
    """The tombstones."""

    def add_for_account(self, user_id: str, *, now: str) -> None: ...
    def remove_rows(self, songs: Sequence[Song | UnreadableSong]) -> None: ...
    def all(self) -> Iterable[Tombstone]: ...
    def note_stop(self, last: Tombstone | None) -> None: ...
    def remove(self, tombstone: Tombstone) -> None: ...


class Measures(Protocol):
    """What the measure queue holds of a person."""

    def page(
        self, user_id: str, *, after: str | None, limit: int
    ) -> tuple[Sequence[Mapping[str, Any]], str | None]: ...
    def remove(self, user_id: str, song_id: str | None = None, *, until: float | None = None) -> bool: ...


class Practice(Protocol):
    """The practice table."""

    def page(
        self, user_id: str, *, after: str | None, limit: int
    ) -> tuple[Sequence[Mapping[str, Any]], str | None]: ...
    def remove(self, user_id: str, song_id: str | None = None, *, until: float | None = None) -> bool: ...


class Usage(Protocol):
    """What people used of their quotas."""

    def remove(self, owner: str) -> bool: ...


class Details(Protocol):
    """The details table."""

    def find(self, user_id: str, song_ids: Sequence[str]) -> Mapping[str, SongDetails]: ...
    def remove(self, user_id: str, song_id: str | None = None, *, until: float | None = None) -> bool: ...


class Sessions(Protocol):
    """The sessions table."""

    def page(self, owner: str, *, after: str | None, limit: int) -> tuple[Sequence[Session], str | None]: ...
    def ids(self, owner: str, *, limit: int) -> Sequence[str]: ...
    def remove(self, owner: str, ids: Sequence[str]) -> None: ...


class Files(Protocol):
    """A bucket."""

    def names(self, prefix: str) -> Iterator[str]: ...
    def download_link(self, key: str) -> str: ...
    def empty(self, prefix: str, until: float | None = None) -> bool: ...


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
    measures: Measures,
    sessions: Sessions,
    practice: Practice,
    details: Details,
    buckets: Mapping[str, Files],
    now: datetime,
) -> dict[str, Any]:
    """A page of everything we hold of a person: each song, then each recording, and a link to each of its files, and
    behind them what they had measured and how they practise. `cursor` is what the page before gave: its last song's id,
    SESSION_CURSOR and a recording's id, or ROWS_CURSOR or PRACTICE_CURSOR and a row's key."""
    page: dict[str, Any] = {
        "account": {"userId": owner, "email": email},
        "data": [],
        "measurements": [],
        "practice": [],
        "urlsExpireAt": to_iso(now + timedelta(seconds=LINK_SECONDS)),
    }
    if cursor is not None and re.fullmatch(ROWS_CURSOR_PATTERN, cursor, re.ASCII):
        behind = cursor.removeprefix(ROWS_CURSOR) or None
        rows, last = measures.page(owner, after=behind, limit=EXPORT_ROWS)
        following = ROWS_CURSOR + last if last else _practice_follows(owner, practice)
        return page | {"measurements": rows, "nextCursor": following}
    if cursor is not None and re.fullmatch(PRACTICE_CURSOR_PATTERN, cursor, re.ASCII):
        behind = cursor.removeprefix(PRACTICE_CURSOR) or None
        rows, last = practice.page(owner, after=behind, limit=EXPORT_ROWS)
        return page | {"practice": rows, "nextCursor": PRACTICE_CURSOR + last if last else None}
    of_recordings = cursor is not None and cursor.startswith(SESSION_CURSOR)
    after = (cursor or "").removeprefix(SESSION_CURSOR)
    if (after or cursor == "") and not is_song_id(after):
        raise Invalid("This cursor is not one we gave out. Start again without it.", code="bad_cursor")
    if of_recordings:
        taken, last = sessions.page(owner, after=after or None, limit=EXPORT_PAGE)
        page["data"] = [_exported_session(session, buckets) for session in taken]
        following = f"{SESSION_CURSOR}{last}" if last else None
    else:
        found = songs.page(owner, status=None, after=after or None, limit=EXPORT_PAGE + 1)
        shown = found[:EXPORT_PAGE]
        said = details.find(owner, [song.song_id for song in shown])
        page["data"] = [_exported(song, said.get(song.song_id), buckets, now) for song in shown]
        following = shown[-1].song_id if len(found) > EXPORT_PAGE else None
        if following is None and sessions.ids(owner, limit=1):
            following = SESSION_CURSOR
    if following is None and measures.page(owner, after=None, limit=1)[0]:
        following = ROWS_CURSOR
    if following is None:
        following = _practice_follows(owner, practice)
    return page | {"nextCursor": following}


def get_usage(owner: str, *, quotas: Quotas, now: datetime) -> dict[str, Any]:
    """What a person used of each quota; None where there is no limit."""
    return quotas.shown(owner, now)


def _practice_follows(owner: str, practice: Practice) -> str | None:
    return PRACTICE_CURSOR if practice.page(owner, after=None, limit=1)[0] else None


def _exported(
    song: Song | UnreadableSong, said: SongDetails | None, buckets: Mapping[str, Files], now: datetime
) -> dict[str, Any]:
    known = song if isinstance(song, Song) else readable_part(song)
    row = public_view(song, now=now) | {"contentType": known.content_type, "updatedAt": known.updated_at}
    files = _files(song.user_id, song.song_id, buckets)
    return {"song": row, "details": public(said) if said else None, "files": files}


def _exported_session(session: Session, buckets: Mapping[str, Files]) -> dict[str, Any]:
    return {
        "session": session_view.public(session),
        "files": _files(session.user_id, session.session_id, buckets),
    }


def _files(owner: str, of: str, buckets: Mapping[str, Files]) -> dict[str, str]:
    """A link to each file of a song or a recording."""
    files = {}
    for folder in personal_data.all_files():
        bucket, prefix = buckets[folder.bucket], folder.prefix(owner, of)
        for key in bucket.names(prefix):
            name = key.removeprefix(prefix)
            if not (folder.skipped and name.startswith(folder.skipped)):
                files[f"{folder.exported_as}{name}"] = bucket.download_link(key)
    return files


def delete_account(
    owner: str,
    *,
    songs: Songs,
    sessions: Sessions,
    practice: Practice,
    details: Details,
    tombstones: Tombstones,
    measures: Measures,
    usage: Usage,
    stop: Callable[[str], None],
    remove_sign_in: Callable[[str], None],
    connections: Connections,
    buckets: Mapping[str, Files],
    now: datetime,
) -> None:
    """Remove a person: what runs is stopped, every row and file goes, and at last the sign-in, so that a call that died
    half-way can be made again. The tombstone comes first: by it the sweeper finds what there was no time for."""
    until = time.monotonic() + DELETE_FOR_S
    tombstones.add_for_account(owner, now=to_iso(now))
    while time.monotonic() < until and _remove_rows(
        owner, songs=songs, sessions=sessions, tombstones=tombstones, connections=connections, stop=stop
    ):
        pass
    measures.remove(owner, until=until)
    practice.remove(owner, until=until)
    usage.remove(owner)
    details.remove(owner, until=until)
    account = Tombstone(owner, None, to_iso(now))
    try:
        if not _empty(account, buckets, until):
            logger().warning("the sweeper removes the rest of a large account")
    except AppError as error:
        _leave(account, error)
    remove_sign_in(owner)


def sweep_deleted(
    *,
    songs: Songs,
    sessions: Sessions,
    practice: Practice,
    details: Details,
    tombstones: Tombstones,
    measures: Measures,
    usage: Usage,
    connections: Connections,
    buckets: Mapping[str, Files],
    now: datetime,
) -> int:
    """Remove what tombstones point at. A tombstone goes with the first sweep after nothing more can write there.
    Answers how many it left. The next sweep begins behind the last one that this one saw, also when that made it fail:
    none of them keeps the others waiting."""
    until = time.monotonic() + SWEEP_FOR_S
    left = 0
    last: Tombstone | None = None
    try:
        for last in tombstones.all():
            final = now - from_iso(last.deleted_at) > WRITABLE_FOR
            rooms = (measures, practice, details)
            done = _sweep(last, songs, sessions, tombstones, rooms, usage, connections, buckets)
            if done and final:
                tombstones.remove(last)
            else:
                left += 1
            if time.monotonic() > until:
                break
        else:
            last = None
    finally:
        tombstones.note_stop(last)
    return left


def _sweep(
    tombstone: Tombstone,
    songs: Songs,
    sessions: Sessions,
    tombstones: Tombstones,
    rooms: Sequence[Measures | Practice | Details],
    usage: Usage,
    connections: Connections,
    buckets: Mapping[str, Files],
) -> bool:
    """Remove what is left of one deleted thing; False when something may remain. What runs for a row that goes here is
    stopped by the starter, and may write until then: so a user who still had rows is swept once more."""
    try:
        had_rows = tombstone.song_id is None and _remove_rows(
            tombstone.owner,
            songs=songs,
            sessions=sessions,
            tombstones=tombstones,
            connections=connections,
        )
        had_others = [room.remove(tombstone.owner, tombstone.song_id) for room in rooms]
        if tombstone.song_id is None:
            usage.remove(tombstone.owner)
        _empty(tombstone, buckets)
    except AppError as error:
        _leave(tombstone, error)
        return False
    return not (had_rows or any(had_others))


def _remove_rows(
    owner: str,
    *,
    songs: Songs,
    sessions: Sessions,
    tombstones: Tombstones,
    connections: Connections,
    stop: Callable[[str], None] | None = None,
) -> bool:
    """Remove a person's connections and up to ROWS_AT_ONCE rows each of their songs and recordings; False when there
    was no row."""
    rows = songs.page(owner, status=None, after=None, limit=ROWS_AT_ONCE)
    for song in rows:
        # A song that cannot be read may run. To stop an execution that has ended does nothing.
        if stop and song.execution_arn and (isinstance(song, UnreadableSong) or song.runs):
            stop(song.execution_arn)
    tombstones.remove_rows(rows)
    recordings = sessions.ids(owner, limit=ROWS_AT_ONCE)
    sessions.remove(owner, recordings)
    for connection in connections.of(owner):
        connections.remove(connection)
    return bool(rows or recordings)


def _empty(tombstone: Tombstone, buckets: Mapping[str, Files], until: float | None = None) -> bool:
    """Remove the files under a tombstone, or what there is time for; whether all of them are removed."""
    places = [(f.bucket, f.prefix(tombstone.owner, tombstone.song_id)) for f in personal_data.all_files()]
    return all(buckets[bucket].empty(prefix, until) for bucket, prefix in places)


def _leave(tombstone: Tombstone, error: AppError) -> None:
    extra = {"songId": tombstone.song_id, "reason": error.message}
    logger().warning("something deleted remains; the next sweep tries again", extra=extra)
