"""POST /sessions/{sessionId}/frames: a link for the pictures of a window."""

from __future__ import annotations

import pytest

from tests.handlers.capture.conftest import Studio
from tests.handlers.capture.test_grant_audio import bound

GOOD = {"sizeBytes": 240_000, "frameCount": 60}


def test_the_link_carries_the_number_of_pictures(studio: Studio) -> None:
    session = studio.open(captureMode="audio_video")
    status, link = studio.ask("grant_frames", session, json=GOOD)
    assert status == 200
    assert link["s3Key"].endswith("/window_000/frames.mjpeg")
    assert {"content-length", "content-type", "if-none-match", "x-amz-meta-frame-count"} <= set(
        bound(link["url"])
    )
    assert link["headers"]["x-amz-meta-frame-count"] == "60"


def test_a_session_without_pictures_takes_none(studio: Studio) -> None:
    assert studio.ask("grant_frames", studio.open(), json=GOOD)[0] == 409


@pytest.mark.parametrize(
    "change", [{"frameCount": 0}, {"frameCount": 61}, {"frameCount": None}, {"sizeBytes": 2**24}]
)
def test_a_wrong_figure_is_refused(change: dict[str, object], studio: Studio) -> None:
    assert studio.ask("grant_frames", studio.open(captureMode="audio_video"), json=GOOD | change)[0] == 400
