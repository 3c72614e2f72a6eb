"""The limits of a day and a month: where they begin and end, and what a person reads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from unplugd.domain.quota import Quota, Quotas
from unplugd.kernel.errors import QuotaUsed


class Counter:
    """Usage in memory: what was asked of it."""

    def __init__(self, used: int = 0) -> None:
        self.asked: list[tuple[str, int, str, int]] = []
        self.amount = used

    def take(self, owner: str, quota: Quota, thing: str, amount: int) -> None:
        self.asked.append((quota.key, quota.limit, thing, amount))

    def used(self, owner: str, quota: Quota) -> int:
        return self.amount


@pytest.mark.parametrize(
    ("now", "day", "day_ends", "month", "month_ends"),
    [
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), "2026-12-31", "2027-01-01", "2026-12", "2027-01-01"),
        (datetime(2028, 2, 29, 0, 0, tzinfo=UTC), "2028-02-29", "2028-03-01", "2028-02", "2028-03-01"),
        (datetime(2026, 4, 30, 12, 0, tzinfo=UTC), "2026-04-30", "2026-05-01", "2026-04", "2026-05-01"),
    ],
)
def test_a_period_is_a_calendar_day_or_month(
    now: datetime, day: str, day_ends: str, month: str, month_ends: str
) -> None:
    counter = Counter()
    quotas = Quotas(5, 10, counter)
    quotas.take_song("me", "song", now)
    quotas.take_minutes("me", "song-1", 61.2, now)
    assert counter.asked == [(f"day#{day}", 5, "song", 1), (f"month#{month}", 600, "song-1", 62)]
    shown = quotas.shown("me", now)
    assert shown["songsToday"]["endsAt"] == f"{day_ends}T00:00:00.000Z"
    assert shown["minutesThisMonth"]["endsAt"] == f"{month_ends}T00:00:00.000Z"


def test_zero_is_no_limit_and_counts_nothing() -> None:
    counter, now = Counter(used=10**6), datetime(2026, 1, 31, tzinfo=UTC)
    quotas = Quotas(0, 0, counter)
    quotas.take_song("me", "song", now)
    quotas.take_minutes("me", "song", 600, now)
    assert counter.asked == []
    assert quotas.shown("me", now) == {"songsToday": None, "minutesThisMonth": None}


def test_no_link_is_given_once_the_minutes_are_used_up() -> None:
    counter, now = Counter(used=600), datetime(2026, 1, 31, tzinfo=UTC)
    with pytest.raises(QuotaUsed, match="from 1 February") as refused:
        Quotas(5, 10, counter).take_song("me", "song", now)
    assert refused.value.more == {"endsAt": "2026-02-01T00:00:00.000Z"}
    assert counter.asked == []
