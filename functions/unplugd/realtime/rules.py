"""Pure decisions of the realtime room: what a report says, and one figure out of the reports of several parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unplugd.kernel.errors import Invalid

MERGE = "merge"  # the task that puts the parts together calls itself so
# Percent of the first stage that parts account for; the rest is putting them together.
PARTS_SHARE = 95
_MOST_PARTS = 100


@dataclass(frozen=True)
class Report:
    """How far a task says it is (0–100), of its stage or of its part (from 1; 0 is the merging) of `parts`."""

    user_id: str
    song_id: str
    attempt: int
    stage: str
    progress: int
    part: int = 0
    parts: int = 0


def report(said: Mapping[str, Any]) -> Report:
    """Read a task's message; `Invalid` when it is none."""
    try:
        stage, parts = str(said["stage"]), int(said.get("parts") or 0)
        part = 0 if said.get("part") in (None, "", MERGE) else int(said["part"])
        if stage not in ("demucs", "whisper"):
            raise ValueError(stage)
        if not 0 <= part <= parts <= _MOST_PARTS:
            raise ValueError(f"part {part} of {parts}")
        progress = max(0, min(100, int(said["progress"])))
        return Report(
            str(said["userId"]), str(said["songId"]), int(said["attempt"]), stage, progress, part, parts
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid(f"Not a progress report: {type(error).__name__} {error}") from error


def of_stage(told: Report, known: str | None) -> tuple[int, str | None]:
    """How far the stage is, and what is to be remembered of its parts: their percentages in order, `40,0,12`.

    Parts are runs of whole segments, equal to one segment, so each counts the same. A part that runs again begins
    anew, which takes nothing back."""
    if not told.parts:
        return told.progress, None
    if not told.part:
        return PARTS_SHARE + (100 - PARTS_SHARE) * told.progress // 100, known
    each = [int(one) for one in known.split(",")] if known else []
    if len(each) != told.parts:
        each = [0] * told.parts
    each[told.part - 1] = max(each[told.part - 1], told.progress)
    return PARTS_SHARE * sum(each) // (100 * told.parts), ",".join(map(str, each))
