"""Run cases and judge them."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos import (  # noqa: F401  (they register)
    cases_capture,
    cases_crowd,
    cases_functions,
    cases_kill,
    cases_line,
    cases_measure,
    cases_people,
    cases_tasks,
)
from tests.chaos.audit import Findings, audit
from tests.chaos.case import CASES, Case
from tests.chaos.people import Guest
from tests.chaos.world import World

__all__ = ["CASES", "CONTROL", "Result", "run_case"]


@dataclass(frozen=True)
class Result:
    """How a case went; no findings is good."""

    case: Case
    findings: Findings
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return not self.findings.all


def _nothing(_world: World, guest: Guest) -> None:
    guest.wait(guest.send(), "COMPLETED")


# No fault at all: what proves that a red case is the fault's doing.
CONTROL = Case("control", "nothing goes wrong", _nothing)
_seen = 0


def run_case(world: World, case: Case, prepare: Callable[[World], None] = lambda _world: None) -> Result:
    """Run a case and look at what came of it. `prepare` is for switching a protection off."""
    global _seen  # noqa: PLW0603
    _seen += 1
    began = time.monotonic()
    try:
        findings = _run(world, case, prepare)
    except Exception as error:  # the harness itself: the case is not proven, and the next ones still run
        findings = Findings(untrue=[f"the harness failed: {type(error).__name__}: {error}"])
    findings.untrue += [
        f"the fault never came: {p.rule}"
        for p in world.calm()
        if p.hits == 0 and p.rule.at != "edit" and not p.rule.guards
    ]
    if findings.all:
        world.clean()
    return Result(case, findings, time.monotonic() - began)


def _run(world: World, case: Case, prepare: Callable[[World], None]) -> Findings:
    with world.guest(f"{case.id}-{_seen}"[:60]) as guest:
        prepare(world)
        crashed = None
        try:
            case.run(world, guest)
        except Exception as error:
            crashed = error
        findings = audit(world, guest, settle_s=5.0 if crashed else case.settle_s)
        if crashed is not None:
            text = "".join(traceback.format_exception_only(crashed)).strip()
            findings.untrue.append(f"{text} (at {_line(crashed)})")
    return findings


def _line(error: Exception) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "cases_" in frame.filename]
    return f"line {frames[-1].lineno} of {frames[-1].filename.rsplit('/', 1)[1]}" if frames else "?"
