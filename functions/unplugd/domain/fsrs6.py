"""FSRS-6 by the library `fsrs`, with its default parameters and without fuzz.

Days are practice days, so that a change of the clocks moves nothing: the library gets midnights, a whole number of days
apart. It has no steps of minutes: a card that was not known is repeated in the same session."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from unplugd.domain.sm2 import PASSED

if TYPE_CHECKING:
    from unplugd.domain.scheduling import Memory

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@cache
def _library() -> Any:
    import fsrs

    return fsrs


@cache
def _scheduler() -> Any:
    return _library().Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


class Fsrs6:
    """FSRS-6: grades 0–2 are Again, 3 Hard, 4 Good, 5 Easy."""

    def answer(self, memory: Memory, grade: int, days: int | None) -> Memory:
        """Raises `ValueError` for an answer before the last one: the library would take it."""
        if days is not None and days < 0:
            raise ValueError("an answer before the last one")
        at = _EPOCH + timedelta(days=days or 0)
        rating = _library().Rating(max(1, grade - 1))
        card, _ = _scheduler().review_card(_card(memory), rating, at)
        return replace(
            memory,
            interval=(card.due - at).days,
            repetitions=memory.repetitions + 1 if grade >= PASSED else 0,
            stability=card.stability,
            difficulty=card.difficulty,
        )

    def again(self, memory: Memory, grade: int) -> Memory:
        return self.answer(memory, grade, 0)

    def repeats(self, grade: int) -> bool:
        return grade < PASSED

    def recall(self, memory: Memory, days: int) -> float:
        return float(_scheduler().get_card_retrievability(_card(memory), _EPOCH + timedelta(days=days)))


def _card(memory: Memory) -> Any:
    """The library's card, last answered at the epoch."""
    fsrs = _library()
    if memory.stability is None or memory.difficulty is None:
        return fsrs.Card(card_id=1, due=_EPOCH)
    return fsrs.Card(
        card_id=1,
        state=fsrs.State.Review,
        step=None,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=_EPOCH,
        last_review=_EPOCH,
    )
