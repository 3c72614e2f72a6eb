"""A person's changes to a song's measurements: which fields a measure has, and how the changes are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The fields of a measure that a person can set, each by itself. A measure that is a list has one field, its own name.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "beats": ("anchors", "downbeats", "meter"),
    "key": ("tonic", "mode"),
    "chords": ("chords",),
    "sections": ("sections",),
    "loudness": ("integrated", "range", "truePeak"),
    "melody": ("notes",),
}
LISTS = ("chords", "sections")
# What the machine says about its own value and no longer says about a person's.
DOUBTS: Mapping[str, tuple[str, ...]] = {
    "anchors": ("candidates", "confidence", "bpm", "tempo"),
    "tonic": ("confidence", "second", "camelot"),
    "mode": ("confidence", "second", "camelot"),
    "notes": ("curve", "confidence"),
}
KEPT_VERSIONS = 3  # a request that read the row just before a change still finds the version it names


@dataclass(frozen=True)
class Edit:
    """A person's value of one field. A locked value is never replaced. Any other is kept until the next measurement:
    `over` is the time of the last one before the change."""

    value: Any
    locked: bool
    over: str | None

    def holds(self, measured_at: str | None) -> bool:
        """Whether it is shown, for a song that was last measured at `measured_at`."""
        return self.locked or self.over == measured_at


Edits = Mapping[str, Mapping[str, Edit]]  # measure → field → edit


def to_document(edits: Edits, version: int) -> dict[str, Any]:
    """The edits as they are stored."""
    measures = {
        measure: {
            field: {"value": edit.value, "locked": edit.locked, "over": edit.over}
            for field, edit in fields.items()
        }
        for measure, fields in edits.items()
    }
    return {"version": version, "measures": measures}


def from_document(document: Mapping[str, Any]) -> dict[str, dict[str, Edit]]:
    """The edits that a stored document holds."""
    return {
        measure: {
            field: Edit(one["value"], bool(one["locked"]), one.get("over")) for field, one in fields.items()
        }
        for measure, fields in document["measures"].items()
    }
