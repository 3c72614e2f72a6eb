"""The songs table. Every change of a song's state is one named conditional write: an event that arrives twice, late or
out of order fails its condition and changes nothing (the method then answers None)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from unplugd.aws.clients import is_code, passing_faults
from unplugd.aws.rows import from_row, search_text, to_attribute, to_row
from unplugd.kernel.errors import Conflict, NotFound, Transient
from unplugd.songs.model import Song, Status

# A text filter reads past what it does not show. One call reads at most this many rows, then hands out a cursor.
MAX_ROWS_SEARCHED = 1000

_LINE = "QUEUED"
_FRESH_RUN: dict[str, Any] = {
    "started_at": None,
    "stage_started_at": None,
    "stage": None,
    "progress": None,
    "execution_arn": None,
    "error_code": None,
    "error_message": None,
}


class SongTable:
    """Rows of `{app}-{env}-songs`."""

    def __init__(self, client: Any, table: str) -> None:
        self._db = client
        self._table = table

    # --- reading ------------------------------------------------------------------------------------------

    def get(self, user_id: str, song_id: str) -> Song | None:
        """The song as it stands (a consistent read), or None."""
        with passing_faults("read the song"):
            found = self._db.get_item(
                TableName=self._table, Key=self._key(user_id, song_id), ConsistentRead=True
            )
        return from_row(found["Item"]) if "Item" in found else None

    def page(
        self, owner: str, *, status: Status | None, q: str | None, after: str | None, limit: int
    ) -> Sequence[Song]:
        """Up to `limit` songs of `owner`, newest first, from behind song `after`. One Query, unless `q` filters."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "userId = :u",
            "ExpressionAttributeValues": {":u": {"S": owner}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        start = self._key(owner, after) if after else None
        if status:
            query["IndexName"] = "StatusIndex"
            query["KeyConditionExpression"] += " AND begins_with(statusSongId, :s)"
            query["ExpressionAttributeValues"][":s"] = {"S": f"{status}#"}
            if start:
                start["statusSongId"] = {"S": f"{status}#{after}"}
        if not q:
            return self._query(query, start)[0]
        query["FilterExpression"] = "contains(searchText, :q)"
        query["ExpressionAttributeValues"][":q"] = {"S": search_text(q)}
        query["Limit"] = 100
        return self._search(query, start, limit)

    def _search(self, query: dict[str, Any], start: dict[str, Any] | None, limit: int) -> Sequence[Song]:
        found: list[Song] = []
        for _ in range(MAX_ROWS_SEARCHED // query["Limit"]):
            songs, start = self._query(query, start)
            found += songs
            if start is None or len(found) >= limit:
                break
        return found[:limit]

    def _query(
        self, query: dict[str, Any], start: dict[str, Any] | None
    ) -> tuple[list[Song], dict[str, Any] | None]:
        with passing_faults("read your library"):
            got = self._db.query(**query, **({"ExclusiveStartKey": start} if start else {}))
        return [from_row(row) for row in got["Items"]], got.get("LastEvaluatedKey")

    def line(self, limit: int) -> Sequence[Song]:
        """The first `limit` QUEUED songs over all users, longest waiting first."""
        query = {
            "TableName": self._table,
            "IndexName": "LineIndex",
            "KeyConditionExpression": "#line = :l",
            "ExpressionAttributeNames": {"#line": "line"},
            "ExpressionAttributeValues": {":l": {"S": _LINE}},
            "Limit": limit,
        }
        return self._query(query, None)[0]

    def line_position(self, song: Song) -> int:
        """A QUEUED song's place in the line; 1 is next."""
        with passing_faults("read the line"):
            got = self._db.query(
                TableName=self._table,
                IndexName="LineIndex",
                KeyConditionExpression="#line = :l AND lineKey < :k",
                ExpressionAttributeNames={"#line": "line"},
                ExpressionAttributeValues={
                    ":l": {"S": _LINE},
                    ":k": {"S": _line_key(song.queued_at or "", song.song_id)},
                },
                Select="COUNT",
            )
        return int(got["Count"]) + 1

    # --- a song's life, one write a transition ----------------------------------------------------------------

    def create_pending(self, song: Song) -> None:
        """A new row. The id is fresh, so an existing row means a clash that must not overwrite."""
        with passing_faults("start the upload"):
            self._db.put_item(
                TableName=self._table, Item=to_row(song), ConditionExpression="attribute_not_exists(songId)"
            )

    def mark_queued(self, song: Song, *, now: str) -> Song | None:
        """PENDING_UPLOAD → QUEUED, with what the validator learnt (taken from `song`); the row no longer expires."""
        return self._change(
            song,
            {
                "status": Status.QUEUED,
                "queued_at": now,
                "attempt": 1,
                "title": song.title,
                "artist": song.artist,
                "duration_sec": song.duration_sec,
                "original_format": song.original_format,
                "file_size_bytes": song.file_size_bytes,
                "ttl": None,
            },
            now=now,
            when={"status": Status.PENDING_UPLOAD},
        )

    def mark_rejected(self, song: Song, *, code: str, message: str, now: str) -> Song | None:
        """PENDING_UPLOAD → FAILED: the validator's verdict."""
        changes = {"status": Status.FAILED, "error_code": code, "error_message": message, "ttl": None}
        return self._change(song, changes, now=now, when={"status": Status.PENDING_UPLOAD})

    def mark_processing(self, song: Song, *, execution_arn: str, now: str) -> Song | None:
        """QUEUED → PROCESSING for this attempt."""
        return self._change(
            song,
            _FRESH_RUN | {"status": Status.PROCESSING, "started_at": now, "execution_arn": execution_arn},
            now=now,
            when={"status": Status.QUEUED, "attempt": song.attempt},
        )

    def mark_back_in_line(self, song: Song, *, now: str, attempt: int) -> Song | None:
        """PROCESSING → QUEUED: the execution is known not to run. The place in line is the one the song had."""
        return self._change(
            song,
            _FRESH_RUN | {"status": Status.QUEUED, "attempt": attempt, "queued_at": song.queued_at or now},
            now=now,
            when={"status": Status.PROCESSING, "attempt": song.attempt, "executionArn": song.execution_arn},
        )

    def record_progress(self, song: Song, *, stage: str, progress: int, now: str) -> Song | None:
        """Store how far a stage is and allot the next `seq`. Older, repeated and foreign reports change nothing."""
        changes: dict[str, Any] = {"stage": stage, "progress": progress}
        if song.stage != stage:
            changes["stage_started_at"] = now
        if stage == "demucs":  # the first stage: nothing of it counts once the second has begun
            newer = "(attribute_not_exists(#stage) OR (#stage = :stage AND #progress < :progress))"
        else:
            newer = "(attribute_not_exists(#stage) OR #stage <> :stage OR #progress < :progress)"
        return self._change(
            song, changes, now=now, when={"status": Status.PROCESSING, "attempt": song.attempt}, also=newer
        )

    def mark_completed(self, song: Song, *, facts: Mapping[str, Any], now: str) -> Song | None:
        """PROCESSING → COMPLETED for this attempt; every error field goes."""
        changes = {
            "status": Status.COMPLETED,
            "completed_at": now,
            "stage": None,
            "stage_started_at": None,
            "progress": 100,
            "error_code": None,
            "error_message": None,
            **facts,
        }
        return self._change(
            song, changes, now=now, when={"status": Status.PROCESSING, "attempt": song.attempt}
        )

    def mark_failed(self, song: Song, *, code: str, message: str, now: str) -> Song | None:
        """PROCESSING → FAILED for this attempt."""
        changes = {"status": Status.FAILED, "error_code": code, "error_message": message}
        return self._change(
            song, changes, now=now, when={"status": Status.PROCESSING, "attempt": song.attempt}
        )

    # --- a person's own changes -------------------------------------------------------------------------------

    def update_details(self, song: Song, changes: Mapping[str, Any], *, now: str) -> Song | None:
        """Set title, artist or language (None clears). Not a step of the song's life: `seq` stays."""
        return self._change(song, dict(changes), now=now, when={}, counts=False)

    def delete(self, song: Song, *, now: str) -> None:
        """Remove the row and leave a tombstone in the same transaction, so that late writes can be found and swept."""
        running = {":q": {"S": Status.QUEUED}, ":p": {"S": Status.PROCESSING}}
        tombstone = {"userId": {"S": "#deleted"}, "songId": {"S": song.song_id}}
        tombstone |= {"owner": {"S": song.user_id}, "deletedAt": {"S": now}}
        try:
            with passing_faults("delete the song"):
                self._db.transact_write_items(
                    TransactItems=[
                        {
                            "Delete": {
                                "TableName": self._table,
                                "Key": self._key(song.user_id, song.song_id),
                                "ConditionExpression": "attribute_exists(songId) AND NOT #s IN (:q, :p)",
                                "ExpressionAttributeNames": {"#s": "status"},
                                "ExpressionAttributeValues": running,
                                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                            }
                        },
                        {"Put": {"TableName": self._table, "Item": tombstone}},
                    ]
                )
        except self._db.exceptions.TransactionCanceledException as error:
            current = self.get(song.user_id, song.song_id)
            if current is None:
                raise NotFound("There is no such song in your library.") from error
            if current.status not in (Status.QUEUED, Status.PROCESSING):
                raise Transient("Could not delete the song just now. Please try again.") from error
            raise Conflict("This song is being processed. Cancel it first, then delete it.") from error

    # --- how --------------------------------------------------------------------------------------------------

    @staticmethod
    def _key(user_id: str, song_id: str) -> dict[str, Any]:
        return {"userId": {"S": user_id}, "songId": {"S": song_id}}

    def _change(
        self,
        song: Song,
        changes: dict[str, Any],
        *,
        now: str,
        when: Mapping[str, Any],
        also: str = "",
        counts: bool = True,
    ) -> Song | None:
        """One conditional update. `when`: stored name → value it must have. `counts`: whether `seq` grows."""
        stored: dict[str, Any] = {to_attribute(name): value for name, value in changes.items()} | {
            "updatedAt": now
        }
        status = changes.get("status")
        if status:
            stored["statusSongId"] = f"{status}#{song.song_id}"
            queued_at = str(changes.get("queued_at"))
            stored["line"] = _LINE if status is Status.QUEUED else None
            stored["lineKey"] = _line_key(queued_at, song.song_id) if status is Status.QUEUED else None
        if "title" in changes or "artist" in changes:
            after = dataclasses.replace(
                song, **{k: v for k, v in changes.items() if k in ("title", "artist")}
            )
            stored["searchText"] = search_text(f"{after.title or ''} {after.artist or ''}") or None
        return self._update(song, stored, when=when, also=also, counts=counts)

    def _update(
        self, song: Song, stored: Mapping[str, Any], *, when: Mapping[str, Any], also: str, counts: bool
    ) -> Song | None:
        names = {f"#{name}": name for name in {*stored, *when}}
        sets = [f"#{name} = :{name}" for name, value in stored.items() if value is not None]
        removes = [f"#{name}" for name, value in stored.items() if value is None]
        values = {f":{name}": value for name, value in stored.items() if value is not None}
        values |= {f":when_{name}": value for name, value in when.items()}
        expression = "SET " + ", ".join(sets) + (" REMOVE " + ", ".join(removes) if removes else "")
        if counts:
            expression += " ADD seq :one"
            values[":one"] = 1
        conditions = ["attribute_exists(songId)", *(f"#{name} = :when_{name}" for name in when)]
        try:
            with passing_faults("save the song"):
                got = self._db.update_item(
                    TableName=self._table,
                    Key=self._key(song.user_id, song.song_id),
                    UpdateExpression=expression,
                    ConditionExpression=" AND ".join([*conditions, also] if also else conditions),
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=to_row(values),
                    ReturnValues="ALL_NEW",
                )
        except Exception as error:
            if is_code(error, "ConditionalCheckFailedException"):
                return None
            raise
        return from_row(got["Attributes"])


def _line_key(queued_at: str, song_id: str) -> str:
    return f"{queued_at}#{song_id}"
