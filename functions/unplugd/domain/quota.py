"""How much one person may use: songs on a day, and minutes of music in a month. Both go by UTC.

A song counts when its upload link is given, whether or not the file arrives: the link is what is granted. Its minutes
are known only once the file was read, so they count when the song joins the queue, and again when a person retries it:
each run costs. Nothing is given back, so that no order of events can make room twice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from unplugd.kernel.clock import to_iso
from unplugd.kernel.errors import QuotaUsed

QUOTA_USED = "QUOTA_USED"  # the code of a song whose minutes were refused
_KEPT_AFTER = timedelta(days=2)  # a late event still finds that it was counted


@dataclass(frozen=True)
class Quota:
    """A limit for one period. `key` names the period in the table, `limit` is in songs or seconds."""

    key: str
    limit: int
    ends: datetime
    refusal: str

    @property
    def ttl(self) -> int:
        """When its rows may go, in seconds since 1970."""
        return int((self.ends + _KEPT_AFTER).timestamp())

    def used_up(self) -> QuotaUsed:
        """The sentence that a person reads beyond it."""
        return QuotaUsed(self.refusal, ends_at=to_iso(self.ends))


class Usage(Protocol):
    """What counts exactly, also when calls run at once."""

    def take(self, owner: str, quota: Quota, thing: str, amount: int) -> None:
        """Count `amount` for `thing`, once however often it is asked. Raises `QuotaUsed`, and counts nothing, when the
        quota has not so much left."""
        ...

    def used(self, owner: str, quota: Quota) -> int: ...


@dataclass(frozen=True)
class Quotas:
    """A deployment's limits for each person; 0 is no limit."""

    songs_a_day: int
    minutes_a_month: int
    usage: Usage

    def take_song(self, owner: str, song_id: str, now: datetime) -> None:
        """Count a song that is about to be granted. Raises `QuotaUsed`, also when no minute is left for it."""
        month = self._month(now)
        if month and self.usage.used(owner, month) >= month.limit:
            raise month.used_up()
        if day := self._day(now):
            self.usage.take(owner, day, song_id, 1)

    def take_minutes(self, owner: str, run: str, seconds: float, now: datetime) -> None:
        """Count a song's length for the run `run`. Raises `QuotaUsed`."""
        if month := self._month(now):
            self.usage.take(owner, month, run, math.ceil(seconds))

    def shown(self, owner: str, now: datetime) -> dict[str, Any]:
        """What is used, for the person; None where there is no limit."""
        day, month = self._day(now), self._month(now)
        return {
            "songsToday": self._line(owner, day, 1) if day else None,
            "minutesThisMonth": self._line(owner, month, 60) if month else None,
        }

    def _line(self, owner: str, quota: Quota, unit: int) -> Mapping[str, Any]:
        used = self.usage.used(owner, quota)
        return {
            "used": math.ceil(used / unit),
            "limit": quota.limit // unit,
            "endsAt": to_iso(quota.ends),
        }

    def _day(self, now: datetime) -> Quota | None:
        if not self.songs_a_day:
            return None
        begins = now.replace(hour=0, minute=0, second=0, microsecond=0)
        songs = f"{self.songs_a_day} song{'' if self.songs_a_day == 1 else 's'}"
        says = f"You may add {songs} a day. You can add more after midnight (UTC)."
        return Quota(f"day#{begins:%Y-%m-%d}", self.songs_a_day, begins + timedelta(days=1), says)

    def _month(self, now: datetime) -> Quota | None:
        if not self.minutes_a_month:
            return None
        begins = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        ends = (begins + timedelta(days=31)).replace(day=1)
        says = (
            f"You may have {self.minutes_a_month} minutes of music processed a month, and too few are left. "
            f"You have them again from {ends.day} {ends:%B} (UTC)."
        )
        return Quota(f"month#{begins:%Y-%m}", self.minutes_a_month * 60, ends, says)
