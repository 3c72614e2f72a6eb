"""The line, over all people: the sparse index of the songs table that only waiting and running songs are in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unplugd.aws import rows
from unplugd.aws.clients import is_code, passing_faults
from unplugd.aws.rows import from_row
from unplugd.domain.queue import Waiting, in_turn
from unplugd.domain.song import Song
from unplugd.domain.unreadable import Unreadable

WAITS, RUNS = "QUEUED", "RUNNING"
# The line is the songs that wait longest, this many at most. Who stands behind them joins as these start.
LINE_READ = 1000
_READERS = {"queuedAt": rows.time, "turnAt": rows.time, "queuePosition": rows.whole_number}


def line_key(since: str, song_id: str) -> str:
    """Where a song stands in the index: by the time it joined."""
    return f"{since}#{song_id}"


class Line:
    """`LineIndex` of `{app}-{env}-songs`. Its reads may be a moment old: whoever acts on them reads the row too."""

    def __init__(self, client: Any, table: str) -> None:
        self._db = client
        self._table = table

    def waiting(self) -> Sequence[Waiting]:
        """The songs that wait, longest waiting first, at most LINE_READ. Entries that cannot be read are reported
        and left out."""
        waiting, faults = [], {}
        for row in self._read(WAITS):
            known = {name: _READERS[name] for name in _READERS if name in row or name == "queuedAt"}
            values, problems = rows.read(row, **known)
            song_id = row["songId"]["S"]
            if problems:
                faults[song_id] = problems
            else:
                place = values.get("queuePosition")
                entry = Waiting(row["userId"]["S"], song_id, values["queuedAt"], values.get("turnAt"), place)
                waiting.append(entry)
        rows.report("queue entry", faults)
        return waiting

    def running(self) -> Sequence[tuple[str, str]]:
        """(user id, song id) of the songs that are being processed, longest running first."""
        return [(row["userId"]["S"], row["songId"]["S"]) for row in self._read(RUNS)]

    def place(self, song: Song) -> int:
        """A song's place in the line, also of one that is about to join it (`queued_at` says when); 1 is next."""
        waiting = [other for other in self.waiting() if other.song_id != song.song_id]
        joined = Waiting(song.user_id, song.song_id, song.queued_at or "", song.turn_at)
        return in_turn([*waiting, joined]).index(joined) + 1

    def give_turn(self, entry: Waiting, *, at: str) -> None:
        """Note on a waiting song that another of the same person was started."""
        self._set(entry, "turnAt = :v", {":v": {"S": at}}, condition="#line = :w")

    def note_place(self, entry: Waiting, place: int) -> Song | None:
        """Store the place that a person is about to be told, and allot its `seq`. None when another starter was
        first or the song no longer waits."""
        seen = "queuePosition = :seen" if entry.place else "attribute_not_exists(queuePosition)"
        values = {":v": {"N": str(place)}, ":one": {"N": "1"}}
        if entry.place:
            values[":seen"] = {"N": str(entry.place)}
        update = "queuePosition = :v ADD seq :one"
        return self._set(entry, update, values, condition=f"#line = :w AND {seen}")

    def _set(self, entry: Waiting, update: str, values: dict[str, Any], *, condition: str) -> Song | None:
        try:
            with passing_faults("keep the line"):
                got = self._db.update_item(
                    TableName=self._table,
                    Key={"userId": {"S": entry.user_id}, "songId": {"S": entry.song_id}},
                    UpdateExpression=f"SET {update}",
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#line": "line"},
                    ExpressionAttributeValues={":w": {"S": WAITS}, **values},
                    ReturnValues="ALL_NEW",
                )
        except Exception as error:
            if is_code(error, "ConditionalCheckFailedException"):
                return None
            raise
        try:
            return from_row(got["Attributes"])
        except Unreadable:  # reported; the starter skips it when its turn comes
            return None

    def _read(self, which: str) -> Sequence[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        # One Query reads 1 MB at most, of whole rows, whatever is asked of them: long titles make that a few hundred.
        while len(found) < LINE_READ:
            with passing_faults("read the line"):
                got = self._db.query(
                    TableName=self._table,
                    IndexName="LineIndex",
                    KeyConditionExpression="#line = :l",
                    ProjectionExpression="userId, songId, queuedAt, turnAt, queuePosition",
                    ExpressionAttributeNames={"#line": "line"},
                    ExpressionAttributeValues={":l": {"S": which}},
                    Limit=LINE_READ - len(found),
                    **start,
                )
            found += got["Items"]
            if "LastEvaluatedKey" not in got:
                break
            start = {"ExclusiveStartKey": got["LastEvaluatedKey"]}
        return found
