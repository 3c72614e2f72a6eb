"""The one builder of messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from unplugd.domain.messages import for_song
from unplugd.domain.song import Song, Status

NOW = datetime(2026, 1, 31, 8, 16, tzinfo=UTC)
SONG = Song("me", "01J9ZQ4X5V8K2M3N4P5Q6R7S8T", Status.QUEUED, "x", "x", seq=4)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"status": Status.QUEUED}, {"type": "QUEUED", "position": 3}),
        ({"status": Status.PROCESSING}, {"type": "PROCESSING_STARTED"}),
        (
            {
                "status": Status.PROCESSING,
                "stage": "demucs",
                "progress": 50,
                "stage_started_at": "2026-01-31T08:15:30.000Z",
            },
            {
                "type": "PROGRESS",
                "stage": "demucs",
                "progress": 50,
                "message": "Separating the instruments",
                "etaSec": 30,
            },
        ),
        (
            {
                "status": Status.PROCESSING,
                "stage": "whisper",
                "progress": 1,
                "started_at": "2026-01-31T08:15:30.000Z",
            },
            {"type": "PROGRESS", "stage": "whisper", "progress": 1, "message": "Writing the lyrics"},
        ),
        ({"status": Status.COMPLETED}, {"type": "COMPLETED"}),
        (
            {"status": Status.FAILED, "error_code": "TOO_LONG", "error_message": "Too long."},
            {"type": "FAILED", "errorCode": "TOO_LONG", "message": "Too long."},
        ),
        ({"status": Status.CANCELLED}, {"type": "CANCELLED"}),
    ],
)
def test_every_state_has_its_message(fields: dict[str, object], message: dict[str, object]) -> None:
    built = for_song(replace(SONG, queue_position=3, **fields), now=NOW)  # type: ignore[arg-type]
    envelope = {"subject": {"kind": "song", "id": SONG.song_id}, "songId": SONG.song_id, "seq": 4}
    assert built == envelope | message


def test_a_song_that_has_not_arrived_says_nothing() -> None:
    assert for_song(replace(SONG, status=Status.PENDING_UPLOAD), now=NOW) is None
