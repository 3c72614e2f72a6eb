"""Recording sessions in DynamoDB. A window that arrives is added to a number set, so that events in any order, twice or
at the same time give the same row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from unplugd.aws import rows
from unplugd.aws.table import Row, Table, attr, equal, key, plain
from unplugd.domain.session import (
    ACCEPTS,
    FORMATS,
    SAMPLE_RATES,
    WINDOW_SECONDS,
    Begun,
    Gap,
    Kind,
    Mode,
    Pitch,
    RecorderGap,
    Session,
    State,
    Waiting,
    Why,
)
from unplugd.kernel.errors import Conflict

_SETS = {Kind.AUDIO: "completedAudioWindows", Kind.FRAMES: "completedFrameWindows"}
_GRANTED = "grantedWindows"
_CLAIMS, _INGESTED, _FAILED = "ingestTriggeredWindows", "ingestedWindows", "failedWindows"
# In place of a session's id; they sort before every id.
_LEDGER = "#begun"  # how many a person began on a day
_WAITING = "#waiting"  # how many windows of which sessions may not be joined yet
_LIVE = "LIVE"  # `work` of every session of which something is still to be done
_PLACE = ("updatedAt", "userId", "sessionId", "work")  # the key of WorkIndex
_OPEN = [str(state) for state in ACCEPTS]


class SessionTable:
    """`{app}-{env}-sessions`."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table, "userId", "sessionId")

    def begun(self, owner: str) -> Begun:
        """On which day a person last began sessions, and how many."""
        row = self._table.get(owner, _LEDGER, doing="count the sessions") or {}
        return Begun(plain(row.get("day")), plain(row.get("count")))

    def create(self, session: Session, *, before: Begun, after: Begun) -> bool:
        """Write a new session, and count it: False when what `begun` answered is not `before` any more, or there is a
        session with its id. So of several calls at once one counts what the others wrote."""
        row = {
            "userId": session.user_id,
            "sessionId": session.session_id,
            "status": str(session.status),
            "startedAt": session.started_at,
            "updatedAt": session.updated_at,
            "captureMode": str(session.mode),
            "sampleRate": session.sample_rate,
            "channels": session.channels,
            "sampleFormat": session.sample_format,
            "windowSeconds": session.window_seconds,
            "title": session.title,
            "songId": session.song_id,
            "offsetMs": session.offset_ms,
            "seq": session.seq,
            "work": _LIVE,
        }
        ledger = {
            "userId": session.user_id,
            "sessionId": _LEDGER,
            "day": after.day,
            "count": after.count,
        }
        seen = equal({"day": before.day, "count": before.count})
        return self._table.put_both(row, ledger, when=seen, doing="create the session")

    def get(self, user_id: str, session_id: str) -> Session | None:
        """A session; `Conflict` when its row cannot be read."""
        row = self._table.get(user_id, session_id, doing="read the session")
        if row is None:
            return None
        session = _read(row)
        if session is None:
            raise Conflict("The stored record of this session cannot be read.")
        return session

    def page(self, owner: str, *, after: str | None, limit: int) -> tuple[list[Session], str | None]:
        """Up to `limit` sessions, newest first, and the id behind which the next page begins. Rows that cannot be read
        are reported and left out."""
        begin = {"userId": owner, "sessionId": after} if after else None
        pages = self._table.pages(
            key("userId").eq(owner) & key("sessionId").gt(_WAITING),
            after=begin,
            doing="list the sessions",
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit,
        )
        page = next(iter(pages))
        last = page.get("LastEvaluatedKey")
        found = [session for row in page["Items"] if (session := _read(row))]
        return found, str(last["sessionId"]["S"]) if last else None

    def ids(self, owner: str, *, limit: int) -> list[str]:
        """The ids of up to `limit` rows, newest sessions first, whether or not they can be read; ledgers are last."""
        pages = self._table.pages(
            key("userId").eq(owner), doing="list the sessions", ScanIndexForward=False, Limit=limit
        )
        return [str(row["sessionId"]["S"]) for row in next(iter(pages))["Items"]]

    def live(self, after: str = "") -> Iterator[tuple[str, Session]]:
        """Every session of which something is still to be done, and its place; the one that was quiet longest first.
        With `after`, a place: those behind it. Places sort as the sessions do, but for those changed at one moment."""
        begin = dict(zip(_PLACE, [*after.split(), _LIVE], strict=True)) if after else None
        for page in self._table.pages(
            key("work").eq(_LIVE), index="WorkIndex", after=begin, doing="read the sessions"
        ):
            for row in page["Items"]:
                user_id, session_id = row["userId"]["S"], row["sessionId"]["S"]
                whole = self._table.get(user_id, session_id, doing="read the session")
                if whole and (session := _read(whole)):
                    yield " ".join(row[name]["S"] for name in _PLACE[:3]), session

    def waiting(self, owner: str) -> Waiting:
        """Which sessions have windows that may not be joined yet. What cannot be read counts as none."""
        row = self._table.get(owner, _WAITING, doing="count the windows") or {}
        windows, seen = plain(row.get("windows")), plain(row.get("seen"))
        return Waiting(
            {str(one): int(many) for one, many in windows.items() if isinstance(many, Decimal)}
            if isinstance(windows, dict)
            else {},
            seen,
        )

    def unjoined(self, owner: str, ids: Sequence[str]) -> list[Session]:
        """Those of these sessions that are there and not joined yet."""
        found: list[Session] = []
        for start in range(0, len(ids), 100):
            keys = [(owner, one) for one in ids[start : start + 100]]
            for row in self._table.get_all(keys, doing="count the windows"):
                session = _read(row)
                if session and session.status not in (State.READY, State.FAILED):
                    found.append(session)
        return found

    def grant(self, session: Session, index: int, *, before: Waiting, after: Mapping[str, int]) -> bool:
        """Note that a window has a link, and count it: False when what `waiting` answered is not `before` any more, the
        window has a link already, or the session takes none."""
        takes = attr("status").is_in(_OPEN) & (attr(_GRANTED).not_exists() | ~attr(_GRANTED).contains(index))
        number = int(before.seen) if isinstance(before.seen, Decimal) else 0
        ledger = {"windows": dict(after), "seen": number + 1}
        seen = equal({"seen": before.seen})
        writes = [
            self._table.changed_row(*_key(session), changes={}, add={_GRANTED: {index}}, when=takes),
            self._table.changed_row(session.user_id, _WAITING, changes=ledger, when=seen),
        ]
        return self._table.together(writes, doing="count the window")

    def register(self, session_key: tuple[str, str], index: int, kind: Kind, *, now: str) -> Session | None:
        """Note that a file of a window has arrived; the session then. None when there is no session that takes it."""
        return self._change(
            session_key,
            {"updatedAt": now},
            add={_SETS[kind]: {index}, "seq": 1},
            when=attr("status").is_in(_OPEN),
            doing="note the window",
        )

    def claim(self, session: Session, index: int) -> bool:
        """Take the right to have a window ingested; False when another call has it."""
        free = ~attr(_CLAIMS).contains(index)
        doing = "have the window read"
        return self._change(_key(session), {}, add={_CLAIMS: {index}}, when=free, doing=doing) is not None

    def unclaim(self, session: Session, index: int) -> None:
        """Give that right back."""
        self._change(_key(session), {}, drop={_CLAIMS: {index}}, doing="have the window read")

    def note_ingested(self, session: Session, index: int, *, now: str) -> Session | None:
        """Note that a window was read; None when that is known, or the session no longer takes windows."""
        return self._settle(session, index, _INGESTED, {index}, now)

    def note_failed(self, session: Session, index: int, code: str, *, now: str) -> Session | None:
        """Note that a window cannot be read, and why."""
        return self._settle(session, index, _FAILED, {f"{index:03d}:{code}"}, now)

    def _settle(
        self, session: Session, index: int, attribute: str, what: set[int] | set[str], now: str
    ) -> Session | None:
        when = ~attr(_INGESTED).contains(index) & attr("status").is_in(_OPEN)
        if attribute == _FAILED:
            when &= ~attr(_FAILED).contains(next(iter(what)))
        return self._change(
            _key(session),
            {"updatedAt": now},
            add={attribute: what, "seq": 1},
            when=when,
            doing="note the window",
        )

    def change(
        self, session: Session, changes: Mapping[str, Any], *, status: Sequence[State], now: str
    ) -> Session | None:
        """Set attributes by their stored names, if the session is in one of the states `status` still."""
        when = attr("status").is_in([str(one) for one in status])
        return self._change(
            _key(session),
            {"updatedAt": now, **changes},
            add={"seq": 1},
            when=when,
            doing="change the session",
        )

    def take_join(self, session: Session, *, before: State, now: str) -> Session | None:
        """Begin to join, once: from the state and the moment that were seen."""
        when = attr("status").eq(str(before)) & attr("updatedAt").eq(session.updated_at)
        changes = {"status": str(State.JOINING), "updatedAt": now}
        return self._change(_key(session), changes, add={"seq": 1}, when=when, doing="join the session")

    def finish(self, session: Session) -> None:
        """Nothing more is to be done for this session."""
        self._change(_key(session), {"work": None}, doing="finish the session")

    def delete(self, user_id: str, session_id: str) -> None:
        """Remove a session's row; removing it twice is fine."""
        self._table.delete(user_id, session_id, doing="delete the session")

    def remove(self, owner: str, ids: Sequence[str]) -> None:
        """Remove rows of a deleted account."""
        self._table.delete_all([(owner, one) for one in ids], doing="delete everything")

    def _change(self, where: tuple[str, str], changes: Mapping[str, Any], **how: Any) -> Session | None:
        row = self._table.change(*where, changes=changes, **how)
        return _read(row) if row else None


