"""Songs as DynamoDB rows and back: names, numbers, the attributes that exist for the indexes only."""

from __future__ import annotations

import dataclasses
import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from unplugd.aws.table import serialized
from unplugd.domain.names import name_key
from unplugd.domain.song import LyricsStatus, MeasureStatus, Song, Status
from unplugd.domain.unreadable import Unreadable, UnreadableSong
from unplugd.kernel import metrics
from unplugd.kernel.clock import from_iso
from unplugd.kernel.log import logger

MAX_WHOLE_NUMBER = 2**53  # beyond this a JavaScript client reads another number
_LOGGED = 20  # rows that are named in the log after one read; all of them are counted
# What reading a value raises when it is not as expected.
UNREADABLE = (ArithmeticError, LookupError, TypeError, ValueError)
_ENUMS = {"Status": Status, "LyricsStatus": LyricsStatus, "MeasureStatus": MeasureStatus}


@cache
def to_attribute(field: str) -> str:
    """`song_id` → `songId`: the stored name of a field."""
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)


def search_text(text: str) -> str:
    """What the text filter compares: without case, also for ß, and however an é is composed. The Turkish İ and ı are
    the i that other keyboards have."""
    folded = unicodedata.normalize("NFC", text.casefold()).replace("i\u0307", "i").replace("ı", "i")
    return " ".join(folded.split())


def plain_row(song: Song) -> dict[str, Any]:
    """A song as plain values by their stored names, with the attributes that only serve an index or a search."""
    row: dict[str, Any] = {to_attribute(f.name): getattr(song, f.name) for f in dataclasses.fields(song)}
    row["statusSongId"] = f"{song.status}#{song.song_id}"
    row["searchText"] = search_text(f"{song.shown_title or ''} {song.artist or ''}") or None
    row["nameKey"] = name_key(song.file_name) if song.file_name else None
    return row


def to_row(value: Song | Mapping[str, Any]) -> dict[str, Any]:
    """A song, or plain values, in DynamoDB's own form. None is not stored."""
    return serialized(plain_row(value) if isinstance(value, Song) else value)


def from_row(row: Mapping[str, Any]) -> Song:
    """The song that a row holds; attributes that only serve an index are left out.

    Raises `Unreadable` for a row with a missing, mistyped or unknown value, and reports it (log and metric)."""
    song = _parse(row)
    if isinstance(song, UnreadableSong):
        report("song", {song.song_id: song.problems})
        raise Unreadable(song)
    return song


def from_rows(rows: Iterable[Mapping[str, Any]]) -> list[Song | UnreadableSong]:
    """The songs that rows hold, in order. Rows that cannot be read are reported and stay in the list."""
    songs = [_parse(row) for row in rows]
    report("song", {song.song_id: song.problems for song in songs if isinstance(song, UnreadableSong)})
    return songs


def report(kind: str, rows: Mapping[str, Sequence[str]]) -> None:
    """Log and count rows that cannot be read: each one's id, and the names of the attributes that are wrong. The
    values stay out of the log: they may be private."""
    for row_id, attributes in list(rows.items())[:_LOGGED]:
        extra = {"kind": kind, "id": row_id, "attributes": attributes}
        logger().error("skipped a row that cannot be read", extra=extra)
    if rows:
        metrics.put("UnreadableRows", len(rows))


def _parse(row: Mapping[str, Any]) -> Song | UnreadableSong:
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in dataclasses.fields(Song):
        name = to_attribute(field.name)
        if name in row:
            try:
                values[field.name] = _value(field.name, str(field.type), row[name])
            except UNREADABLE:
                problems.append(name)
        elif field.default is dataclasses.MISSING:
            problems.append(name)
    if not problems:
        song = Song(**values)
        if not song.waits or song.queued_at:
            return song
        problems.append("queuedAt")  # without it the song has no place in the queue
    user_id, song_id = (str(values.pop(name, "")) for name in ("user_id", "song_id"))
    return UnreadableSong(user_id, song_id, tuple(problems), values)


def _value(field: str, kind: str, stored: Mapping[str, Any]) -> Any:
    """A field's value. `kind` is its annotation; an error of any kind means that it cannot be read."""
    kind = kind.removesuffix(" | None")
    if kind == "int":
        return whole_number(stored)
    if kind == "float":
        return number(stored)
    value = text(stored)
    if kind in _ENUMS:
        return _ENUMS[kind](value)
    if field.endswith("_at"):
        return time(stored)
    if field == "part_progress":
        [int(percent) for percent in value.split(",")]
    return value


def read(
    row: Mapping[str, Any], **readers: Callable[[Mapping[str, Any]], Any]
) -> tuple[dict[str, Any], list[str]]:
    """Read some attributes of a row: the values by name, and the names of those that are absent or cannot be read."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, reader in readers.items():
        try:
            values[name] = reader(row[name])
        except UNREADABLE:
            problems.append(name)
    return values, problems


def text(stored: Mapping[str, Any]) -> str:
    """A stored string that is not empty. Raises like a dict or `ValueError` for anything else, as do the two below."""
    value = stored["S"]
    if not isinstance(value, str) or not value:
        raise ValueError("not a string, or an empty one")
    return value


def whole_number(stored: Mapping[str, Any]) -> int:
    """A stored whole number that every client can hold."""
    number = Decimal(stored["N"])
    if number != number.to_integral_value() or abs(number) > MAX_WHOLE_NUMBER:
        raise ValueError("not a whole number")
    return int(number)


def number(stored: Mapping[str, Any]) -> float:
    """A stored finite number."""
    value = float(stored["N"])
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


def time(stored: Mapping[str, Any]) -> str:
    """A stored moment: ISO 8601 with a time zone."""
    value = text(stored)
    if from_iso(value).tzinfo is None:
        raise ValueError("no time zone")
    return value
