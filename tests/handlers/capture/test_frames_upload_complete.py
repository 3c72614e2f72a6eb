"""The event of a window's pictures."""

from __future__ import annotations

import pytest

from tests.handlers.capture.conftest import Studio, tone, wav


def test_pictures_that_come_first_wait_for_the_sound(studio: Studio) -> None:
    session = studio.open(captureMode="audio_video")
    studio.send(session, 0, b"jpeg", "frames")
    assert studio.started == []
    studio.send(session, 0, wav(tone(100)))
    assert len(studio.started) == 1
    assert studio.windows(session, "completedFrameWindows") == [0]


@pytest.mark.parametrize("count", ["", "-3", "many", "٣"])
def test_a_number_of_pictures_that_is_none_counts_as_none(count: str, studio: Studio) -> None:
    session = studio.open(captureMode="audio_video")
    studio.send(session, 0, wav(tone(100)))
    key = studio.put(
        session, 0, b"jpeg", "frames", Metadata={"frame-count": count} if count.isascii() else {}
    )
    studio.arrive(key, "frames")
    assert studio.started[0][1]["frameCount"] == 0
