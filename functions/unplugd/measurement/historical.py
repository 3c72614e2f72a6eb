"""The source `historical`: how often a recording was played, known to an outside service that counts each call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Protocol

from unplugd.domain.measure_queue import HISTORICAL, Final, Outcome, Pause, Row
from unplugd.kernel.clock import Clock

DEFAULT_PLATFORMS = ("spotify",)


class Plays(Protocol):
    """The outside service."""

    def ask(self, isrc: str, platforms: Sequence[str]) -> Outcome: ...


class Historical:
    """Asks for one row after the other. `spend`: counts a call before it is made; False when the day's calls are
    used."""

    def __init__(self, plays: Plays, spend: Callable[[datetime], bool], clock: Clock) -> None:
        self._plays, self._spend, self._clock = plays, spend, clock

    def fetch(self, rows: Sequence[Row]) -> Sequence[Outcome]:
        """One outcome for each row. After a pause nothing more is asked."""
        outcomes: list[Outcome] = []
        for row in rows:
            last = outcomes[-1] if outcomes else None
            outcomes.append(last if isinstance(last, Pause) else self._ask(row))
        return outcomes

    def _ask(self, row: Row) -> Outcome:
        if row.code is None:
            return Final("The song names no ISRC.")
        now = self._clock()
        if not self._spend(now):
            midnight = datetime.combine(now.date() + timedelta(days=1), time(), tzinfo=now.tzinfo)
            return Pause(midnight, f"The calls to {HISTORICAL} of this day are used.")
        return self._plays.ask(row.code, row.platforms or DEFAULT_PLATFORMS)
