"""Progress reports of the stage tasks."""

from typing import Any

import pytest

from tests.cloud import SONG, Cloud, event
from unplugd.domain.song import Status
from unplugd.kernel.errors import Invalid

Frames = list[tuple[str, dict[str, Any]]]
RUNNING = {"status": Status.PROCESSING, "attempt": 1, "seq": 2, "started_at": "2026-01-31T08:15:00.000Z"}


def report(on: Cloud, /, **changes: Any) -> bool:
    answer = on.call("processing", "send_progress", event("processing", "send_progress") | changes)
    return bool(answer["stored"])


def test_a_report_is_stored_and_pushed_with_the_next_seq(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**RUNNING)
    cloud.connect("one")
    assert report(cloud, progress=0)
    assert report(cloud, progress=42)
    row = cloud.row() or {}
    assert (row["stage"], row["progress"], row["seq"]) == ("demucs", 42, 4)
    assert [(m["type"], m["stage"], m["progress"], m["seq"]) for _, m in sent] == [
        ("PROGRESS", "demucs", 0, 3),
        ("PROGRESS", "demucs", 42, 4),
    ]
    assert "etaSec" not in sent[0][1]
    assert sent[1][1]["etaSec"] >= 0
    assert sent[1][1]["message"]


def test_repeated_late_and_foreign_reports_change_nothing(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**RUNNING)
    assert report(cloud, progress=50)
    before = cloud.row()
    assert not report(cloud, progress=50)
    assert not report(cloud, progress=10)
    assert not report(cloud, progress=90, attempt=2)
    assert not report(cloud, progress=90, songId="01J9ZQ4X5V8K2M3N4P5Q6R7S9A")
    assert cloud.row() == before
    assert report(cloud, stage="whisper", progress=0)
    assert not report(cloud, stage="demucs", progress=99)  # overtaken by the next stage
    assert ((cloud.row() or {})["stage"], (cloud.row() or {})["progress"]) == ("whisper", 0)


def test_parts_make_one_figure_and_one_seq(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**RUNNING)
    cloud.connect("one")
    for part, progress in ((1, 40), (3, 20), (2, 100), (1, 100), (3, 100)):
        assert report(cloud, part=str(part), parts="3", progress=progress)
    assert not report(cloud, part="2", parts="3", progress=10)  # lost, and begun again: nothing goes back
    assert not report(cloud, part="3", parts="3", progress=100)
    assert report(cloud, part="merge", parts="3", progress=50)
    assert report(cloud, part="merge", parts="3", progress=100)
    assert [m["progress"] for _, m in sent] == [12, 19, 50, 69, 95, 97, 100]
    assert [m["seq"] for _, m in sent] == list(range(3, 10))
    assert (cloud.row() or {})["partProgress"] == "100,100,100"
    assert report(cloud, stage="whisper", progress=0)


def test_parts_that_report_at_once_are_both_counted(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
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
    assert report(cloud, part="1", parts="2", progress=60)
    row = cloud.row() or {}
    assert (row["partProgress"], row["progress"], row["seq"]) == ("60,80", 66, 4)


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.PROCESSING])
def test_only_a_song_at_work_makes_progress(
    cloud: Cloud, put_song: Any, sent: Frames, status: Status
) -> None:
    put_song(**RUNNING | {"status": status})
    before = cloud.row()
    assert not report(cloud)
    assert cloud.row() == before


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
def test_what_is_no_report_is_refused(cloud: Cloud, put_song: Any, changes: dict[str, Any]) -> None:
    put_song(**RUNNING)
    with pytest.raises(Invalid):
        report(cloud, **changes)
    assert (cloud.row() or {})["songId"] == SONG
