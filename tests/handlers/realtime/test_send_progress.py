"""Progress reports of the stage tasks."""

from typing import Any

import pytest

from tests.handlers.realtime.hanging import Hanging
from tests.stage import SONG, Stage, event
from unplugd.domain.song import Status
from unplugd.kernel.errors import Invalid

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


def test_connections_that_hang_do_not_hold_up_a_report(
    stage: Stage, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function is ended after ten seconds, and the task that calls it waits."""
    put_song(**RUNNING)
    stage.connect("one")
    stage.connect("two")
    hanging = Hanging(monkeypatch)
    assert report(stage, progress=42)
    assert hanging.took_s < 10


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


def test_parts_make_one_figure_and_one_seq(stage: Stage, put_song: Any, sent: Frames) -> None:
    put_song(**RUNNING)
    stage.connect("one")
    for part, progress in ((1, 40), (3, 20), (2, 100), (1, 100), (3, 100)):
        assert report(stage, part=str(part), parts="3", progress=progress)
    assert not report(stage, part="2", parts="3", progress=10)  # lost, and begun again: nothing goes back
    assert not report(stage, part="3", parts="3", progress=100)
    assert report(stage, part="merge", parts="3", progress=50)
    assert report(stage, part="merge", parts="3", progress=100)
    assert [m["progress"] for _, m in sent] == [12, 19, 50, 69, 95, 97, 100]
    assert [m["seq"] for _, m in sent] == list(range(3, 10))
    assert (stage.row() or {})["partProgress"] == "100,100,100"
    assert report(stage, stage="whisper", progress=0)


def test_parts_that_report_at_once_are_both_counted(
    stage: Stage, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read the row before either writes it."""
    from unplugd.aws.song_table import SongTable

    put_song(**RUNNING)
    record, nested = SongTable.record_progress, []

    def record_late(self: SongTable, song: Any, **given: Any) -> Any:
        if not nested:
            nested.append(True)
            assert record(self, song, **given | {"progress": 38, "parts": "0,80"})  # part 2 was quicker
        return record(self, song, **given)

    monkeypatch.setattr(SongTable, "record_progress", record_late)
    assert report(stage, part="1", parts="2", progress=60)
    row = stage.row() or {}
    assert (row["partProgress"], row["progress"], row["seq"]) == ("60,80", 66, 4)


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.PROCESSING])
def test_only_a_song_at_work_makes_progress(
    stage: Stage, put_song: Any, sent: Frames, status: Status
) -> None:
    put_song(**RUNNING | {"status": status})
    before = stage.row()
    assert not report(stage)
    assert stage.row() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"stage": "mixing"},
        {"progress": "half"},
        {"attempt": None},
        {"part": "3", "parts": "2"},
        {"part": "1"},
        {"part": "1", "parts": "1000000"},
    ],
)
def test_what_is_no_report_is_refused(stage: Stage, put_song: Any, changes: dict[str, Any]) -> None:
    put_song(**RUNNING)
    with pytest.raises(Invalid):
        report(stage, **changes)
    assert (stage.row() or {})["songId"] == SONG
