"""What was deleted: a row that goes leaves a tombstone in the songs table, so that files that remain, or are written
late, are found by its id and swept. A tombstone's partition is no person's: no user id begins with #. Where a sweep
that could not see all of them stopped is a row beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from unplugd.aws import rows
from unplugd.aws.clients import passing_faults
from unplugd.domain.song import Song, Status
from unplugd.domain.tombstone import Tombstone
from unplugd.domain.unreadable import UnreadableSong
from unplugd.kernel.clock import to_iso, utc_now
from unplugd.kernel.errors import Conflict, NotFound, Transient

TOMBSTONES_A_QUERY = 200
_DELETED = "#deleted"
_STOPPED = {"userId": {"S": "#swept"}, "songId": {"S": "last"}}
_BEFORE_ALL = "#"  # a tombstone's key is a song's id or begins with "account#"


class Tombstones:
    """The `#deleted` partition of `{app}-{env}-songs`, and the row of `#swept`."""

    def __init__(self, client: Any, table: str) -> None:
        self._db = client
        self._table = table

    def delete_with_tombstone(self, song: Song | UnreadableSong, *, now: str) -> None:
        """Remove a song's row and leave its tombstone, in one transaction. `Conflict` while it waits or runs.

        A song that cannot be read cannot be cancelled first, so it goes whatever its row says: the starter stops what
        runs for a song that has gone."""
        remove: dict[str, Any] = {
            "TableName": self._table,
            "Key": {"userId": {"S": song.user_id}, "songId": {"S": song.song_id}},
            "ConditionExpression": "attribute_exists(songId)",
        }
        if isinstance(song, Song):
            remove["ConditionExpression"] += " AND NOT #s IN (:q, :p)"
            remove["ExpressionAttributeNames"] = {"#s": "status"}
            remove["ExpressionAttributeValues"] = {":q": {"S": Status.QUEUED}, ":p": {"S": Status.PROCESSING}}
        put = {"TableName": self._table, "Item": _row(Tombstone(song.user_id, song.song_id, now))}
        try:
            with passing_faults("delete the song"):
                self._db.transact_write_items(TransactItems=[{"Delete": remove}, {"Put": put}])
        except self._db.exceptions.TransactionCanceledException as error:
            raise self._why(song) from error

    def _why(self, song: Song | UnreadableSong) -> Exception:
        key = {"userId": {"S": song.user_id}, "songId": {"S": song.song_id}}
        row = self._db.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        if row is None:
            return NotFound("There is no such song in your library.")
        if row.get("status", {}).get("S") in (Status.QUEUED, Status.PROCESSING):
            return Conflict("This song is being processed. Cancel it first, then delete it.")
        return Transient("Could not delete the song just now. Please try again.")

    def add_for_account(self, user_id: str, *, now: str) -> None:
        """Leave a tombstone for everything a person has, before the first row goes."""
        with passing_faults("delete the account"):
            self._db.put_item(TableName=self._table, Item=_row(Tombstone(user_id, None, now)))

    def remove_rows(self, songs: Sequence[Song | UnreadableSong]) -> None:
        """Remove rows of a deleted account, whatever their state."""
        for start in range(0, len(songs), 25):  # the most that one batch takes
            keys = [
                {"userId": {"S": s.user_id}, "songId": {"S": s.song_id}} for s in songs[start : start + 25]
            ]
            left = {self._table: [{"DeleteRequest": {"Key": key}} for key in keys]}
            with passing_faults("delete the account"):
                for _ in range(8):
                    left = self._db.batch_write_item(RequestItems=left).get("UnprocessedItems") or {}
                    if not left:
                        break
            if left:
                raise Transient("Could not delete everything just now. Please try again.")

    def all(self) -> Iterator[Tombstone]:
        """Every tombstone once, read as they are asked for: first those behind the one where the last sweep stopped, so
        that nobody's are out of reach, however many there are. One whose owner cannot be read is reported and left out.
        One whose time cannot be read is reported and counts as made now: it is swept, and stays."""
        with passing_faults("read the tombstones"):
            row = self._db.get_item(TableName=self._table, Key=_STOPPED, ConsistentRead=True).get("Item")
        stopped = rows.read(row or {}, after=rows.text)[0].get("after", _BEFORE_ALL)
        yield from self._behind(stopped)
        for tombstone in self._behind(_BEFORE_ALL) if row else ():
            if _key(tombstone) > stopped:
                return
            yield tombstone

    def _behind(self, after: str) -> Iterator[Tombstone]:
        while page := self._query(after):
            for row in page:
                if tombstone := _tombstone(row):
                    yield tombstone
            after = page[-1]["songId"]["S"]

    def _query(self, after: str) -> Sequence[dict[str, Any]]:
        with passing_faults("read the tombstones"):
            got = self._db.query(
                TableName=self._table,
                KeyConditionExpression="userId = :d AND songId > :a",
                ExpressionAttributeValues={":d": {"S": _DELETED}, ":a": {"S": after}},
                Limit=TOMBSTONES_A_QUERY,
            )
        page: list[dict[str, Any]] = got["Items"]
        return page

    def note_stop(self, last: Tombstone | None) -> None:
        """Remember the last tombstone that a sweep saw; None when it saw them all."""
        with passing_faults("note where the sweep stopped"):
            if last:
                item = {**_STOPPED, "after": {"S": _key(last)}}
                self._db.put_item(TableName=self._table, Item=item)
            else:
                self._db.delete_item(TableName=self._table, Key=_STOPPED)

    def remove(self, tombstone: Tombstone) -> None:
        """Forget a tombstone: nothing more can be written where it stands."""
        key = {name: _row(tombstone)[name] for name in ("userId", "songId")}
        with passing_faults("remove a tombstone"):
            self._db.delete_item(TableName=self._table, Key=key)


def _key(tombstone: Tombstone) -> str:
    return tombstone.song_id or f"account#{tombstone.owner}"


def _tombstone(row: Mapping[str, Any]) -> Tombstone | None:
    key = str(row["songId"]["S"])
    _, is_account, owner = key.partition("account#")
    known = {"owner": lambda _: owner} if is_account else {"owner": rows.text}
    values, problems = rows.read({"owner": None, **row}, **known, deletedAt=rows.time)
    if problems:
        rows.report("tombstone", {"an account" if is_account else key: problems})
    if "owner" not in values:
        return None
    deleted_at = values.get("deletedAt") or to_iso(utc_now())
    return Tombstone(values["owner"], None if is_account else key, deleted_at)


def _row(tombstone: Tombstone) -> dict[str, Any]:
    return {
        "userId": {"S": _DELETED},
        "songId": {"S": _key(tombstone)},
        "owner": {"S": tombstone.owner},
        "deletedAt": {"S": tombstone.deleted_at},
    }
