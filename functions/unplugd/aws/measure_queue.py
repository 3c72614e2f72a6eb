"""The measure queue's table. Every change of a row is one conditional write, so a worker that comes late, twice, or
after its lease has ended changes nothing. A fault of the table is raised (`Transient`), never answered as an empty
queue."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from unplugd.aws import measure_rows, rows
from unplugd.aws.measure_rows import DEAD, FAILED, LEASED, NO_PERSON, PENDING, behind, work
from unplugd.aws.table import Table, attr, equal, key, plain
from unplugd.domain import measure_queue
from unplugd.domain.measure_queue import LEASE_S, ROWS_TAKEN, SOURCES, Outcome, Put, Row, State, Waiting
from unplugd.kernel.clock import from_iso, to_iso
from unplugd.kernel.ids import NewId

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE = 25  # calls to the table at the same time
# A row that this version cannot read is looked at once a day: after a roll forward it is read again.
UNREADABLE_FOR = timedelta(days=1)
_SOURCE = f"{NO_PERSON}source"  # the partition of what is known of the sources
_LEDGER = f"{NO_PERSON}ledger"  # the partition of what was asked of them
_SWEEP = "sweep"  # the row that says where the last repair stopped
_LEDGER_KEPT = timedelta(days=400)
_TAKES = 3  # looks at the queue, when other workers were first each time
_RECLAIMED_AT_ONCE = 1000  # rows of one run; the next one continues
_DOING = "read the measure queue"
_CHANGING = "change the measure queue"


@dataclass(frozen=True)
class JobRow:
    """A row that a request made, as far as the request's state is concerned."""

    subject: str
    state: str
    reason: str | None


