"""POST /songs/{songId}/upload-url."""

import json
import time
from typing import Any

import pytest

from tests.cloud import OWNER, SONG, STRANGER, Cloud, event
from unplugd.domain.song import Status


def ask(cloud: Cloud) -> tuple[int, Any]:
    answer = cloud.call("uploads", "renew_upload", event("uploads", "renew_upload"))
    return answer["statusCode"], json.loads(answer["body"])


def test_the_same_shape_for_the_same_file(cloud: Cloud, put_song: Any) -> None:
    put_song(content_type="audio/flac", file_size_bytes=77)
    status, body = ask(cloud)
    assert status == 200
    assert (body["songId"], body["expiresIn"]) == (SONG, 900)
    assert body["headers"] == {
        "Content-Type": "audio/flac",
        "If-None-Match": "*",
        "x-amz-meta-songid": SONG,
    }
    assert f"/uploads/{OWNER}/{SONG}/song.mp3?" in body["uploadUrl"]


def test_the_row_never_expires_before_the_link(cloud: Cloud, put_song: Any) -> None:
    """It had a minute left; an upload over the new link would have found no row, and been thrown away."""
    soon = int(time.time()) + 60
    put_song(content_type="audio/flac", file_size_bytes=77, ttl=soon)
    assert ask(cloud)[0] == 200
    row = cloud.row() or {}
    assert row["ttl"] > soon + 23 * 3600
    assert (row["status"], row["seq"]) == ("PENDING_UPLOAD", 0)


def test_a_row_that_outlives_the_link_keeps_its_time(cloud: Cloud, put_song: Any) -> None:
    """Its file has arrived and waits to be checked: the row lives as long as that."""
    late = int(time.time()) + 7 * 24 * 3600
    put_song(content_type="audio/flac", file_size_bytes=77, ttl=late)
    assert ask(cloud)[0] == 200
    assert (cloud.row() or {})["ttl"] == late


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.PENDING_UPLOAD])
def test_a_file_that_arrived_is_409(cloud: Cloud, put_song: Any, status: Status) -> None:
    put_song(status=status, content_type="audio/flac", file_size_bytes=77)
    assert ask(cloud)[0] == 409


def test_another_persons_song_is_404(cloud: Cloud, put_song: Any) -> None:
    put_song(user_id=STRANGER)
    assert ask(cloud)[0] == 404
