"""The stages of the pipeline: the one list of them, in the order in which they run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """A stage of the pipeline.

    `name`: what its task and the rows call it. `label`: what a person reads while it runs. `state`: the state of the
    state machine that starts it."""

    name: str
    label: str
    state: str


MEASURE = "measure"  # runs alone: its song is complete
STAGES = (
    Stage("demucs", "Separating the instruments", "RunDemucs"),
    Stage("whisper", "Writing the lyrics", "RunWhisper"),
    Stage(MEASURE, "Measuring the song", "RunDemucs"),
)
BY_NAME = {stage.name: stage for stage in STAGES}


def label(name: str | None) -> str:
    """What a person reads while the stage runs; also for a stage that this version does not know."""
    return BY_NAME[name].label if name in BY_NAME else "Working on it"


def is_after(name: str, other: str | None) -> bool:
    """Whether stage `name` runs after stage `other`; a known stage runs after one that is not known or None."""
    order = [stage.name for stage in STAGES]
    return other not in order or order.index(name) > order.index(other)
