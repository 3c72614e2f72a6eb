"""DELETE /songs/{songId}."""

import json
from typing import Any

import pytest

from tests.stage import CHOSEN, OWNER, SONG, STRANGER, Stage, event
from unplugd.domain.song import Status


def ask(stage: Stage) -> tuple[int, Any]:
    answer = stage.call("songs", "delete_song", event("songs", "delete_song"))
    return answer["statusCode"], json.loads(answer["body"])


def fill(stage: Stage) -> None:
    for owner in (OWNER, STRANGER):
        stage.s3.put_object(
            Bucket=CHOSEN["UPLOADS_BUCKET"], Key=f"uploads/{owner}/{SONG}/song.mp3", Body=b"x"
        )
        for name in ("drums.wav", "lyrics.json", "checkpoints/1"):
            stage.s3.put_object(
                Bucket=CHOSEN["OUTPUT_BUCKET"], Key=f"output/{owner}/{SONG}/{name}", Body=b"x"
            )


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.PENDING_UPLOAD])
def test_row_and_files_go_and_a_tombstone_stays(stage: Stage, put_song: Any, status: Status) -> None:
    put_song(status=status)
    fill(stage)
    assert ask(stage) == (200, {"deleted": True})
    assert stage.row() is None
    assert all(STRANGER in key for key in stage.keys("UPLOADS_BUCKET") + stage.keys("OUTPUT_BUCKET"))
    assert len(stage.keys("OUTPUT_BUCKET")) == 3
    assert (stage.row(owner="#deleted") or {})["owner"] == OWNER
    assert ask(stage)[0] == 404


@pytest.mark.parametrize("status", [Status.QUEUED, Status.PROCESSING])
def test_a_song_at_work_is_409_and_loses_nothing(stage: Stage, put_song: Any, status: Status) -> None:
    put_song(status=status, queued_at="2026-01-31T08:00:01.000Z", attempt=1)
    fill(stage)
    status_code, body = ask(stage)
    assert (status_code, body["error"]) == (409, "conflict")
    assert stage.row() is not None
    assert len(stage.keys("OUTPUT_BUCKET")) == 6
    assert stage.row(owner="#deleted") is None
