"""Measurements as their owner sees them: what the machine measured, with the person's own fields over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unplugd.domain import measurement
from unplugd.measurement.model import DOUBTS, LISTS, Edit, Edits


def values(document: Mapping[str, Any], edits: Edits, measured_at: str | None) -> dict[str, Any]:
    """The value of each measure; None for one that neither the machine nor the person knows."""
    return {
        measure: _value(measure, _machine(document.get(measure)), held(edits, measure, measured_at))
        for measure in measurement.MEASURES
    }


def held(edits: Edits, measure: str, measured_at: str | None) -> dict[str, Edit]:
    """The person's fields of a measure that count now."""
    return {name: edit for name, edit in edits.get(measure, {}).items() if edit.holds(measured_at)}


def _machine(value: Any) -> Any:
    """What the machine measured; None for a measure that failed, of which the file only says why."""
    return None if isinstance(value, Mapping) and "error" in value else value


def _value(measure: str, machine: Any, own: Mapping[str, Edit]) -> Any:
    if measure in LISTS:
        return own[measure].value if measure in own else machine
    if not own:
        return machine
    value = dict(machine) if isinstance(machine, Mapping) else {}
    for name in own:
        for doubt in DOUBTS.get(name, ()):
            value.pop(doubt, None)
    return value | {name: edit.value for name, edit in own.items()}


def measures(document: Mapping[str, Any], edits: Edits, measured_at: str | None) -> dict[str, Any]:
    """Each measure as the API shows it, null where nothing is known of it."""
    return {
        measure: None if value is None else {"value": value, **_names(held(edits, measure, measured_at))}
        for measure, value in values(document, edits, measured_at).items()
    }


def _names(own: Mapping[str, Edit]) -> dict[str, list[str]]:
    return {
        "edited": sorted(own),
        "locked": sorted(name for name, edit in own.items() if edit.locked),
    }


def figures(document: Mapping[str, Any], edits: Edits, measured_at: str | None) -> dict[str, Any]:
    """The figures of the song's row. Locked fields have columns of their own, which no measurement writes; a field that
    is not locked replaces what was measured until the next measurement does."""

    def of(locked: bool) -> dict[str, dict[str, Edit]]:
        return {
            measure: {name: edit for name, edit in fields.items() if edit.locked is locked}
            for measure, fields in edits.items()
        }

    return {
        **measurement.figures(values(document, of(False), measured_at)),
        # Of the locked fields alone: a locked meter says nothing about the tempo.
        **measurement.own(measurement.figures(values({}, of(True), measured_at))),
    }
