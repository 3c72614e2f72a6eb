"""State SendNotification."""

from typing import Any

from tests.stage import SONG, STRANGER, Stage, event
from unplugd.songs.model import Status

Frames = list[tuple[str, dict[str, Any]]]


def call(stage: Stage) -> Any:
    return stage.call("processing", "send_notification", event("processing", "send_notification"))


def test_every_connection_of_the_owner_hears_it_and_no_other(
    stage: Stage, put_song: Any, sent: Frames
) -> None:
    put_song(status=Status.COMPLETED, attempt=1, seq=9)
    stage.connect("one")
    stage.connect("two")
    stage.connect("theirs", owner=STRANGER)
    assert call(stage) == {"delivered": 2}
    assert sorted(sent, key=str) == [
        (c, {"songId": SONG, "seq": 9, "type": "COMPLETED"}) for c in ("one", "two")
    ]


def test_a_connection_that_fails_is_removed_and_stops_no_other(
    stage: Stage, put_song: Any, sent: Frames
) -> None:
    put_song(status=Status.COMPLETED, attempt=1, seq=9)
    for name in ("gone-1", "one", "gone-2"):
        stage.connect(name)
    assert call(stage) == {"delivered": 1}
    assert call(stage) == {"delivered": 1}
    rows = stage.db.scan(TableName="unplugd-test-connections")["Items"]
    assert [row["connectionId"]["S"] for row in rows] == ["one"]


def test_nobody_there_is_no_fault_but_a_warning(
    stage: Stage, put_song: Any, sent: Frames, caplog: Any
) -> None:
    put_song(status=Status.COMPLETED, attempt=1, seq=9)
    assert call(stage) == {"delivered": 0}
    assert any(r.levelname == "WARNING" and r.songId == SONG for r in caplog.records)


def test_a_song_deleted_meanwhile_is_no_fault(stage: Stage, sent: Frames) -> None:
    assert call(stage) == {"delivered": 0}
