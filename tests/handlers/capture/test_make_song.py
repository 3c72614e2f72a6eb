"""POST /sessions/{sessionId}/song: the take becomes a song."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud
from tests.handlers.capture.conftest import Studio, tone, wav


def ready(studio: Studio, **fields: Any) -> str:
    session = studio.open(**fields)
    studio.send(session, 0, wav(tone(44_100)))
    studio.run()
    studio.ask("close_session", session, json={"windows": 1, "frames": 44_100})
    studio.run()
    return session


def test_the_take_lies_where_uploads_arrive(studio: Studio, cloud: Cloud) -> None:
    session = ready(studio, title="Take 1")
    status, song = studio.ask("make_song", session, json={"artist": "Me"})
    assert (status, song["status"], song["title"], song["artist"]) == (202, "PENDING_UPLOAD", "Take 1", "Me")
    key = f"uploads/{OWNER}/{song['songId']}/take.flac"
    assert cloud.keys("UPLOADS_BUCKET") == [key]
    found = cloud.s3.head_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=key)
    assert found["ContentType"] == "audio/flac"
    row = cloud.row(song["songId"])
    assert row
    assert (row["s3Key"], row["fileSizeBytes"]) == (key, found["ContentLength"])
    assert studio.ask("get_session", session)[1]["takenAs"] == song["songId"]


def test_only_a_finished_take_can_become_one(studio: Studio) -> None:
    assert studio.ask("make_song", studio.open(), json={})[0] == 409
    assert studio.ask("make_song", ready(studio), json={}, owner=STRANGER)[0] == 404


def test_one_that_is_too_long_is_refused_with_its_length(studio: Studio) -> None:
    session = ready(studio)
    studio.change(session, sampleFrames={"N": str(601 * 44_100)})
    status, answer = studio.ask("make_song", session, json={})
    assert status == 409
    assert "10 minutes" in answer["message"]


def test_a_song_of_a_take_counts_as_one_of_the_day(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHOSEN, "SONGS_A_DAY", "1")
    session = ready(studio)
    assert [studio.ask("make_song", session, json={})[0] for _ in range(2)] == [202, 429]
