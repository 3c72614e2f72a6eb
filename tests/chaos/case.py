"""A case: one fault at one place. Its function makes the fault come; `audit` then asks what must hold after any."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.chaos.people import Guest
from tests.chaos.world import World

Run = Callable[[World, Guest], None]


@dataclass(frozen=True)
class Case:
    """`where`: the place in the system. `settle_s`: how long everything may take to come right."""

    id: str
    where: str
    run: Run
    settle_s: float = 45.0


CASES: dict[str, Case] = {}


def case(name: str, where: str, *, settle_s: float = 45.0) -> Callable[[Run], Run]:
    """Register a case."""

    def register(run: Run) -> Run:
        assert name not in CASES, f"two cases are called {name}"
        CASES[name] = Case(name, where, run, settle_s)
        return run

    return register


def cases(made: Iterable[Case]) -> None:
    """Register cases that differ in a value only."""
    for one in made:
        case(one.id, one.where, settle_s=one.settle_s)(one.run)
