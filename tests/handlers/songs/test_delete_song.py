"""DELETE /songs/{songId}."""

import json
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, STRANGER, Cloud, event
from unplugd.domain.song import Status


def ask(cloud: Cloud) -> tuple[int, Any]:
    answer = cloud.call("songs", "delete_song", event("songs", "delete_song"))
    return answer["statusCode"], json.loads(answer["body"])


def fill(cloud: Cloud) -> None:
    for owner in (OWNER, STRANGER):
        cloud.s3.put_object(
            Bucket=CHOSEN["UPLOADS_BUCKET"], Key=f"uploads/{owner}/{SONG}/song.mp3", Body=b"x"
        )
        for name in ("drums.wav", "lyrics.json", "checkpoints/1"):
            cloud.s3.put_object(
                Bucket=CHOSEN["OUTPUT_BUCKET"], Key=f"output/{owner}/{SONG}/{name}", Body=b"x"
            )


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.PENDING_UPLOAD])
def test_row_and_files_go_and_a_tombstone_stays(cloud: Cloud, put_song: Any, status: Status) -> None:
    put_song(status=status)
    fill(cloud)
    assert ask(cloud) == (200, {"deleted": True})
    assert cloud.row() is None
    assert all(STRANGER in key for key in cloud.keys("UPLOADS_BUCKET") + cloud.keys("OUTPUT_BUCKET"))
    assert len(cloud.keys("OUTPUT_BUCKET")) == 3
    assert (cloud.row(owner="#deleted") or {})["owner"] == OWNER
    assert ask(cloud)[0] == 404


@pytest.mark.parametrize("status", [Status.QUEUED, Status.PROCESSING])
def test_a_song_at_work_is_409_and_loses_nothing(cloud: Cloud, put_song: Any, status: Status) -> None:
    put_song(status=status, queued_at="2026-01-31T08:00:01.000Z", attempt=1)
    fill(cloud)
    status_code, body = ask(cloud)
    assert (status_code, body["error"]) == (409, "conflict")
    assert cloud.row() is not None
    assert len(cloud.keys("OUTPUT_BUCKET")) == 6
    assert cloud.row(owner="#deleted") is None
