"""Progress reports of the stage tasks: reading one, and combining the reports of a stage's parts into one figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unplugd.domain import stages
from unplugd.kernel.errors import Invalid

MERGE = "merge"  # the `part` of the task that merges the parts
PARTS_SHARE = 95  # percent of the stage that the parts account for; merging them is the rest
_MOST_PARTS = 100


@dataclass(frozen=True)
class Report:
    """The progress (0-100) of a stage, or of part `part` (from 1; 0 is the merging) of `parts`."""

    user_id: str
    song_id: str
    attempt: int
    stage: str
    progress: int
    part: int = 0
    parts: int = 0


def report(message: Mapping[str, Any]) -> Report:
    """Read a task's message. Raises `Invalid` when it is not a report."""
    try:
        stage, parts = str(message["stage"]), int(message.get("parts") or 0)
        part = 0 if message.get("part") in (None, "", MERGE) else int(message["part"])
        if stage not in stages.BY_NAME:
            raise ValueError(stage)
        if not 0 <= part <= parts <= _MOST_PARTS:
            raise ValueError(f"part {part} of {parts}")
        return Report(
            str(message["userId"]),
            str(message["songId"]),
            int(message["attempt"]),
            stage,
            max(0, min(100, int(message["progress"]))),
            part,
            parts,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid(f"Not a progress report: {type(error).__name__} {error}") from error


def of_stage(new: Report, stored: str | None) -> tuple[int, str | None]:
    """The progress of the stage after report `new`, and the percentages of its parts to store, in order (`40,0,12`).

    Parts are runs of whole segments, equal to one segment, so each counts the same. A part that runs again starts from
    0, but its stored percentage stays until it is exceeded."""
    if not new.parts:
        return new.progress, None
    if not new.part:
        return PARTS_SHARE + (100 - PARTS_SHARE) * new.progress // 100, stored
    percentages = [int(percent) for percent in stored.split(",")] if stored else []
    if len(percentages) != new.parts:
        percentages = [0] * new.parts
    percentages[new.part - 1] = max(percentages[new.part - 1], new.progress)
    return PARTS_SHARE * sum(percentages) // (100 * new.parts), ",".join(map(str, percentages))


def advances(new: Report, progress: int, *, stage: str | None, stored: int | None) -> bool:
    """Whether `progress` of the report's stage is further than `stored` of `stage`, which the row has."""
    return progress > (stored or 0) if new.stage == stage else stages.is_after(new.stage, stage)
