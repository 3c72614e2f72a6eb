"""POST /songs/{songId}/upload-url."""

import json
from typing import Any

import pytest

from tests.stage import OWNER, SONG, STRANGER, Stage, event
from unplugd.songs.model import Status


def ask(stage: Stage) -> tuple[int, Any]:
    answer = stage.call("uploads", "renew_upload", event("uploads", "renew_upload"))
    return answer["statusCode"], json.loads(answer["body"])


def test_the_same_shape_for_the_same_file(stage: Stage, put_song: Any) -> None:
    put_song(content_type="audio/flac", file_size_bytes=77)
    status, body = ask(stage)
    assert status == 200
    assert (body["songId"], body["expiresIn"]) == (SONG, 900)
    assert body["headers"] == {"Content-Type": "audio/flac", "If-None-Match": "*"}
    assert f"/uploads/{OWNER}/{SONG}/song.mp3?" in body["uploadUrl"]


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.PENDING_UPLOAD])
def test_a_file_that_arrived_is_409(stage: Stage, put_song: Any, status: Status) -> None:
    put_song(status=status, content_type="audio/flac", file_size_bytes=77)
    assert ask(stage)[0] == 409


def test_another_persons_song_is_404(stage: Stage, put_song: Any) -> None:
    put_song(user_id=STRANGER)
    assert ask(stage)[0] == 404
