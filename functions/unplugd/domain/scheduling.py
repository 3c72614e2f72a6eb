"""When a card is asked again: two schedulers behind one protocol, and the fold of a card's log.

The log is the truth. A card is what its reviews, in the order in which they were given, make of an empty memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, Protocol

from unplugd.domain import sm2

MAX_INTERVAL = 36_500  # days. A hundred years: also FSRS's own limit
REMEMBERED = 3  # the least grade that says that the answer was known

Name = Literal["sm2", "fsrs"]
NAMES: tuple[Name, ...] = ("sm2", "fsrs")


@dataclass(frozen=True)
class Memory:
    """What a scheduler knows of a card after an answer. `interval` is in days, `ease` (SM-2) in hundredths; `stability`
    (days) and `difficulty` (1–10) are FSRS's."""

    interval: int = 0
    repetitions: int = 0
    ease: int = sm2.FIRST_EASE
    stability: float | None = None
    difficulty: float | None = None


class Scheduler(Protocol):
    """A rule that says when to ask again."""

    def answer(self, memory: Memory, grade: int, days: int | None) -> Memory:
        """The memory after an answer of grade 0–5, `days` after the one before; None for the first."""

    def again(self, memory: Memory, grade: int) -> Memory:
        """The memory after an answer to a card that is repeated in the same session."""

    def repeats(self, grade: int) -> bool:
        """Whether the card is repeated in this session after this grade."""

    def recall(self, memory: Memory, days: int) -> float:
        """How probable it is that the answer is known `days` after the last answer, 0–1."""


class Sm2:
    """SM-2, with its intervals limited to MAX_INTERVAL."""

    def answer(self, memory: Memory, grade: int, days: int | None) -> Memory:
        if days == 0 and grade >= REMEMBERED:
            return (
                memory  # SM-2 counts one answer a day: a second device, or a second look, teaches nothing new
            )
        interval, repetitions, ease = sm2.answer(memory.interval, memory.repetitions, memory.ease, grade)
        return replace(memory, interval=min(interval, MAX_INTERVAL), repetitions=repetitions, ease=ease)

    def again(self, memory: Memory, grade: int) -> Memory:  # noqa: ARG002 - the protocol's
        return memory

    def repeats(self, grade: int) -> bool:
        return grade < sm2.REPEAT_BELOW

    def recall(self, memory: Memory, days: int) -> float:
        """SM-2 states no probability. As in the open-source benchmark of schedulers: 0.9 when the interval ends, on an
        exponential curve."""
        return float(0.9 ** (days / max(memory.interval, 1)))


def scheduler(name: Name) -> Scheduler:
    """The scheduler of this name. FSRS's library is loaded when it is first asked for."""
    if name == "fsrs":
        from unplugd.domain.fsrs6 import Fsrs6

        return Fsrs6()
    return Sm2()


@dataclass(frozen=True)
class Answer:
    """One entry of a card's log. `undoes` names the answer that it takes back, and then `grade` means nothing.

    `at` is ISO 8601 in UTC and of fixed width, so that text order is time order; `day` is the practice day that it fell
    on where the person was; `grade` is the one that counts, after the hints' ceiling."""

    answer_id: str
    at: str
    day: date
    grade: int
    undoes: str | None = None


@dataclass(frozen=True)
class State:
    """What a card's log says. `due` is None for a card that was never answered."""

    memory: Memory = Memory()
    due: date | None = None
    repeat: bool = False  # asked again in the session of `last_day`
    last_day: date | None = None
    last_at: str | None = None
    answers: int = 0
    lapses: int = 0  # answers that were not known, of a card that had been

    @property
    def asked_from(self) -> date | None:
        """The first day on which the card is to be asked."""
        return self.last_day if self.repeat else self.due

    def is_repetition(self, day: date) -> bool:
        """Whether an answer on `day` only repeats the last one. One that waited until the card is due does not."""
        return self.repeat and self.due is not None and day < self.due


def in_order(log: Iterable[Answer]) -> list[Answer]:
    """The answers that count: without those that were undone, in the order in which they were given. An undo may come
    before what it undoes."""
    entries = list(log)
    undone = {entry.undoes for entry in entries if entry.undoes}
    counted = [entry for entry in entries if not entry.undoes and entry.answer_id not in undone]
    return sorted(counted, key=lambda entry: (entry.at, entry.answer_id))


def fold(log: Iterable[Answer], rule: Scheduler) -> State:
    """The state that a log makes, in any order of its entries."""
    state = State()
    for entry in in_order(log):
        state = step(state, entry, rule)
    return state


def step(state: State, entry: Answer, rule: Scheduler) -> State:
    """The state after one more answer, which is the latest."""
    # A person who flew west can give a later answer on an earlier day.
    day = max(entry.day, state.last_day or entry.day)
    lapses = state.lapses
    if state.is_repetition(day):
        memory = rule.again(state.memory, entry.grade)
    else:
        days = (day - state.last_day).days if state.last_day else None
        memory = rule.answer(state.memory, entry.grade, days)
        lapses += bool(state.answers) and entry.grade < REMEMBERED
    kept = memory == state.memory and state.due is not None
    return State(
        memory=memory,
        due=state.due if kept else day + timedelta(days=memory.interval),
        repeat=rule.repeats(entry.grade),
        last_day=day,
        last_at=entry.at,
        answers=state.answers + 1,
        lapses=lapses,
    )


@dataclass(frozen=True)
class Forecast:
    """How probable a scheduler thought that an answer would be known, and whether it was."""

    recall: float
    known: bool


def forecasts(log: Sequence[Answer], rule: Scheduler) -> list[Forecast]:
    """What a scheduler said before each answer that came a day or more after the one before."""
    state, found = State(), []
    for entry in in_order(log):
        days = (entry.day - state.last_day).days if state.last_day else 0
        if days > 0:
            found.append(Forecast(rule.recall(state.memory, days), entry.grade >= REMEMBERED))
        state = step(state, entry, rule)
    return found
