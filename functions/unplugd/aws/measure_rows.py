"""Rows of the measure queue in DynamoDB's form and back, and their place in its index.

A row that an earlier version of this code wrote may lack any attribute that has a default in `Row`. What cannot be read
is reported, and left where it is."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from unplugd.aws import rows
from unplugd.aws.rows import to_attribute
from unplugd.aws.table import plain
from unplugd.domain.measure_queue import ENDED, MAX_RANK, SOURCES, Row, State, Waiting

Stored = Mapping[str, Any]
PENDING, LEASED, FAILED, DEAD = (str(s) for s in (State.PENDING, State.LEASED, State.FAILED, State.DEAD))
NO_PERSON = "#"  # how the partitions of the rows begin that are no person's: no user id does
JOB = "job#"  # how the keys of the rows begin that say what was asked for


def stored(row: Row) -> dict[str, Any]:
    """A row as plain values by their stored names, with its key and its place in the index."""
    values = {to_attribute(f.name): getattr(row, f.name) for f in dataclasses.fields(row)}
    values["values"] = None if row.values is None else json.dumps(row.values, separators=(",", ":"))
    for name in ("measures", "platforms"):
        values[name] = list(values[name]) or None
    return {**values, "state": str(row.state), "job": row.key, **index_of(row)}


def index_of(row: Row) -> dict[str, str | None]:
    """Where a row is in WorkIndex. A waiting row: with those of its person, the most wanted first. A leased or failed
    one: by when its lease ends, or its next try is due. A dead one: by when it died. One that is done: nowhere."""
    if row.state is State.DONE:
        return {"work": None, "place": None}
    places = {
        State.PENDING: pending_place(row.user_id, row.rank),
        State.LEASED: row.lease_until,
        State.FAILED: row.due_at,
        State.DEAD: row.done_at,
    }
    return {"work": work(row.state, row.source), "place": places[row.state]}


def work(state: str, source: str) -> str:
    """The partition of WorkIndex for a state and a source."""
    return f"{state}#{source}"


def pending_place(user_id: str, rank: int) -> str:
    """The place of a waiting row: text order is the order by person, and for one person by rank, highest first."""
    return f"{user_id}#{MAX_RANK - max(0, min(MAX_RANK, rank)):012d}"


def behind(user_id: str) -> str:
    """The place behind all waiting rows of a person."""
    return f"{user_id}#~"


def waiting(entry: Stored) -> Waiting:
    """A waiting row from what the index holds of it."""
    number = entry["place"]["S"].rpartition("#")[2]
    rank = MAX_RANK - int(number) if number.isdecimal() else 0
    return Waiting(entry["userId"]["S"], entry["job"]["S"], rank)


def is_row(item: Stored) -> bool:
    """Whether an item of the table is a row of the queue."""
    return not item["userId"]["S"].startswith(NO_PERSON) and not item["job"]["S"].startswith(JOB)


def same(row: Row, item: Stored | None) -> str | None:
    """What putting a row would do, if it would change nothing."""
    state = plain(item.get("state")) if item else None
    if state == State.DONE:
        return "known"
    open_states = (State.PENDING, State.FAILED, State.LEASED)
    if item and state in open_states and (plain(item.get("rank")) or 0) >= row.rank:
        return "waiting"
    return None


def read(item: Stored) -> tuple[Row | None, list[str]]:
    """The row that an item holds; or None, and the names of the attributes that are absent or cannot be read."""
    known = {name: reader for name, reader in _READERS.items() if name in item or name in _REQUIRED}
    values, problems = rows.read(item, **known)
    if problems:
        return None, problems
    row = Row(**{_FIELDS[name]: value for name, value in values.items()})
    if row.key != item["job"]["S"]:
        return None, ["job"]
    if row.state in ENDED and not row.done_at:
        return None, ["doneAt"]
    return row, []


def report(problems: Mapping[str, list[str]]) -> None:
    """Log and count rows that cannot be read, by their keys."""
    rows.report("measurement row", problems)


def _source(one: Stored) -> str:
    name = rows.text(one)
    if name not in SOURCES:
        raise ValueError("no source of ours")
    return name


def _names(one: Stored) -> tuple[str, ...]:
    return tuple(rows.text(each) for each in one["L"])


def _values(one: Stored) -> Mapping[str, Any]:
    values = json.loads(rows.text(one))
    if not isinstance(values, dict):
        raise ValueError("no object")
    return values


def _count(one: Stored) -> int:
    return max(0, rows.whole_number(one))


_READERS = {
    "userId": rows.text,
    "subject": rows.text,
    "source": _source,
    "version": rows.whole_number,
    "requestedAt": rows.time,
    "rank": _count,
    "state": lambda one: State(rows.text(one)),
    "attempts": _count,
    "losses": _count,
    "isrc": rows.text,
    "measures": _names,
    "platforms": _names,
    "jobId": rows.text,
    "leaseToken": rows.text,
    "leaseUntil": rows.time,
    "dueAt": rows.time,
    "execution": rows.text,
    "reason": rows.text,
    "values": _values,
    "doneAt": rows.time,
}
_FIELDS = {to_attribute(f.name): f.name for f in dataclasses.fields(Row)}
_REQUIRED = ("userId", "subject", "source", "version", "state", "requestedAt")
