"""What a person's log says: retention, streak, and which scheduler would have known better."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from unplugd.domain.scheduling import NAMES, REMEMBERED, Answer, Forecast, forecasts, in_order, scheduler

LEAST_FORECASTS = 100  # below it a comparison says nothing
DAYS = 30
_SURE = 1e-4  # no forecast counts as certain: one miss would be an infinite loss


def summary(logs: Iterable[Sequence[Answer]], due_days: Iterable[str], today: date) -> dict[str, Any]:
    """The statistics of a person's logs, one for each card."""
    kept = [in_order(log) for log in logs]
    days = Counter(entry.day for log in kept for entry in log)
    since = today - timedelta(days=DAYS - 1)
    asked: Counter[date] = Counter()
    known: Counter[date] = Counter()
    for log in kept:
        for before, entry in pairwise(log):
            if entry.day > before.day and since <= entry.day <= today:
                asked[entry.day] += 1
                known[entry.day] += entry.grade >= REMEMBERED
    return {
        "today": today.isoformat(),
        "reviews": sum(days.values()),
        "cards": sum(bool(log) for log in kept),
        "streakDays": streak(set(days), today),
        "retention": {
            "asked": asked.total(),
            "known": known.total(),
            "share": _share(known.total(), asked.total()),
        },
        "days": [
            {"day": day.isoformat(), "reviews": days[day], "asked": asked[day], "known": known[day]}
            for day in sorted(days)
            if since <= day <= today
        ],
        "forecast": forecast(due_days, today),
        "comparison": comparison(kept),
    }


def streak(days: set[date], today: date) -> int:
    """The days in a row with an answer, until today; or until yesterday, while today still lasts."""
    day = today if today in days else today - timedelta(days=1)
    length = 0
    while day in days:
        length += 1
        day -= timedelta(days=1)
    return length


def forecast(due_days: Iterable[str], today: date) -> list[dict[str, Any]]:
    """How many cards are due on each of the next 30 days; what is overdue counts as today's."""
    due = Counter(max(day, today.isoformat()) for day in due_days)
    following = [(today + timedelta(days=number)).isoformat() for number in range(DAYS)]
    return [{"day": day, "due": due[day]} for day in following]


def comparison(logs: Sequence[Sequence[Answer]]) -> dict[str, Any] | None:
    """The log loss of each scheduler's forecasts of the same answers (less is better); None for a short log."""
    counts = {name: [one for log in logs for one in forecasts(log, scheduler(name))] for name in NAMES[:1]}
    if len(counts["sm2"]) < LEAST_FORECASTS:
        return None
    for name in NAMES[1:]:
        counts[name] = [one for log in logs for one in forecasts(log, scheduler(name))]
    return {"reviews": len(counts["sm2"])} | {name: round(log_loss(said), 4) for name, said in counts.items()}


def log_loss(said: Sequence[Forecast]) -> float:
    """The mean of −ln of the probability that was given to what happened."""
    losses = []
    for one in said:
        recall = min(max(one.recall, _SURE), 1 - _SURE)
        losses.append(-math.log(recall if one.known else 1 - recall))
    return math.fsum(losses) / len(losses)


def _share(known: int, asked: int) -> float | None:
    return round(known / asked, 4) if asked else None
