"""GET /songs/{songId}."""

import json
from typing import Any

import pytest

from tests.cloud import SONG, STRANGER, Cloud, event
from unplugd.domain.song import Status


def ask(cloud: Cloud, song_id: str = SONG) -> tuple[int, Any]:
    trigger = event("songs", "get_song")
    trigger["pathParameters"]["songId"] = song_id
    answer = cloud.call("songs", "get_song", trigger)
    return answer["statusCode"], json.loads(answer["body"])


def test_a_completed_song_comes_with_links_and_without_internals(cloud: Cloud, put_song: Any) -> None:
    put_song(
        status=Status.COMPLETED, duration_sec=166.014, attempt=1, seq=9, execution_arn="arn:x", title="Ünï"
    )
    status, song = ask(cloud)
    assert status == 200
    assert song["durationSec"] == 166.014
    assert (song["attempt"], song["seq"]) == (1, 9)
    assert set(song["stems"]) == {"drums", "bass", "other", "vocals"}
    for link in [
        song["peaksUrl"],
        song["lyricsUrl"],
        song["manifestUrl"],
        song["stems"]["bass"]["streamUrl"],
    ]:
        assert "X-Amz-Signature" in link
    assert not {"s3Key", "executionArn", "stemsPrefix", "userId", "ttl"} & set(song)


def test_a_waiting_song_says_its_place(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:00:01.000Z", attempt=1)
    earlier = "01J9ZQ4X5V8K2M3N4P5Q6R7S9A"
    put_song(user_id=STRANGER, song_id=earlier, status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z")
    status, song = ask(cloud)
    assert (status, song["queuePosition"]) == (200, 2)
    assert "stems" not in song


@pytest.mark.parametrize("song_id", ["01J9ZQ4X5V8K2M3N4P5Q6R7S9A", "nope", "..", "x" * 3000])
def test_another_persons_song_and_no_song_look_alike(cloud: Cloud, put_song: Any, song_id: str) -> None:
    put_song(user_id=STRANGER, song_id="01J9ZQ4X5V8K2M3N4P5Q6R7S9A", status=Status.COMPLETED)
    status, body = ask(cloud, song_id)
    assert status == 404
    assert body == {"error": "not_found", "message": "There is no such song in your library."}
