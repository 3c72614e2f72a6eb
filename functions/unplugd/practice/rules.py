"""What is accepted: grades, moments, ids, time zones, limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from unplugd.domain.practice import ALL_STEMS, MAX_HINTS
from unplugd.domain.scheduling import NAMES, Name
from unplugd.domain.song import Song, Status
from unplugd.kernel.clock import from_iso, to_iso
from unplugd.kernel.errors import Invalid, NotFound
from unplugd.kernel.ids import is_song_id

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
OLDEST = timedelta(days=30)  # how late an answer may come
AHEAD = timedelta(minutes=5)  # how far a client's clock may be ahead
MAX_LATENCY_MS = 3_600_000
MAX_NEW_A_DAY, MAX_REVIEWS_A_DAY = 1_000, 10_000
FURTHEST = timedelta(days=366)  # how long a card may be buried
PARTS = ("initial", "year")  # of the answer, as hints
ZONE_PATTERN = r"[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,32}){0,2}"
MAX_SHEET_BYTES = 1024 * 1024
_LIMIT = re.compile(r"[0-9]{1,3}\Z")
# `fromisoformat` also takes weeks, basic forms and other separators; clients send this one.
TIME_PATTERN = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)"
DAY_PATTERN = r"\d{4}-\d\d-\d\d"
_GONE = "There is no such song in your library."


def limit(text: str | None) -> int:
    """`?limit=`. Only ASCII digits count."""
    if text is None:
        return DEFAULT_LIMIT
    if not _LIMIT.match(text) or not 1 <= int(text) <= MAX_LIMIT:
        raise Invalid(f"limit must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def whole(name: str, value: Any, least: int, most: int) -> int:
    """A whole number as it is written: true, 3.0 and "4" are none."""
    if type(value) is not int or not least <= value <= most:
        raise Invalid(f"{name} must be a whole number from {least} to {most}")
    return value


def grade(value: Any) -> int:
    return whole("grade", value, 0, 5)


def mask(value: Any) -> int:
    """The stems that sounded; none when it is not given."""
    return 0 if value is None else whole("mask", value, 0, ALL_STEMS)


def hints(value: Any) -> int:
    """The hints in words that were shown."""
    return 0 if value is None else whole("hints", value, 0, MAX_HINTS)


def latency(value: Any) -> int:
    """Milliseconds from the first sound to the answer; 0 when it is not known."""
    return 0 if value is None else whole("latencyMs", value, 0, MAX_LATENCY_MS)


def flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid(f"{name} must be true or false")
    return value


def reviewed_at(text: Any, now: datetime) -> datetime:
    """The moment of an answer: at most 30 days old, and no more than five minutes ahead of our clock."""
    if not isinstance(text, str) or not re.fullmatch(TIME_PATTERN, text, re.ASCII):
        raise Invalid("reviewedAt must be a moment such as 2026-01-31T08:15:00Z")
    try:
        moment = from_iso(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("reviewedAt must be a moment such as 2026-01-31T08:15:00Z") from None
    if moment < now - OLDEST:
        raise Invalid("reviewedAt must be at most 30 days ago")
    if moment > now + AHEAD:
        raise Invalid("reviewedAt must be at most 5 minutes from now; please check your clock")
    return from_iso(to_iso(moment))


def song_id(text: str | None) -> str:
    """The song that a body names."""
    if text is None:
        raise Invalid("songId is required")
    return text


def sheet(text: Any) -> str:
    """A CSV in a body."""
    if not isinstance(text, str) or not text.strip():
        raise Invalid("csv must be the text of a CSV file")
    return text


def review_id(value: Any) -> str:
    if not isinstance(value, str) or not is_song_id(value):
        raise Invalid("reviewId must be a ULID")
    return value


def time_zone(text: Any) -> str:
    """The name of a zone in the IANA database."""
    if not isinstance(text, str) or not re.fullmatch(ZONE_PATTERN, text, re.ASCII):
        raise Invalid("timeZone must be an IANA name such as Europe/Berlin")
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        raise Invalid("timeZone must be an IANA name such as Europe/Berlin") from None
    return text


def buried_until(value: Any, today: date) -> date | None:
    """The day on which a buried card is asked again; None to dig it up."""
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(DAY_PATTERN, value, re.ASCII):
        raise Invalid("buriedUntil must be a day such as 2026-01-31, or null")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise Invalid("buriedUntil must be a day such as 2026-01-31, or null") from None
    if not today < day <= today + FURTHEST:
        raise Invalid("buriedUntil must be after today and within a year")
    return day


def part(text: str | None) -> str | None:
    """`?part=` of an answer."""
    if text is not None and text not in PARTS:
        raise Invalid(f"part must be one of {', '.join(PARTS)}")
    return text


def chosen(value: Any) -> Name:
    """The scheduler of this name."""
    for name in NAMES:
        if value == name:
            return name
    raise Invalid(f"scheduler must be one of {', '.join(NAMES)}")


# The settings of the API: the field of `Settings`, and what reads it.
SETTINGS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "scheduler": ("scheduler", chosen),
    "timeZone": ("time_zone", time_zone),
    "newPerDay": ("new_a_day", lambda value: whole("newPerDay", value, 0, MAX_NEW_A_DAY)),
    "reviewsPerDay": ("reviews_a_day", lambda value: whole("reviewsPerDay", value, 0, MAX_REVIEWS_A_DAY)),
}


def playable(song: Song | None) -> Song:
    """A song that can be a card: it has stems."""
    if song is None or song.status is not Status.COMPLETED:
        raise NotFound(_GONE)
    return song
