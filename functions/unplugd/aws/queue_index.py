"""The queue, over all people: the sparse index of the songs table that only waiting and running songs are in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unplugd.aws import rows
from unplugd.aws.rows import from_row
from unplugd.aws.table import Table, attr, equal, key
from unplugd.domain.job import Kind
from unplugd.domain.queue import Waiting, in_turn
from unplugd.domain.song import Song
from unplugd.domain.unreadable import Unreadable

# LATER: jobs in the background. They wait apart, so that thousands of them hide no song from those who read the queue.
WAITS, RUNS, LATER = "QUEUED", "RUNNING", "LATER"
# The queue is the songs that wait longest, this many at most. The others join as these start.
QUEUE_READ = 1000
_READERS = {"queuedAt": rows.time, "turnAt": rows.time, "queuePosition": rows.whole_number}


def waits_in(kind: Kind) -> str:
    """Where the jobs of a kind wait."""
    return LATER if kind.in_background else WAITS


def queue_key(since: str, song_id: str) -> str:
    """The sort key of a song in the index: the time it joined, then its id."""
    return f"{since}#{song_id}"


class QueueIndex:
    """`LineIndex` of `{app}-{env}-songs`. Its reads can be slightly old: before acting on one, read the row."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table, "userId", "songId")

    def waiting(self) -> Sequence[Waiting]:
        """The songs that wait, longest waiting first, at most QUEUE_READ. Entries that cannot be read are reported
        and left out."""
        return self._entries(WAITS)

    def later(self) -> Sequence[Waiting]:
        """The jobs that wait in the background, as `waiting`."""
        return self._entries(LATER)

    def _entries(self, which: str) -> Sequence[Waiting]:
        waiting, faults = [], {}
        for row in self._read(which):
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
        """A song's place in the queue, also of one that is about to join it (`queued_at` says when); 1 is next."""
        waiting = [other for other in self.waiting() if other.song_id != song.song_id]
        joined = Waiting(song.user_id, song.song_id, song.queued_at or "", song.turn_at)
        return in_turn([*waiting, joined]).index(joined) + 1

    def give_turn(self, entry: Waiting, *, at: str) -> None:
        """Note on a waiting song that another of the same person was started."""
        self._set(entry, {"turnAt": at})

    def note_place(self, entry: Waiting, place: int) -> Song | None:
        """Store the place that a person is notified of next, and allot its `seq`. None when another starter was
        first or the song no longer waits."""
        seen = equal({"queuePosition": entry.place})
        return self._set(entry, {"queuePosition": place}, when=seen, add={"seq": 1})

    def _set(self, entry: Waiting, changes: dict[str, Any], *, when: Any = None, **more: Any) -> Song | None:
        waits = attr("line").eq(WAITS)
        row = self._table.change(
            entry.user_id,
            entry.song_id,
            changes=changes,
            when=waits if when is None else waits & when,
            doing="keep the queue",
            **more,
        )
        try:
            return from_row(row) if row else None
        except Unreadable:  # reported; the starter skips it when its turn comes
            return None

    def _read(self, which: str) -> Sequence[dict[str, Any]]:
        entries: list[dict[str, Any]] = []
        # One Query reads 1 MB at most, which is a few hundred rows when titles are long.
        pages = self._table.pages(
            key("line").eq(which), index="LineIndex", Limit=QUEUE_READ, doing="read the queue"
        )
        for page in pages:
            entries += page["Items"]
            if len(entries) >= QUEUE_READ:
                break
        return entries[:QUEUE_READ]