def _key(session: Session) -> tuple[str, str]:
    return session.user_id, session.session_id


def _numbers(stored: Mapping[str, Any]) -> frozenset[int]:
    return frozenset(int(number) for number in stored["NS"])


def _failures(stored: Mapping[str, Any]) -> dict[int, str]:
    return {int(index): code for index, _, code in (one.partition(":") for one in stored["SS"])}


def _gaps(stored: Mapping[str, Any]) -> tuple[Gap, ...]:
    return tuple(Gap(int(start), int(frames)) for start, frames in json.loads(rows.text(stored)))


def _recorder_gaps(stored: Mapping[str, Any]) -> tuple[RecorderGap, ...]:
    return tuple(
        RecorderGap(int(start), int(frames), int(lost), Why(why))
        for start, frames, lost, why in json.loads(rows.text(stored))
    )


def _one_of(values: Any) -> Any:
    def read(stored: Mapping[str, Any]) -> Any:
        value = rows.whole_number(stored) if "N" in stored else rows.text(stored)
        if value not in values:
            raise ValueError(value)
        return value

    return read


_NEEDED: Mapping[str, Any] = {
    "userId": rows.text,
    "sessionId": rows.text,
    "status": lambda stored: State(rows.text(stored)),
    "startedAt": rows.time,
    "updatedAt": rows.time,
    "sampleRate": _one_of(SAMPLE_RATES),
    "channels": _one_of(WINDOW_SECONDS),
    "sampleFormat": _one_of(FORMATS),
    "windowSeconds": rows.whole_number,
}
# Attribute → how it is read, and the field of `Session`. What is absent has the field's default.
_OPTIONAL: Mapping[str, tuple[Any, str]] = {
    "title": (rows.text, "title"),
    "songId": (rows.text, "song_id"),
    "offsetMs": (rows.whole_number, "offset_ms"),
    "completedAudioWindows": (_numbers, "audio"),
    "completedFrameWindows": (_numbers, "frames"),
    _GRANTED: (_numbers, "granted"),
    _CLAIMS: (_numbers, "triggered"),
    _INGESTED: (_numbers, "ingested"),
    _FAILED: (_failures, "failed"),
    "windows": (rows.whole_number, "windows"),
    "sampleFrames": (rows.whole_number, "sample_frames"),
    "gaps": (_gaps, "gaps"),
    "recorderGaps": (_recorder_gaps, "recorder_gaps"),
    "seq": (rows.whole_number, "seq"),
    "takenAs": (rows.text, "joined_as"),
    "errorCode": (rows.text, "error_code"),
    "pitch": (lambda stored: Pitch(rows.text(stored)), "pitch"),
    "pitchTries": (rows.whole_number, "pitch_tries"),
    # A row without it waits for both kinds of files, so that none is left out.
    "captureMode": (lambda stored: Mode(rows.text(stored)), "mode"),
}


def _read(row: Row) -> Session | None:
    """The session that a row holds; None, and a report, when it cannot be read."""
    needed, problems = rows.read(row, **_NEEDED)
    present = {name: reader for name, (reader, _) in _OPTIONAL.items() if name in row}
    found, unread = rows.read(row, **present)
    if problems or unread:
        rows.report("session", {str(row["sessionId"].get("S", "?")): [*problems, *unread]})
        return None
    fields = {_OPTIONAL[name][1]: value for name, value in found.items()}
    return Session(
        needed["userId"],
        needed["sessionId"],
        needed["status"],
        needed["startedAt"],
        needed["updatedAt"],
        fields.pop("mode", Mode.AUDIO_VIDEO),
        needed["sampleRate"],
        needed["channels"],
        needed["sampleFormat"],
        needed["windowSeconds"],
        **fields,
    )
