"""What was deleted: a row that goes leaves a tombstone in the songs table, so that files that remain, or are written
late, are found by its id and swept. A tombstone's partition is no person's: no user id begins with #. The place where
an unfinished sweep stopped is a row in that partition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from unplugd.aws import rows
from unplugd.aws.table import Table, attr, key
from unplugd.domain.song import Song, Status
from unplugd.domain.tombstone import Tombstone
from unplugd.domain.unreadable import UnreadableSong
from unplugd.kernel.clock import to_iso, utc_now
from unplugd.kernel.errors import Conflict, NotFound, Transient

TOMBSTONES_A_QUERY = 200
_DELETED = "#deleted"
_STOPPED = ("#swept", "last")  # userId, songId
_BEFORE_ALL = "#"  # a tombstone's key is a song's id or begins with "account#"


class Tombstones:
    """The `#deleted` partition of `{app}-{env}-songs`, and the row of `#swept`."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table, "userId", "songId")

    def delete_with_tombstone(self, song: Song | UnreadableSong, *, now: str) -> None:
        """Remove a song's row and leave its tombstone, in one transaction. `Conflict` while it waits or runs.

        A song that cannot be read cannot be cancelled first, so it is removed in any status: the starter stops what
        runs for a song that has gone."""
        when = attr("songId").exists()
        if isinstance(song, Song):
            when &= ~attr("status").is_in([Status.QUEUED, Status.PROCESSING])
        tombstone = _row(Tombstone(song.user_id, song.song_id, now))
        doing = "delete the song"
        if not self._table.replace(song.user_id, song.song_id, when=when, by=tombstone, doing=doing):
            raise self._why(song)

    def _why(self, song: Song | UnreadableSong) -> Exception:
        row = self._table.get(song.user_id, song.song_id, doing="read the song")
        if row is None:
            return NotFound("There is no such song in your library.")
        if row.get("status", {}).get("S") in (Status.QUEUED, Status.PROCESSING):
            return Conflict("This song is being processed. Cancel it first, then delete it.")
        return Transient("Could not delete the song just now. Please try again.")

    def add_for_account(self, user_id: str, *, now: str) -> None:
        """Leave a tombstone for everything a person has, before the first row goes."""
        self._table.put(_row(Tombstone(user_id, None, now)), doing="delete the account")

    def add_for_session(self, user_id: str, session_id: str, *, now: str) -> None:
        """Leave a tombstone for a recording, whose id is like a song's, before its row goes."""
        self._table.put(_row(Tombstone(user_id, session_id, now)), doing="delete the session")

    def has(self, song_id: str) -> bool:
        """Whether a song with this id was deleted lately."""
        return self._table.get(_DELETED, song_id, doing="read the song") is not None

    def remove_rows(self, songs: Sequence[Song | UnreadableSong]) -> None:
        """Remove rows of a deleted account, in any state."""
        keys = [(song.user_id, song.song_id) for song in songs]
        self._table.delete_all(keys, doing="delete everything")

    def all(self) -> Iterator[Tombstone]:
        """Every tombstone once, read as they are asked for: first those behind the one where the last sweep stopped, so
        that all of them are reached, however many there are. One whose owner cannot be read is reported and left out.
        One whose time cannot be read is reported and counts as made now: it is swept, and stays."""
        row = self._table.get(*_STOPPED, doing="read the tombstones")
        stopped = rows.read(row or {}, after=rows.text)[0].get("after", _BEFORE_ALL)
        yield from self._behind(stopped)
        for tombstone in self._behind(_BEFORE_ALL) if row else ():
            if _key(tombstone) > stopped:
                return
            yield tombstone

    def _behind(self, after: str) -> Iterator[Tombstone]:
        condition = key("userId").eq(_DELETED) & key("songId").gt(after)
        for page in self._table.pages(condition, Limit=TOMBSTONES_A_QUERY, doing="read the tombstones"):
            for row in page["Items"]:
                if tombstone := _tombstone(row):
                    yield tombstone

    def note_stop(self, last: Tombstone | None) -> None:
        """Remember the last tombstone that a sweep saw; None when it saw them all."""
        doing = "note where the sweep stopped"
        if last:
            partition, row = _STOPPED
            self._table.put({"userId": partition, "songId": row, "after": _key(last)}, doing=doing)
        else:
            self._table.delete(*_STOPPED, doing=doing)

    def remove(self, tombstone: Tombstone) -> None:
        """Forget a tombstone: nothing more can be written under it."""
        self._table.delete(_DELETED, _key(tombstone), doing="remove a tombstone")


def _key(tombstone: Tombstone) -> str:
    return tombstone.song_id or f"account#{tombstone.owner}"


def _tombstone(row: Mapping[str, Any]) -> Tombstone | None:
    name = str(row["songId"]["S"])
    _, is_account, owner = name.partition("account#")
    known = {"owner": lambda _: owner} if is_account else {"owner": rows.text}
    values, problems = rows.read({"owner": None, **row}, **known, deletedAt=rows.time)
    if problems:
        rows.report("tombstone", {"an account" if is_account else name: problems})
    if "owner" not in values:
        return None
    deleted_at = values.get("deletedAt") or to_iso(utc_now())
    return Tombstone(values["owner"], None if is_account else name, deleted_at)


def _row(tombstone: Tombstone) -> dict[str, Any]:
    return {
        "userId": _DELETED,
        "songId": _key(tombstone),
        "owner": tombstone.owner,
        "deletedAt": tombstone.deleted_at,
    }
