"""POST /songs/{songId}/cancel."""

import json
from typing import Any

import pytest

from tests.cloud import MACHINE, SONG, Cloud, event
from unplugd.domain.song import Status

Frames = list[tuple[str, dict[str, Any]]]
ARN = MACHINE.replace("stateMachine", "execution") + f":{SONG}-1"


def ask(cloud: Cloud) -> tuple[int, Any]:
    answer = cloud.call("songs", "cancel_song", event("songs", "cancel_song"))
    return answer["statusCode"], json.loads(answer["body"])


def test_a_waiting_song_leaves_the_line(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(
        status=Status.QUEUED,
        queued_at="2026-01-31T08:15:00.000Z",
        turn_at="2026-01-31T08:16:00.000Z",
        queue_position=2,
        attempt=1,
        seq=1,
    )
    cloud.connect("one")
    status, song = ask(cloud)
    assert (status, song["status"]) == (202, "CANCELLED")
    assert not {"line", "lineKey", "queuePosition", "turnAt"} & set(cloud.row() or {})
    assert sent == [("one", {"songId": SONG, "seq": 2, "type": "CANCELLED"})]
    assert ask(cloud)[0] == 200
    assert len(sent) == 1


def test_a_running_song_is_stopped(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    cloud.sfn.start_execution(stateMachineArn=MACHINE, name=f"{SONG}-1")
    put_song(status=Status.PROCESSING, attempt=1, execution_arn=ARN, stage="demucs", progress=40)
    assert ask(cloud)[0] == 202
    assert cloud.sfn.describe_execution(executionArn=ARN)["status"] == "ABORTED"
    assert "progress" not in (cloud.row() or {})
    assert cloud.wake_ups() == 1


def test_a_call_that_died_before_stopping_is_completed_later(
    cloud: Cloud, put_song: Any, sent: Frames
) -> None:
    cloud.sfn.start_execution(stateMachineArn=MACHINE, name=f"{SONG}-1")
    put_song(status=Status.CANCELLED, attempt=1, execution_arn=ARN)
    assert ask(cloud)[0] == 200
    assert cloud.sfn.describe_execution(executionArn=ARN)["status"] == "ABORTED"


def test_what_cannot_be_stopped_is_left_to_the_starter(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops every execution of a cancelled song (test_start_processing.py)."""
    from unplugd.kernel.errors import Transient

    def refuse(*_: Any) -> None:
        raise Transient("not now")

    put_song(status=Status.PROCESSING, attempt=1, execution_arn=ARN)
    cloud.connect("one")
    monkeypatch.setattr("unplugd.aws.executions.Executions.stop", refuse)
    assert ask(cloud)[0] == 202
    assert (cloud.row() or {})["status"] == "CANCELLED"
    assert [m["type"] for _, m in sent] == ["CANCELLED"]
    assert cloud.wake_ups() == 1


def test_an_execution_that_never_was_is_no_fault(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(status=Status.PROCESSING, attempt=1, execution_arn=ARN)
    assert ask(cloud)[0] == 202


@pytest.mark.parametrize("status", [Status.PENDING_UPLOAD, Status.COMPLETED, Status.FAILED])
def test_anything_else_is_409(cloud: Cloud, put_song: Any, sent: Frames, status: Status) -> None:
    put_song(status=status, attempt=1)
    before = cloud.row()
    assert ask(cloud)[0] == 409
    assert cloud.row() == before


def test_a_song_that_completes_at_that_moment_stays_complete(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unplugd.aws.song_table import SongTable

    stale = put_song(status=Status.PROCESSING, attempt=1, execution_arn=ARN)
    put_song(status=Status.COMPLETED, attempt=1)
    monkeypatch.setattr(SongTable, "get", lambda *_: stale)
    assert ask(cloud)[0] == 409
    assert (cloud.row() or {})["status"] == "COMPLETED"
    assert sent == []
