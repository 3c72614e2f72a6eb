"""What the account handlers' tests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud
from unplugd.domain.files import output_prefix, upload_key
from unplugd.domain.song import Status


@pytest.fixture
def library(cloud: Cloud, put_song: Any) -> Callable[[int], list[str]]:
    """Two people's songs with files: `count` of the owner's, one of a stranger."""

    def fill(count: int) -> list[str]:
        ids = [f"01J9ZQ4X5V8K2M3N4P5Q6R7{n:03d}" for n in range(count)]
        for owner, song_id in [(STRANGER, "01J9ZQ4X5V8K2M3N4P5Q6R7ZZZ"), *((OWNER, i) for i in ids)]:
            put_song(
                user_id=owner, song_id=song_id, status=Status.COMPLETED, attempt=1, title=f"Song {song_id}"
            )
            put = cloud.s3.put_object
            put(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=upload_key(owner, song_id, "song.mp3"), Body=b"x")
            for name in ("drums.wav", "lyrics.json"):
                put(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=output_prefix(owner, song_id) + name, Body=b"x")
        return ids

    return fill
