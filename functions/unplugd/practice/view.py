"""What the API shows of a card. Nothing here says which song it is, except by its id."""

from __future__ import annotations

from datetime import date
from typing import Any

from unplugd.domain.practice import Card, Settings


def card(shown: Card) -> dict[str, Any]:
    """A card: what is known of it, and when it is asked next."""
    state, memory = shown.state, shown.state.memory
    return {
        "songId": shown.song_id,
        "version": shown.version,
        "isNew": shown.is_new,
        "due": _day(state.due),
        "repeat": state.repeat,
        "scheduler": shown.scheduler,
        "interval": memory.interval,
        "repetitions": memory.repetitions,
        "ease": memory.ease / 100,
        "stability": _rounded(memory.stability),
        "difficulty": _rounded(memory.difficulty),
        "reviews": state.answers,
        "lapses": state.lapses,
        "lastReviewedAt": state.last_at,
        "suspended": shown.suspended,
        "buriedUntil": _day(shown.buried_until),
    }


def settings(shown: Settings) -> dict[str, Any]:
    """A person's settings."""
    return {
        "scheduler": shown.scheduler,
        "timeZone": shown.time_zone,
        "newPerDay": shown.new_a_day,
        "reviewsPerDay": shown.reviews_a_day,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
