"""Progress reports of the stage tasks."""

from typing import Any

import pytest

from tests.stage import SONG, Stage, event
from unplugd.kernel.errors import Invalid
from unplugd.songs.model import Status

Frames = list[tuple[str, dict[str, Any]]]
RUNNING = {"status": Status.PROCESSING, "attempt": 1, "seq": 2, "started_at": "2026-01-31T08:15:00.000Z"}


def report(on: Stage, /, **changes: Any) -> bool:
    answer = on.call("realtime", "send_progress", event("realtime", "send_progress") | changes)
    return bool(answer["stored"])


def test_a_report_is_stored_and_pushed_with_the_next_seq(stage: Stage, put_song: Any, sent: Frames) -> None:
    put_song(**RUNNING)
    stage.connect("one")
    assert report(stage, progress=0)
    assert report(stage, progress=42)
    row = stage.row() or {}
    assert (row["stage"], row["progress"], row["seq"]) == ("demucs", 42, 4)
    assert [(m["type"], m["stage"], m["progress"], m["seq"]) for _, m in sent] == [
        ("PROGRESS", "demucs", 0, 3),
        ("PROGRESS", "demucs", 42, 4),
    ]
    assert "etaSec" not in sent[0][1]
    assert sent[1][1]["etaSec"] >= 0
    assert sent[1][1]["message"]


def test_repeated_late_and_foreign_reports_change_nothing(stage: Stage, put_song: Any, sent: Frames) -> None:
    put_song(**RUNNING)
    assert report(stage, progress=50)
    before = stage.row()
    assert not report(stage, progress=50)
    assert not report(stage, progress=10)
    assert not report(stage, progress=90, attempt=2)
    assert not report(stage, progress=90, songId="01J9ZQ4X5V8K2M3N4P5Q6R7S9A")
    assert stage.row() == before
    assert report(stage, stage="whisper", progress=0)
    assert not report(stage, stage="demucs", progress=99)  # overtaken by the next stage
    assert ((stage.row() or {})["stage"], (stage.row() or {})["progress"]) == ("whisper", 0)


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.PROCESSING])
def test_only_a_song_at_work_makes_progress(
    stage: Stage, put_song: Any, sent: Frames, status: Status
) -> None:
    put_song(**RUNNING | {"status": status})
    before = stage.row()
    assert not report(stage)
    assert stage.row() == before


@pytest.mark.parametrize("changes", [{"stage": "mixing"}, {"progress": "half"}, {"attempt": None}])
def test_what_is_no_report_is_refused(stage: Stage, put_song: Any, changes: dict[str, Any]) -> None:
    put_song(**RUNNING)
    with pytest.raises(Invalid):
        report(stage, **changes)
    assert (stage.row() or {})["songId"] == SONG
