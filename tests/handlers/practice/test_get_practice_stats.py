"""GET /practice/stats: retention, streak, forecast, and the schedulers compared."""

from __future__ import annotations

import random
from datetime import timedelta

from tests.cloud import STRANGER
from tests.handlers.practice.conftest import DAY, Player


def test_of_somebody_who_has_not_begun(player: Player) -> None:
    status, stats = player.ask("get_practice_stats", owner=STRANGER)
    assert status == 200
    assert (stats["reviews"], stats["cards"], stats["streakDays"], stats["comparison"]) == (0, 0, 0, None)
    assert stats["retention"] == {"asked": 0, "known": 0, "share": None}
    assert len(stats["forecast"]) == 30


def test_the_streak_counts_local_days_and_today_may_still_come(player: Player) -> None:
    player.ask("put_practice_settings", json={"timeZone": "America/New_York"})
    [song] = player.songs(1)
    player.now = player.now.replace(hour=7)  # two in the night there: the day before
    for _ in range(4):
        player.grade(song)
        player.now += DAY
    stats = player.ask("get_practice_stats")[1]
    assert (stats["today"], stats["streakDays"]) == ("2026-03-05", 4)
    player.now += DAY
    assert player.ask("get_practice_stats")[1]["streakDays"] == 0
    assert [day["day"] for day in stats["days"]] == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]


def test_retention_counts_answers_a_day_or_more_apart(player: Player) -> None:
    [song] = player.songs(1)
    for grade, wait in ((4, 1), (2, 0), (4, 5), (4, 6)):
        player.grade(song, grade)
        player.now += wait * DAY
    assert player.ask("get_practice_stats")[1]["retention"] == {"asked": 2, "known": 1, "share": 0.5}
    player.now += 31 * DAY
    assert player.ask("get_practice_stats")[1]["retention"]["asked"] == 0


def test_an_answer_that_was_undone_counts_nowhere(player: Player) -> None:
    [song] = player.songs(1)
    given = player.given(song, 4)
    player.ask("grade_card", json=given)
    player.undo(given["reviewId"], song)
    stats = player.ask("get_practice_stats")[1]
    assert (stats["reviews"], stats["cards"], stats["streakDays"]) == (0, 0, 0)


def test_the_forecast_has_thirty_days_and_what_is_overdue_today(player: Player) -> None:
    songs = player.songs(3)
    player.grade(songs[0])
    player.now += 5 * DAY
    player.grade(songs[1])
    player.update(songs[2], suspended=True)
    forecast = player.ask("get_practice_stats")[1]["forecast"]
    assert [one["due"] for one in forecast] == [1, 1] + [0] * 28
    assert (forecast[0]["day"], forecast[-1]["day"]) == ("2026-03-07", "2026-04-05")


def test_the_schedulers_are_compared_from_a_hundred_answers_on(player: Player) -> None:
    """The person forgets as FSRS expects: it foretells better than SM-2."""
    dice = random.Random(11)
    lines = ["id,cid,ease"]
    for song in player.songs(10):
        at = player.now - 400 * DAY
        for number in range(11):
            lines.append(
                f"{int(at.timestamp() * 1000)},{song},{dice.choice((1, 3, 3, 3, 4)) if number else 3}"
            )
            at += timedelta(days=dice.randint(1, 30))
    assert player.ask("import_reviews", json={"csv": "\n".join(lines[:-11])})[1]["refused"] == []
    assert player.ask("get_practice_stats")[1]["comparison"] is None
    player.ask("import_reviews", json={"csv": "\n".join(lines)})
    compared = player.ask("get_practice_stats")[1]["comparison"]
    assert compared["reviews"] == 100
    assert 0 < compared["fsrs"] < 2 and 0 < compared["sm2"] < 5
