"""The registry of stages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unplugd.domain import stages

MACHINE = Path(__file__).resolve().parents[3] / "statemachines/processing.asl.json"


@pytest.mark.parametrize(
    ("name", "other", "after"),
    [
        ("demucs", None, True),
        ("whisper", "demucs", True),
        ("demucs", "whisper", False),
        ("demucs", "demucs", False),
        ("whisper", "a stage of a newer version", True),
        ("measure", None, True),
    ],
)
def test_stages_follow_each_other(name: str, other: str | None, after: bool) -> None:
    assert stages.is_after(name, other) is after


def test_every_stage_has_its_state() -> None:
    states = json.loads(MACHINE.read_text())["States"]
    assert {stage.state for stage in stages.STAGES} <= set(states)


def test_an_unknown_stage_has_a_label_too() -> None:
    assert stages.label("mastering") == stages.label(None) == "Working on it"
