"""Practice days begin at 04:00 where the person is, also on the two days a year on which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from unplugd.domain.practice import Card, Kind, Review, ceiling, day_begins, practice_day
from unplugd.domain.scheduling import State

# Zone, the day on which its clocks go forward and the day on which they go back, in 2026 (UTC offsets east to west,
# half-hour changes, the southern half).
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29), date(2026, 10, 25)),
    ("Europe/London", date(2026, 3, 29), date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8), date(2026, 11, 1)),
    ("America/Los_Angeles", date(2026, 3, 8), date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 10, 4), date(2026, 4, 5)),
    ("America/Santiago", date(2026, 9, 6), date(2026, 4, 5)),
]
MINUTE = timedelta(minutes=1)


def length(day: date, zone: ZoneInfo) -> timedelta:
    return day_begins(day + timedelta(days=1), zone) - day_begins(day, zone)


@pytest.mark.parametrize(("name", "forward", "back"), CHANGES)
def test_clocks_change_both_ways(name: str, forward: date, back: date) -> None:
    """Every minute around a change belongs to the day whose bounds hold it; the day before is shorter, or longer."""
    zone = ZoneInfo(name)
    moved = timedelta(minutes=30 if "Lord_Howe" in name else 60)
    for change, expected in ((forward, timedelta(days=1) - moved), (back, timedelta(days=1) + moved)):
        around = [change + timedelta(days=days) for days in (-2, -1, 0, 1)]
        lengths = [length(day, zone) for day in around]
        assert sorted(lengths).count(timedelta(days=1)) == 3
        assert expected in lengths
        for day in around:
            begins, ends = day_begins(day, zone), day_begins(day + timedelta(days=1), zone)
            assert begins.astimezone(zone).strftime("%H:%M") == "04:00"
            minutes = int((ends - begins) / MINUTE)
            assert {practice_day(begins + number * MINUTE, zone) for number in range(minutes)} == {day}
            assert practice_day(begins - MINUTE, zone) == day - timedelta(days=1)


def test_one_in_the_night_is_the_day_before() -> None:
    zone = ZoneInfo("Europe/Berlin")
    assert practice_day(datetime(2026, 7, 1, 23, 30, tzinfo=UTC), zone) == date(2026, 7, 1)
    assert practice_day(datetime(2026, 7, 2, 2, 0, tzinfo=UTC), zone) == date(2026, 7, 2)


@pytest.mark.parametrize(
    ("mask", "hints", "best"),
    [
        (0, 0, 5),
        (1, 0, 5),
        (3, 0, 4),
        (7, 0, 4),
        (15, 0, 3),
        (8, 0, 3),
        (16, 0, 4),
        (1, 1, 4),
        (7, 2, 2),
        (15, 2, 1),
    ],
)
def test_hints_lower_the_best_grade(mask: int, hints: int, best: int) -> None:
    assert ceiling(mask, hints) == best
    review = Review("song", "id", Kind.GRADE, "T", date(2026, 1, 1), grade=5, hints=hints, mask=mask)
    assert review.counted == review.entry.grade == best


def test_the_place_of_a_card_in_the_index() -> None:
    new = Card("me", "01SONG", 0, "T")
    day, later = date(2026, 1, 9), date(2026, 2, 1)
    known = Card("me", "01SONG", 1, "T", state=State(due=day, last_day=date(2026, 1, 3)))
    repeat = Card("me", "01SONG", 1, "T", state=State(due=day, last_day=date(2026, 1, 3), repeat=True))
    assert (new.due_key, known.due_key, repeat.due_key) == ("0#01SONG", "1#2026-01-09", "1#2026-01-03")
    assert Card("me", "01SONG", 1, "T", suspended=True).due_key is None
    assert Card("me", "01SONG", 1, "T", buried_until=later).due_key == "1#2026-02-01"
    assert Card("me", "01SONG", 1, "T", state=State(due=later), buried_until=day).due_key == "1#2026-02-01"
