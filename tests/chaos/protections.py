"""The proof of the proof: with one protection switched off, the case that it is for must turn red."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.chaos.cases_line import MINUTE_RULE
from tests.chaos.run import CASES, Result, run_case
from tests.chaos.world import PREFIX, World


@dataclass(frozen=True)
class Protection:
    """`off` switches it off for the case, from outside the product; what it gives back switches it on again."""

    name: str
    case: str
    off: Callable[[World], Callable[[], object]]


def _edit(match: str, edit: str, body: str = "") -> Callable[[World], Callable[[], object]]:
    def off(world: World) -> Callable[[], object]:
        return world.fault("edit", match, edit, body=body, times=100_000).lift

    return off


def _believe(world: World) -> Callable[[], object]:
    """Tasks take each checkpoint for what it says it is."""
    note = world.folder / "believe-checkpoints"
    note.touch()
    return note.unlink


def _no_deadline(world: World) -> Callable[[], object]:
    """A function sends a message to all connections of a person, however long that takes."""
    note = world.folder / "no-deadline"
    note.touch()
    return note.unlink


def _no_schedule(world: World) -> Callable[[], object]:
    bridge = world.client("events")
    bridge.disable_rule(Name=MINUTE_RULE)
    return lambda: bridge.enable_rule(Name=MINUTE_RULE)


def _no_sweep(world: World) -> Callable[[], object]:
    """Recordings are not swept."""
    bridge, rule = world.client("events"), f"{PREFIX}-sweep-sessions"
    bridge.disable_rule(Name=rule)
    return lambda: bridge.enable_rule(Name=rule)


def _no_judge(world: World) -> Callable[[], object]:
    """The exit code's choice is never taken: only the last try ends the stage."""

    def change(definition: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(definition)
        judged = "65[^0-9]/)"
        assert judged in text, "the choice by exit code is not where it was"
        changed: dict[str, Any] = json.loads(text.replace(judged, "9999[^0-9]/)"))
        return changed

    before = world.change_machine(change)
    return lambda: world.change_machine(lambda _definition: json.loads(before))


PROTECTIONS = (
    Protection(
        "conditional write",
        "completion-after-cancel",
        _edit(r"\.UpdateItem$", "without-condition", f"{PREFIX}-songs"),
    ),
    Protection("lease", "starters-race", _edit(r"\.PutItem$", "without-condition", f"{PREFIX}-slots")),
    Protection("tombstone", "delete-then-late-write", _edit(r"\.TransactWriteItems$", "without-tombstone")),
    Protection("checkpoint check", "checkpoint-corrupt", _believe),
    Protection("sweeper", "end-event-lost", _no_schedule),
    Protection("exit-code choice", "demucs-bad-input", _no_judge),
    Protection("seq", "progress-doubled-reversed", _edit(r"\.UpdateItem$", "without-seq", "ADD seq")),
    Protection("message deadline", "hung-failed", _no_deadline),
    Protection(
        "one row ever",
        "measure-asked-again",
        _edit(r"\.PutItem$", "without-condition", f"{PREFIX}-measure-queue"),
    ),
    Protection(
        "a row's lease",
        "measure-twice-at-once",
        _edit(r"\.UpdateItem$", "without-condition", '"leased"'),
    ),
    Protection(
        "a lease's token", "measure-late-answer", _edit(r"\.UpdateItem$", "without-condition", '"values"')
    ),
    Protection(
        "count before the call",
        "measure-cap-at-once",
        _edit(r"\.UpdateItem$", "without-condition", "#ledger"),
    ),
    Protection("sweep of recordings", "recording-killed-before-invoke", _no_sweep),
    Protection(
        "a window's claim",
        "recording-sound-and-pictures-at-once",
        _edit(r"\.UpdateItem$", "without-condition", "ingestTriggeredWindows"),
    ),
    Protection(
        "a claim given back",
        "recording-may-not-invoke",
        _edit(r"\.UpdateItem$", "not-at-all", "DELETE #ingestTriggeredWindows"),
    ),
    Protection(
        "a window noted once",
        "recording-read-twice-at-once",
        _edit(r"\.UpdateItem$", "without-condition", "ingestedWindows"),
    ),
    Protection(
        "one join",
        "recording-joined-twice-at-once",
        _edit(r"\.UpdateItem$", "without-condition", '"JOINING"'),
    ),
    Protection(
        "no window after the join",
        "recording-late-window",
        _edit(r"\.UpdateItem$", "without-condition", "completedAudioWindows"),
    ),
    Protection("deterministic name", "start-answer-lost", _edit(r"\.StartExecution$", "with-random-name")),
)


def red_without(world: World, protection: Protection) -> Result:
    """Run the protection's case without it."""
    undo: list[Callable[[], object]] = []
    case = CASES[protection.case]
    quick = type(case)(case.id, case.where, case.run, min(case.settle_s, 20.0))
    try:
        return run_case(world, quick, lambda one: undo.append(protection.off(one)))
    finally:
        for back in undo:
            back()
