"""What the processing handlers' tests share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud

PREFIX = f"output/{OWNER}/{SONG}/"
STEMS = ("drums", "bass", "other", "vocals")


@pytest.fixture
def results(cloud: Cloud) -> Callable[..., None]:
    """Store what the two tasks leave behind; `lyrics` None leaves that file out. `listed`: the manifest's own stems."""

    def store(
        lyrics: dict[str, Any] | None,
        *,
        stems: tuple[str, ...] = STEMS,
        listed: tuple[str, ...] | None = None,
    ) -> None:
        names = [f"{stem}.wav" for stem in stems] + ["peaks.json"]
        manifest = {
            "version": 1,
            "source": {"sha256": "00", "frames": 7_321_217, "sampleRate": 44_100},
            "separation": {"engine": "dsp", "model": "preview"} | ({"stems": list(listed)} if listed else {}),
            "lyrics": {"engine": "embedded", "model": "embedded"},
            "files": {name: {"sha256": "00", "bytes": 1} for name in names},
        }
        put = cloud.s3.put_object
        for name in names:
            put(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=PREFIX + name, Body=b"x")
        put(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=f"{PREFIX}manifest.json", Body=json.dumps(manifest).encode())
        if lyrics is not None:
            put(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=f"{PREFIX}lyrics.json", Body=json.dumps(lyrics).encode())

    return store