class MeasureQueue:
    """Rows of `{app}-{env}-measure-queue`."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table, "userId", "job")

    # --- asking for measurements ------------------------------------------------------------------------------------

    def put(self, wanted: Sequence[Row]) -> Put:
        """Put rows that are not there yet, AT_ONCE at the same time. A waiting row takes the higher rank; nothing else
        of a row that is there changes. After a fault the same call can be made again."""
        seen = self._seen(wanted) if len(wanted) > AT_ONCE else {}
        found = _at_once(lambda row: measure_rows.same(row, seen.get(row.key)) or self._put(row), wanted)
        made, raised, known, waiting = map(found.count, ("made", "raised", "known", "waiting"))
        waits = (
            row.subject for row, what in zip(wanted, found, strict=True) if what in ("raised", "waiting")
        )
        return Put(made, raised, known, waiting, tuple(waits))

    def _seen(self, wanted: Sequence[Row]) -> dict[str, Mapping[str, Any]]:
        """The rows that the people of these rows have. Reading thousands of them takes a few calls; so a request that
        was cut short is made again, and goes on where it ended."""
        pages = (
            page
            for user_id in {row.user_id for row in wanted}
            for page in self._table.pages(key("userId").eq(user_id), ConsistentRead=True, doing=_DOING)
        )
        return {item["job"]["S"]: item for page in pages for item in page["Items"]}

    def _put(self, row: Row) -> str:
        before = self._table.put_or_find(measure_rows.stored(row), doing="queue the measurement")
        if before is None:
            return "made"
        state = plain(before.get("state"))
        if state == State.DONE:
            return "known"
        changes: dict[str, Any] = {"rank": row.rank}
        if state == State.PENDING:
            changes["place"] = measure_rows.pending_place(row.user_id, row.rank)
        elif state not in (State.FAILED, State.LEASED):
            return "waiting"
        lower = attr("rank").lt(row.rank) | attr("rank").not_exists()
        raised = self._table.change(
            row.user_id,
            row.key,
            changes=changes,
            when=attr("state").eq(state) & lower,
            doing="queue the measurement",
        )
        return "raised" if raised else "waiting"

    def put_job(self, user_id: str, job_id: str, facts: Mapping[str, Any]) -> bool:
        """Note what a person asked for; False when there is a job of this id."""
        item = {**facts, "userId": user_id, "job": f"{measure_rows.JOB}{job_id}"}
        return self._table.put_if_absent(item, doing="note the job")

    def job(self, user_id: str, job_id: str) -> dict[str, Any] | None:
        """What `put_job` stored, as plain values; None for another person's job, or none."""
        item = self._table.get(user_id, f"{measure_rows.JOB}{job_id}", doing="read the job")
        return {name: plain(value) for name, value in item.items()} if item else None

    def rows_of_job(self, user_id: str, job_id: str) -> Sequence[JobRow]:
        """The rows that a job made. The index can be a moment old: a new row may be missing."""
        pages = self._table.pages(key("jobId").eq(job_id), index="JobIndex", doing="read the job")
        return [
            JobRow(one["job"]["S"].rsplit("#", 2)[0], plain(one.get("state")) or "", plain(one.get("reason")))
            for page in pages
            for one in page["Items"]
            if one["userId"]["S"] == user_id
        ]

    def of_subject(self, user_id: str, subject: str, source: str) -> Sequence[Row]:
        """A person's rows of a song or code, one for each version. Unreadable ones are reported and left out."""
        mine = key("userId").eq(user_id) & key("job").begins_with(f"{subject}#{source}#")
        pages = self._table.pages(mine, ConsistentRead=True, doing=_DOING)
        return _read(item for page in pages for item in page["Items"])

    # --- working on them --------------------------------------------------------------------------------------------

    def take(
        self, source: str, *, limit: int = ROWS_TAKEN, now: datetime, new_id: NewId, lease_s: float = LEASE_S
    ) -> Sequence[Row]:
        """Lease up to `limit` waiting rows under one token: in rounds over people, each one's most wanted first. Empty
        when none waits, or other workers were first. Each call begins behind the person at whom the last one
        stopped."""
        for _ in range(_TAKES):
            next_ones = self._next(source, limit)
            if not next_ones:
                return []
            token, until = new_id(), to_iso(now + timedelta(seconds=lease_s))
            items = _at_once(partial(self._lease, source=source, token=token, until=until), next_ones)
            taken, problems = [], {}
            for item in filter(None, items):
                row, faults = measure_rows.read(item)
                if row:
                    taken.append(row)
                else:
                    problems[item["job"]["S"]] = faults
                    self._set_aside(item, now)
            measure_rows.report(problems)
            if taken:
                return taken
        return []

    def _next(self, source: str, limit: int) -> Sequence[Waiting]:
        about = self._table.get(_SOURCE, source, doing=_DOING) or {}
        start = str(rows.read(about, after=rows.text)[0].get("after", ""))
        found: dict[str, list[Waiting]] = {}
        place, wrapped = start, not start
        while len(found) < limit:
            entries = self._from(source, place, limit)
            if wrapped and start:  # those from the start on were read before
                entries = [one for one in entries if one.user_id not in found]
            for one in entries:
                found.setdefault(one.user_id, []).append(one)
            if entries:
                place = behind(entries[-1].user_id)
            elif wrapped:
                break
            else:
                place, wrapped = "", True
        people = list(found)[:limit]  # those behind them are first in the next call
        if people:
            self._note(source, after=behind(people[-1]))
        return measure_queue.in_turn(one for user_id in people for one in found[user_id])[:limit]

    def _from(self, source: str, place: str, limit: int) -> list[Waiting]:
        where = key("work").eq(work(PENDING, source))
        where = where & key("place").gt(place) if place else where
        pages = self._table.pages(where, index="WorkIndex", Limit=limit, doing=_DOING)
        return [measure_rows.waiting(one) for one in next(pages)["Items"]]

    def _lease(self, one: Waiting, source: str, token: str, until: str) -> dict[str, Any] | None:
        changes = {
            "state": LEASED,
            "leaseToken": token,
            "leaseUntil": until,
            "work": work(LEASED, source),
            "place": until,
        }
        return self._table.change(
            one.user_id, one.key, changes=changes, when=attr("state").eq(PENDING), doing=_CHANGING
        )

    def _set_aside(self, item: Mapping[str, Any], now: datetime) -> None:
        """Take a row that cannot be read out of the others' way, for a time."""
        until = to_iso(now + UNREADABLE_FOR)
        self._table.change(
            item["userId"]["S"],
            item["job"]["S"],
            changes={"leaseUntil": until, "place": until},
            when=attr("leaseToken").eq(plain(item["leaseToken"])),
            doing=_CHANGING,
        )

    def extend(self, leased: Sequence[Row], *, until: datetime) -> Sequence[Row]:
        """The heartbeat: rows keep their lease until then. Answers those that were still this worker's."""
        time = to_iso(until)

        def one(row: Row) -> bool:
            mine = equal({"state": LEASED, "leaseToken": row.lease_token})
            changes = {"leaseUntil": time, "place": time}
            change = self._table.change
            return bool(change(row.user_id, row.key, changes=changes, when=mine, doing=_CHANGING))

        return [row for row, ours in zip(leased, _at_once(one, leased), strict=True) if ours]

    def settle(self, row: Row, outcome: Outcome, *, now: datetime, jitter: float) -> Row | None:
        """Store what became of a row. None when it is no longer as `row` says: its lease ended and another worker has
        it, or it is settled. `jitter`: a random number from 0 to 1."""
        return self._move(row, measure_queue.after(row, outcome, now=now, jitter=jitter))

    def _move(self, row: Row, new: Row, **also: Any) -> Row | None:
        """Change a row to `new`, if it is in the same state and under the same lease as `row`."""
        before, then = measure_rows.stored(row), measure_rows.stored(new)
        changes = {name: value for name, value in then.items() if value != before[name]}
        # The place in the index always: that of a row which an earlier version of this code wrote may be another one.
        changes |= measure_rows.index_of(new)
        seen = equal({"state": before["state"], "leaseToken": before["leaseToken"], **also})
        item = self._table.change(row.user_id, row.key, changes=changes, when=seen, doing=_CHANGING)
        return new if item else None

    # --- bringing back ----------------------------------------------------------------------------------------------

    def reclaim(self, *, now: datetime) -> int:
        """Let rows wait again whose lease has expired or whose next try is due: no other row is touched. Answers how
        many."""
        late = [
            (one["userId"]["S"], one["job"]["S"])
            for source in SOURCES
            for state in (LEASED, FAILED)
            for one in islice(self._due(state, source, to_iso(now)), _RECLAIMED_AT_ONCE)
        ]
        return sum(_at_once(lambda one: self._reclaim(*one, now), late))

    def _due(self, state: str, source: str, now: str) -> Iterator[Mapping[str, Any]]:
        where = key("work").eq(work(state, source)) & key("place").lte(now)
        for page in self._table.pages(where, index="WorkIndex", doing=_DOING):
            yield from page["Items"]

    def _reclaim(self, user_id: str, name: str, now: datetime) -> bool:
        item = self._table.get(user_id, name, doing=_DOING)
        if item is None:
            return False
        row, _ = measure_rows.read(item)
        if row is None:  # the next worker that takes it reports it
            return self._reclaim_unreadable(item, now)
        if row.state not in (State.LEASED, State.FAILED) or (row.lease_until or row.due_at or "") > to_iso(
            now
        ):
            return False  # the index was a moment old
        new = measure_queue.reclaimed(row, now=now)
        return self._move(row, new, leaseUntil=row.lease_until, dueAt=row.due_at) is not None

    def _reclaim_unreadable(self, item: Mapping[str, Any], now: datetime) -> bool:
        place, partition = plain(item.get("place")), str(plain(item.get("work")))
        state, _, source = partition.partition("#")
        if state not in (LEASED, FAILED) or str(place) > to_iso(now):
            return False
        user_id = item["userId"]["S"]
        changes = {
            "state": PENDING,
            "work": work(PENDING, source),
            "place": measure_rows.pending_place(user_id, 0),
        }
        seen = equal({"work": partition, "place": place})
        change = self._table.change
        return bool(change(user_id, item["job"]["S"], changes=changes, when=seen, doing=_CHANGING))

    def repair(self, *, limit: int, now: datetime) -> int:
        """Look at `limit` rows, behind those that the last call looked at, and put right those that no query would
        find: an earlier version of this code wrote them without, or with another, place in the index. Answers how
        many."""
        stop = self._table.get(_SOURCE, _SWEEP, doing=_DOING) or {}
        after = _keys(stop)
        items = list(islice(self._table.scan(after=after, Limit=limit, doing=_DOING), limit))
        problems: dict[str, list[str]] = {}
        repaired = 0
        for item in filter(measure_rows.is_row, items):
            row, faults = measure_rows.read(item)
            if row is None:
                problems[item["job"]["S"]] = faults
            elif self._repair(row, item, now):
                repaired += 1
        measure_rows.report(problems)
        last = items[-1] if len(items) == limit else None
        self._note(_SWEEP, after=json.dumps([last["userId"]["S"], last["job"]["S"]]) if last else None)
        return repaired

    def _repair(self, row: Row, item: Mapping[str, Any], now: datetime) -> bool:
        lost = (row.state is State.LEASED and not row.lease_until) or (
            row.state is State.FAILED and not row.due_at
        )
        new = measure_queue.reclaimed(row, now=now) if lost else row
        where = {name: plain(item.get(name)) for name in ("work", "place")}
        if new is row and where == measure_rows.index_of(row):
            return False
        return self._move(row, new, **where) is not None

    def dead(self, source: str) -> Iterator[Row]:
        """The dead rows of a source, longest dead first."""
        for page in self._table.pages(key("work").eq(work(DEAD, source)), index="WorkIndex", doing=_DOING):
            keys = [(one["userId"]["S"], one["job"]["S"]) for one in page["Items"]]
            items = _at_once(lambda one: self._table.get(*one, doing=_DOING), keys)
            yield from (row for row in _read(filter(None, items)) if row.state is State.DEAD)

    def dead_count(self, source: str) -> int:
        """How many rows of a source are dead."""
        where = key("work").eq(work(DEAD, source))
        pages = self._table.pages(where, index="WorkIndex", Select="COUNT", doing=_DOING)
        return sum(int(page["Count"]) for page in pages)

    def revive(self, row: Row) -> bool:
        """Let a dead row wait again; False when it is no longer dead."""
        return self._move(row, measure_queue.revived(row)) is not None

    # --- the sources ------------------------------------------------------------------------------------------------

    def paused_until(self, source: str) -> datetime | None:
        """Until when nothing may be asked of a source."""
        about = self._table.get(_SOURCE, source, doing=_DOING) or {}
        until = rows.read(about, pausedUntil=rows.time)[0].get("pausedUntil")
        return from_iso(until) if until else None

    def pause(self, source: str, until: datetime) -> None:
        """Ask nothing of a source until then, or until the later moment that is stored."""
        time = to_iso(until)
        sooner = attr("pausedUntil").not_exists() | attr("pausedUntil").lt(time)
        self._note(source, when=sooner, pausedUntil=time)

    def spend(self, source: str, *, cap: int, now: datetime) -> bool:
        """Count one call to a source before it is made; False when `cap` calls were made on this day (UTC)."""
        day = to_iso(now)[:10]
        name = f"{source}#{day}"
        left = attr("calls").lt(cap)

        def count() -> Any:
            add = {"calls": 1}
            return self._table.change(_LEDGER, name, changes={}, add=add, when=left, doing="count the call")

        if count():
            return True
        until = int((now + _LEDGER_KEPT).timestamp())
        first = {"userId": _LEDGER, "job": name, "calls": 0, "ttl": until}
        self._table.put_if_absent(first, doing="count the call")
        return bool(count())

    def spent(self, source: str, *, now: datetime) -> int:
        """How many calls were made to a source on this day (UTC)."""
        row = self._table.get(_LEDGER, f"{source}#{to_iso(now)[:10]}", doing="read the ledger") or {}
        return int(rows.read(row, calls=rows.whole_number)[0].get("calls", 0))

    def _note(self, name: str, *, when: Any = None, **values: Any) -> None:
        """Store something about a source, or about the repair."""
        if self._table.change(_SOURCE, name, changes=values, when=when, doing=_CHANGING) is None:
            first = {"userId": _SOURCE, "job": name, **values}
            self._table.put_if_absent(first, doing=_CHANGING)


def _read(items: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The rows that items hold; those that cannot be read are reported and left out."""
    found, problems = [], {}
    for item in items:
        row, faults = measure_rows.read(item)
        if row:
            found.append(row)
        else:
            problems[item["job"]["S"]] = faults
    measure_rows.report(problems)
    return found


def _keys(stop: Mapping[str, Any]) -> dict[str, str] | None:
    """The key behind which a repair begins."""
    try:
        user_id, name = json.loads(rows.text(stop["after"]))
    except (*rows.UNREADABLE, json.JSONDecodeError):
        return None
    return {"userId": str(user_id), "job": str(name)}


def _at_once(call: Callable[[T], R], each: Sequence[T]) -> list[R]:
    """The answers of calls for each, AT_ONCE at the same time. A fault of one is raised when the others have ended."""
    if len(each) < 2:
        return [call(one) for one in each]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(call, each))
