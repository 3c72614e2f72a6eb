"""State MarkFailed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud, event
from unplugd.domain.song import LyricsStatus, Status
from unplugd.kernel.errors import Conflict

PREFIX = f"output/{OWNER}/{SONG}/"
RUNNING = {"status": Status.PROCESSING, "attempt": 1, "seq": 5}
Frames = list[tuple[str, dict[str, Any]]]


def call(on: Cloud, /, **changes: Any) -> Any:
    return on.call("processing", "mark_failed", event("processing", "mark_failed") | changes)


def task_cause(code: int | None) -> str:
    return json.dumps({"Containers": [{"Name": "demucs", "ExitCode": code}], "StoppedReason": "x"})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cause": task_cause(65)}, "CORRUPT_AUDIO"),
        ({"cause": task_cause(75)}, "SEPARATION_FAILED"),
        ({"cause": task_cause(None)}, "SEPARATION_FAILED"),
        ({"cause": "not json"}, "SEPARATION_FAILED"),
        ({"cause": '{"Containers": []}'}, "SEPARATION_FAILED"),
        ({"error": "States.Timeout", "cause": ""}, "PROCESSING_TIMEOUT"),
        ({"error": "ECS.AmazonECSException", "cause": "no capacity"}, "NO_CAPACITY"),
        ({"error": "AmazonECS.Unknown", "cause": '{"Failures":[{"Reason":"vCPU limit"}]}'}, "NO_CAPACITY"),
        ({"stage": "MarkCompleted", "error": "Transient", "cause": "x"}, "SAVING_FAILED"),
    ],
)
def test_every_cause_has_a_code_and_a_sentence(
    cloud: Cloud, put_song: Any, sent: Frames, changes: dict[str, Any], code: str
) -> None:
    put_song(**RUNNING)
    cloud.connect("one")
    call(cloud, **changes)
    row = cloud.row() or {}
    assert (row["status"], row["errorCode"], row["seq"]) == ("FAILED", code, 6)
    message = {"songId": SONG, "seq": 6, "type": "FAILED", "errorCode": code, "message": row["errorMessage"]}
    assert sent == [("one", message)]
    assert row["errorMessage"].endswith(".")


@pytest.mark.parametrize(
    "cause",
    [
        {
            "Overrides": {
                "ContainerOverrides": [{"Environment": [{"Name": "UPLOAD_KEY", "Value": "My song.mp3"}]}]
            }
        },
        {"Containers": [{"Name": "demucs", "ExitCode": 1, "Environment": "My song.mp3"}]},
        {"errorMessage": "My song.mp3 is not there", "errorType": "NotFound", "trace": ["My song.mp3"]},
        {"Containers": "My song.mp3"},
    ],
)
def test_a_failure_is_logged_without_file_names(
    cloud: Cloud, put_song: Any, caplog: pytest.LogCaptureFixture, cause: dict[str, Any]
) -> None:
    caplog.set_level("ERROR")
    put_song(**RUNNING)
    call(cloud, cause=json.dumps({"StoppedReason": "Essential container exited", **cause}))
    logged = [vars(record) for record in caplog.records if record.getMessage() == "a song failed"]
    assert len(logged) == 1
    assert "Essential container exited" in logged[0]["cause"]
    assert "My song" not in str(logged)


def test_what_the_task_wrote_down_is_what_the_person_reads(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**RUNNING)
    said = {"stage": "demucs", "errorCode": "CORRUPT_AUDIO", "message": "The file ends after 3 s."}
    cloud.s3.put_object(
        Bucket=CHOSEN["OUTPUT_BUCKET"], Key=f"{PREFIX}failure.json", Body=json.dumps(said).encode()
    )
    call(cloud)
    assert (cloud.row() or {})["errorMessage"] == "The file ends after 3 s."
    assert cloud.keys("OUTPUT_BUCKET") == []


def test_finished_stages_stay_and_half_written_ones_go(
    cloud: Cloud, put_song: Any, sent: Frames, results: Callable[..., None]
) -> None:
    put_song(**RUNNING)
    results(None)
    for name in ("checkpoints/3", "lyrics.json.part", "lyrics/person-1-a.json", "lyrics.transcribed.json"):
        cloud.s3.put_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=PREFIX + name, Body=b"x")
    call(cloud, stage="MarkCompleted", error="Transient", cause="x")
    kept = {key.removeprefix(PREFIX) for key in cloud.keys("OUTPUT_BUCKET")}
    assert kept == {
        *(f"{s}.wav" for s in ("drums", "bass", "other", "vocals")),
        "peaks.json",
        "manifest.json",
        "checkpoints/3",
        "lyrics/person-1-a.json",
        "lyrics.transcribed.json",
    }


def test_run_twice_it_writes_once_and_tells_again(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**RUNNING)
    cloud.connect("one")
    first, row = call(cloud), cloud.row()
    assert call(cloud) == first
    assert cloud.row() == row
    assert [message["seq"] for _, message in sent] == [6, 6]  # clients drop a seq they have seen


def test_a_completed_song_stays_completed(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**RUNNING | {"status": Status.COMPLETED})
    cloud.connect("one")
    call(cloud, stage="MarkCompleted", error="Transient", cause="the answer was lost")
    assert (cloud.row() or {})["status"] == "COMPLETED"
    assert sent == []


@pytest.mark.parametrize("fields", [{"attempt": 2}, {"status": Status.CANCELLED}])
def test_a_late_failure_changes_nothing(
    cloud: Cloud, put_song: Any, sent: Frames, fields: dict[str, Any]
) -> None:
    put_song(**RUNNING | fields)
    before = cloud.row()
    with pytest.raises(Conflict):
        call(cloud)
    assert cloud.row() == before
    assert sent == []


def test_a_lyrics_only_run_that_fails_never_hides_the_stems(
    cloud: Cloud, put_song: Any, sent: Frames, results: Callable[..., None]
) -> None:
    put_song(status=Status.COMPLETED, attempt=2, seq=12, lyrics_status=LyricsStatus.PROCESSING)
    results(None)
    cloud.connect("one")
    call(cloud, attempt=2, stage="MarkCompleted", error="Transient", cause="x")
    row = cloud.row() or {}
    assert (row["status"], row["lyricsStatus"]) == ("COMPLETED", "FAILED")
    assert row["lyricsReason"].endswith(".")
    assert f"{PREFIX}drums.wav" in cloud.keys("OUTPUT_BUCKET")
    assert sent == [("one", {"songId": SONG, "seq": 13, "type": "COMPLETED"})]


LYRICS_ALONE = json.dumps({"version": 1, "files": {"lyrics.json": {"sha256": "00", "bytes": 1}}}).encode()


@pytest.mark.parametrize(
    "manifest", [b'{"version": 1, "fi', LYRICS_ALONE, None], ids=["torn", "lyrics", "good"]
)
def test_a_failed_lyrics_only_run_removes_nothing(
    cloud: Cloud, put_song: Any, sent: Frames, results: Callable[..., None], manifest: bytes | None
) -> None:
    """The song is complete: its stems cannot be made again, and lyrics.json may be the one that is shown."""
    put_song(status=Status.COMPLETED, attempt=2, seq=12, lyrics_status=LyricsStatus.PROCESSING)
    results({"language": "en", "instrumental": False, "segments": []})
    for name, body in (("drums.mp3", b"x"), ("manifest.json", manifest)):
        if body is not None:
            cloud.s3.put_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=PREFIX + name, Body=body)
    before = cloud.keys("OUTPUT_BUCKET")
    call(cloud, attempt=2, stage="MarkCompleted", error="Invalid", cause="The results are incomplete")
    assert (cloud.row() or {})["lyricsStatus"] == "FAILED"
    assert cloud.keys("OUTPUT_BUCKET") == before
