"""A new kind of job: one entry in the registry, and no other code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud import SONG, Cloud, event
from tests.handlers.processing.starting import arn, slots, wake
from unplugd.domain import job
from unplugd.domain.job import Kind
from unplugd.domain.song import Status

# In the place of a field of its own, which it would add to `Song`, it uses one that these tests do not need.
ANALYSIS = Kind(
    "analysis",
    state_field="lyrics_source",
    requires={"status": Status.COMPLETED},
    execution_input={"analysisOnly": True},
    at_failure=lambda code, _message: {"lyrics_source": "FAILED", "error_code": code},
    is_owed=lambda song: song.job is None and song.lyrics_source is None and song.status is Status.COMPLETED,
)
DONE: dict[str, Any] = {"status": Status.COMPLETED, "attempt": 1, "duration_sec": 3.0}
Frames = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "KINDS", (*job.KINDS, ANALYSIS))


def state(cloud: Cloud, name: str, **changes: Any) -> Any:
    return cloud.call("processing", name, event("processing", name) | changes)


def test_a_new_kind_is_started_with_its_input(
    cloud: Cloud, put_song: Any, sent: Frames, analysis: None
) -> None:
    put_song(**DONE | {"lyrics_source": "QUEUED", "queued_at": "2026-01-31T08:00:00.000Z"})
    cloud.connect("one")
    wake(cloud)
    row = cloud.row() or {}
    assert (row["status"], row["lyricsSource"], row["line"]) == ("COMPLETED", "PROCESSING", "RUNNING")
    execution = cloud.sfn.describe_execution(executionArn=arn(SONG))
    assert json.loads(execution["input"])["analysisOnly"] is True
    assert "lyricsOnly" not in json.loads(execution["input"])
    assert [message["type"] for _, message in sent] == ["PROCESSING_STARTED"]


def test_a_new_kind_reports_its_progress(cloud: Cloud, put_song: Any, sent: Frames, analysis: None) -> None:
    put_song(**DONE | {"lyrics_source": "PROCESSING", "started_at": "2026-01-31T08:00:00.000Z"})
    assert state(cloud, "send_progress", progress=40) == {"stored": True}
    assert (cloud.row() or {})["progress"] == 40


def test_a_new_kind_fails_by_its_own_field_and_is_retried(
    cloud: Cloud, put_song: Any, sent: Frames, analysis: None
) -> None:
    put_song(**DONE | {"lyrics_source": "PROCESSING", "stem_names": "vocals"})
    prefix = f"output/{(cloud.row() or {})['userId']}/{SONG}/"
    for name, body in (("vocals.wav", b"x"), ("manifest.json", b'{"files": {"vocals.wav": {}}}')):
        cloud.s3.put_object(Bucket="unplugd-test-output", Key=prefix + name, Body=body)
    state(cloud, "mark_failed", error="States.Timeout", cause="")
    row = cloud.row() or {}
    assert (row["status"], row["lyricsSource"], row["errorCode"]) == (
        "COMPLETED",
        "FAILED",
        "PROCESSING_TIMEOUT",
    )
    assert f"{prefix}vocals.wav" in cloud.keys("OUTPUT_BUCKET")


def test_a_new_kind_that_a_song_is_owed_is_queued_and_started(
    cloud: Cloud, put_song: Any, sent: Frames, analysis: None
) -> None:
    put_song(status=Status.QUEUED, attempt=1, queued_at="2026-01-31T08:00:00.000Z", duration_sec=3.0)
    wake(cloud)
    put_song(**DONE)
    cloud.sfn.stop_execution(executionArn=arn(SONG))
    wake(cloud)
    row = cloud.row() or {}
    assert (row["lyricsSource"], row["attempt"]) == ("PROCESSING", 2)
    assert slots(cloud) == {"slot-0": SONG}
