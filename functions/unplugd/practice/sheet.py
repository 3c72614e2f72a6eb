"""The log as CSV with the columns of Anki's table `revlog`, and five of our own behind them.

Anki's `cid` is a number; here it is the song's id. `ease` is 1–4 (Again, Hard, Good, Easy)."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from unplugd.domain.practice import Kind, Review, practice_day
from unplugd.domain.scheduling import Scheduler, State, step
from unplugd.kernel.clock import from_iso, to_iso
from unplugd.kernel.errors import Invalid
from unplugd.kernel.ids import is_song_id
from unplugd.practice import rules

ANKI = ("id", "cid", "usn", "ease", "ivl", "lastIvl", "factor", "time", "type")
OURS = ("reviewId", "grade", "hints", "mask", "day")
MAX_ROWS = 2_000  # of one import
_NEEDED = {"id", "cid", "ease"}
_EASE = (1, 1, 1, 2, 3, 4)  # by grade
_GRADE = {1: 1, 2: 3, 3: 4, 4: 5}
_LEARN, _REVIEW, _AGAIN = 0, 1, 2  # Anki's types; the last is its "relearn"
_FIRST_MS, _LAST_MS = 0, 4_102_444_800_000  # 1970 to 2100


def written(logs: Iterable[tuple[str, Sequence[Review]]], rule: Scheduler, *, header: bool) -> str:
    """The answers that count, card by card in order. Those that were undone are left out."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if header:
        writer.writerow([*ANKI, *OURS])
    for song_id, log in logs:
        writer.writerows(_rows(song_id, log, rule))
    return out.getvalue()


def _rows(song_id: str, log: Sequence[Review], rule: Scheduler) -> Iterator[list[Any]]:
    undone = {entry.undoes for entry in log}
    kept = [entry for entry in log if entry.kind is Kind.GRADE and entry.review_id not in undone]
    state = State()
    for entry in sorted(kept, key=lambda one: (one.reviewed_at, one.review_id)):
        kind = _LEARN if state.due is None else _AGAIN if state.is_repetition(entry.day) else _REVIEW
        last, state = state.memory.interval, step(state, entry.entry, rule)
        moment = int(from_iso(entry.reviewed_at).timestamp() * 1000)
        memory = state.memory
        anki = [moment, song_id, 0, _EASE[entry.counted], memory.interval, last, memory.ease * 10]
        yield [
            *anki,
            entry.latency_ms,
            kind,
            entry.review_id,
            entry.grade,
            entry.hints,
            entry.mask,
            entry.day.isoformat(),
        ]


def read(text: str, *, now: datetime, zone: ZoneInfo) -> tuple[list[Review], list[dict[str, Any]]]:
    """The answers of a sheet, and for each line that cannot be read why not. `Invalid` for a text that is no sheet."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        if not reader.fieldnames or not set(reader.fieldnames) >= _NEEDED:
            raise Invalid(f"The first line must name the columns {', '.join(sorted(_NEEDED))}.")
        lines = list(reader)
    except csv.Error:
        raise Invalid("This is not a CSV file.") from None
    if len(lines) > MAX_ROWS:
        raise Invalid(f"One import may have {MAX_ROWS} rows; this one has {len(lines)}.")
    found, refused = [], []
    for number, line in enumerate(lines, start=2):
        try:
            found.append(_entry(line, now, zone))
        except Invalid as error:
            refused.append({"line": number, "problem": error.message})
    return found, refused


def _entry(line: dict[str, str | None], now: datetime, zone: ZoneInfo) -> Review:
    moment_ms = _number(line, "id", _FIRST_MS, _LAST_MS)
    moment = datetime.fromtimestamp(moment_ms / 1000, UTC)
    if moment > now + rules.AHEAD:
        raise Invalid("id is a moment in the future")
    song_id = line.get("cid") or ""
    if not is_song_id(song_id):
        raise Invalid("cid must be a song's id")
    ease = _number(line, "ease", 1, 4)
    given = line.get("reviewId")
    day = practice_day(moment, zone)
    if line.get("day"):
        try:
            day = date.fromisoformat(str(line["day"]))
        except ValueError:
            raise Invalid("day must be a day such as 2026-01-31") from None
        if abs((day - moment.date()).days) > 2:
            raise Invalid("day is not the day of id")
    return Review(
        song_id=song_id,
        review_id=rules.review_id(given) if given else _own_id(song_id, moment_ms),
        kind=Kind.GRADE,
        reviewed_at=to_iso(moment),
        day=day,
        grade=_number(line, "grade", 0, 5, default=_GRADE[ease]),
        latency_ms=min(_number(line, "time", 0, 2**53, default=0), rules.MAX_LATENCY_MS),
        hints=_number(line, "hints", 0, 2, default=0),
        mask=_number(line, "mask", 0, 63, default=0),
    )


def _number(line: dict[str, str | None], name: str, least: int, most: int, default: int | None = None) -> int:
    text = (line.get(name) or "").strip()
    if not text and default is not None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and least <= int(text) <= most):
        raise Invalid(f"{name} must be a whole number from {least} to {most}")
    return int(text)


def _own_id(song_id: str, moment_ms: int) -> str:
    """The id of an answer that came without one: the same for the same row, so that a second import adds nothing."""
    from ulid import ULID

    rest = hashlib.sha256(f"{song_id}#{moment_ms}".encode()).digest()[:10]
    return str(ULID(moment_ms.to_bytes(6, "big") + rest))
