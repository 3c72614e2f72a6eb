"""A complete song is measured: behind all songs, beside them, and without a change to anything else of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud, event
from tests.handlers.measurement.conftest import MEASURED
from tests.handlers.measurement.conftest import put_measured as put_measured
from tests.handlers.processing.starting import arn, ended, executions, slots, wake
from unplugd.domain.song import LyricsStatus, MeasureStatus, Status
from unplugd.kernel.errors import Conflict, Invalid, NotFound

Frames = list[tuple[str, dict[str, Any]]]
OTHERS = [f"01K0000000000000000000000{n}" for n in range(5)]
COMPLETE: dict[str, Any] = {
    "status": Status.COMPLETED,
    "attempt": 2,
    "seq": 7,
    "duration_sec": 38.4,
    "completed_at": "2026-01-31T08:20:00.000Z",
    "lyrics_status": LyricsStatus.READY,
    "stem_names": "drums,bass,other,vocals",
}
ROW = f"{SONG}#current#1"
WAITS = COMPLETE | {
    "measure_status": MeasureStatus.QUEUED,
    "measure_row": ROW,
    "queued_at": "2026-01-31T08:30:00.000Z",
}
RUNS = WAITS | {
    "measure_status": MeasureStatus.PROCESSING,
    "started_at": "2026-01-31T08:31:00.000Z",
    "execution_arn": arn(SONG, 2),
}
QUEUED: dict[str, Any] = {"status": Status.QUEUED, "attempt": 1, "duration_sec": 3.0}


def state(on: Cloud, name: str, /, **changes: Any) -> Any:
    return on.call("processing", name, event("processing", name) | {"attempt": 2} | changes)


def queue(put_song: Any, count: int, since: str = "2026-01-31T08:40:00.000Z") -> None:
    for song_id in OTHERS[:count]:
        put_song(**QUEUED | {"song_id": song_id, "queued_at": since})


# --- when it starts ---------------------------------------------------------------------------------------------------


def test_it_starts_when_no_song_waits(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**WAITS)
    cloud.connect("one")
    wake(cloud)
    row = cloud.row() or {}
    assert (row["status"], row["measureStatus"], row["line"]) == ("COMPLETED", "PROCESSING", "RUNNING")
    assert slots(cloud) == {"background-0": SONG}
    given = json.loads(cloud.sfn.describe_execution(executionArn=arn(SONG, 2))["input"])
    assert given["measureOnly"] is True
    assert "lyricsOnly" not in given
    assert sent == [
        ("one", {
            "songId": SONG, "seq": 8, "type": "PROGRESS", "stage": "measure", "progress": 0,
            "message": "Measuring the song",
        })
    ]  # fmt: skip


def test_songs_that_wait_all_start_before_it(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    """It has waited longer than any of them."""
    put_song(**WAITS)
    queue(put_song, 3)
    wake(cloud)
    assert executions(cloud) and f"{SONG}-2" not in executions(cloud)
    assert slots(cloud) == {"slot-0": OTHERS[0], "slot-1": OTHERS[1]}
    cloud.sfn.stop_execution(executionArn=arn(OTHERS[0]))
    put_song(**QUEUED | {"song_id": OTHERS[0], "status": Status.COMPLETED})
    wake(cloud, ended(arn(OTHERS[0])))
    assert slots(cloud) == {"slot-0": OTHERS[2], "slot-1": OTHERS[1], "background-0": SONG}


def test_a_new_song_does_not_wait_for_it(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    for song_id in OTHERS[2:]:
        put_song(**WAITS | {"song_id": song_id})
    wake(cloud)
    assert list(slots(cloud)) == ["background-0"]  # one at a time
    queue(put_song, 2)
    wake(cloud)
    assert set(slots(cloud)) == {"background-0", "slot-0", "slot-1"}


def test_songs_are_told_their_places_as_if_nothing_were_measured(
    cloud: Cloud, put_song: Any, sent: Frames
) -> None:
    put_song(**WAITS)
    queue(put_song, 3)
    cloud.connect("one")
    wake(cloud)
    assert [(frame["songId"], frame["position"]) for _, frame in sent if frame["type"] == "QUEUED"] == [
        (OTHERS[2], 1)
    ]


def test_a_thousand_that_are_to_be_measured_hide_no_song(cloud: Cloud, put_song: Any) -> None:
    from unplugd.aws import queue_index

    for song_id in OTHERS[2:]:
        put_song(**WAITS | {"song_id": song_id, "queued_at": "2026-01-01T00:00:00.000Z"})
    queue(put_song, 1)
    index = queue_index.QueueIndex(cloud.db, CHOSEN["SONGS_TABLE"])
    assert [entry.song_id for entry in index.waiting()] == OTHERS[:1]
    assert [entry.song_id for entry in index.later()] == OTHERS[2:]


def test_an_interrupted_one_waits_again_behind_all_songs(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**WAITS)
    wake(cloud)
    cloud.sfn.stop_execution(executionArn=arn(SONG, 2))
    queue(put_song, 3)
    wake(cloud, ended(arn(SONG, 2), "ABORTED"))
    row = cloud.row() or {}
    assert (row["status"], row["measureStatus"], row["line"], row["attempt"]) == (
        "COMPLETED", "QUEUED", "LATER", 3,
    )  # fmt: skip


def test_one_interrupted_too_often_fails_and_the_song_does_not(
    cloud: Cloud, put_song: Any, sent: Frames
) -> None:
    put_song(**RUNS | {"recoveries": 3})
    wake(cloud)
    row = cloud.row() or {}
    assert (row["status"], row["measureStatus"]) == ("COMPLETED", "FAILED")
    assert "errorCode" not in row


# --- how it ends ------------------------------------------------------------------------------------------------------


def test_it_reports_its_progress(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**RUNS)
    cloud.connect("one")
    assert state(cloud, "send_progress", stage="measure", progress=40) == {"stored": True}
    ((_, frame),) = sent
    assert (frame["type"], frame["stage"], frame["progress"], frame["message"]) == (
        "PROGRESS", "measure", 40, "Measuring the song",
    )  # fmt: skip


def test_completing_writes_the_figures_and_nothing_else(
    cloud: Cloud, put_song: Any, put_measured: Any, results: Callable[..., None]
) -> None:
    put_song(**RUNS | {"own_tempo_bpm": 75.0, "edits_version": 3, "edits_key": "edits/x"})
    results({"instrumental": True, "segments": []})
    put_measured()
    before, keys = cloud.row() or {}, cloud.keys("OUTPUT_BUCKET")
    assert state(cloud, "mark_completed") == {"userId": OWNER, "songId": SONG, "seq": 8}
    row = cloud.row() or {}
    assert (float(row["tempoBpm"]), row["musicKey"], int(row["engineVersion"])) == (150.0, "C minor", 1)
    assert row["measuredAt"] > "2026-01-31"
    assert not {"measureStatus", "line", "lineKey"} & set(row)
    changed = {name for name in row.keys() | before.keys() if row.get(name) != before.get(name)}
    assert changed == {
        "tempoBpm", "tempoConfidence", "musicKey", "keyConfidence", "loudnessLufs", "measuredAt",
        "engineVersion", "measureStatus",
        "progress", "seq", "updatedAt", "line", "lineKey",
    }  # fmt: skip
    assert cloud.keys("OUTPUT_BUCKET") == keys


def test_completing_twice_is_the_same_as_once(cloud: Cloud, put_song: Any, put_measured: Any) -> None:
    put_song(**RUNS)
    put_measured()
    first, row = state(cloud, "mark_completed"), cloud.row()
    assert state(cloud, "mark_completed") == first
    assert cloud.row() == row


def test_it_does_not_complete_without_measurements(cloud: Cloud, put_song: Any) -> None:
    put_song(**RUNS)
    with pytest.raises(Invalid):
        state(cloud, "mark_completed")


def test_an_older_engine_than_the_one_asked_for_is_no_completion(
    cloud: Cloud, put_song: Any, put_measured: Any
) -> None:
    put_song(**RUNS | {"measure_row": f"{SONG}#current#2"})
    put_measured()
    with pytest.raises(Invalid):
        state(cloud, "mark_completed")
    put_measured(MEASURED | {"version": "2"})
    state(cloud, "mark_completed")
    assert int((cloud.row() or {})["engineVersion"]) == 2


def test_a_failure_costs_the_song_nothing(
    cloud: Cloud, put_song: Any, sent: Frames, results: Callable[..., None]
) -> None:
    put_song(**RUNS | {"tempo_bpm": 120.0, "measured_at": "2026-01-31T08:20:00.000Z"})
    results({"instrumental": True, "segments": []})
    cloud.s3.put_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=f"output/{OWNER}/{SONG}/stray.json", Body=b"x")
    keys = cloud.keys("OUTPUT_BUCKET")
    cloud.connect("one")
    state(cloud, "mark_failed", stage="RunDemucs", error="States.TaskFailed", cause="{}")
    row = cloud.row() or {}
    assert (row["status"], row["measureStatus"], row["lyricsStatus"]) == ("COMPLETED", "FAILED", "READY")
    assert (float(row["tempoBpm"]), row["measuredAt"]) == (120.0, "2026-01-31T08:20:00.000Z")
    assert not {"errorCode", "errorMessage", "line", "lineKey"} & set(row)
    assert cloud.keys("OUTPUT_BUCKET") == keys
    assert [frame["type"] for _, frame in sent] == ["COMPLETED"]


def test_of_a_song_deleted_meanwhile_nothing_is_written(
    cloud: Cloud, put_song: Any, put_measured: Any, sent: Frames
) -> None:
    put_song(**WAITS)
    wake(cloud)
    answer = cloud.call("songs", "delete_song", event("songs", "delete_song"))
    assert answer["statusCode"] == 200
    put_measured()
    for name in ("mark_completed", "mark_failed"):
        with pytest.raises(NotFound):
            state(cloud, name)
    assert cloud.row() is None
    wake(cloud)
    assert cloud.sfn.describe_execution(executionArn=arn(SONG, 2))["status"] == "ABORTED"
    wake(cloud)
    assert slots(cloud) == {}


# --- what a person does meanwhile -------------------------------------------------------------------------------------


def give_words(cloud: Cloud) -> dict[str, Any]:
    trigger = event("lyrics", "put_lyrics") | {"body": json.dumps({"version": 0, "text": "la\nla la"})}
    answer = cloud.call("lyrics", "put_lyrics", trigger)
    assert answer["statusCode"] == 200
    return cloud.row() or {}


def test_words_take_the_place_of_measuring_that_waits(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**WAITS)
    row = give_words(cloud)
    assert (row["lyricsStatus"], row["line"], row["attempt"]) == ("QUEUED", "QUEUED", 3)
    assert "measureStatus" not in row
    wake(cloud)
    assert slots(cloud) == {"slot-0": SONG}


def test_words_stop_measuring_that_runs(cloud: Cloud, put_song: Any, put_measured: Any, sent: Frames) -> None:
    put_song(**WAITS)
    wake(cloud)
    assert give_words(cloud)["lyricsStatus"] == "QUEUED"
    wake(cloud)
    assert cloud.sfn.describe_execution(executionArn=arn(SONG, 2))["status"] == "ABORTED"
    put_measured()
    for late in ("mark_completed", "mark_failed"):
        with pytest.raises(Conflict):
            state(cloud, late)
    wake(cloud, ended(arn(SONG, 2), "ABORTED"))
    assert slots(cloud) == {"slot-0": SONG}
    assert (cloud.row() or {})["lyricsStatus"] == "PROCESSING"


def test_lyrics_that_failed_are_tried_again_instead(
    cloud: Cloud, put_song: Any, results: Callable[..., None], sent: Frames
) -> None:
    put_song(**RUNS | {"lyrics_status": LyricsStatus.FAILED})
    results(None)
    answer = cloud.call("songs", "retry_song", event("songs", "retry_song"))
    assert (answer["statusCode"], json.loads(answer["body"])["lyricsStatus"]) == (202, "QUEUED")
    assert "measureStatus" not in (cloud.row() or {})


@pytest.mark.parametrize("waiting", [WAITS, RUNS], ids=["waits", "runs"])
def test_a_person_may_cancel_it(
    cloud: Cloud, put_song: Any, put_measured: Any, sent: Frames, waiting: dict[str, Any]
) -> None:
    put_song(**waiting)
    cloud.connect("one")
    answer = cloud.call("songs", "cancel_song", event("songs", "cancel_song"))
    assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (202, "COMPLETED")
    row = cloud.row() or {}
    assert (row["measureStatus"], row["attempt"]) == ("CANCELLED", 3)
    assert not {"line", "lineKey", "stage"} & set(row)
    assert [frame["type"] for _, frame in sent] == ["COMPLETED"]
    put_measured()
    with pytest.raises(Conflict):
        state(cloud, "mark_completed")
    assert "measuredAt" not in (cloud.row() or {})


def test_what_was_cancelled_is_stopped_by_the_starter_too(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**WAITS)
    wake(cloud)
    put_song(**COMPLETE | {"attempt": 3, "measure_status": MeasureStatus.CANCELLED})
    wake(cloud)
    assert cloud.sfn.describe_execution(executionArn=arn(SONG, 2))["status"] == "ABORTED"


@pytest.mark.parametrize("status", [MeasureStatus.FAILED, MeasureStatus.CANCELLED])
def test_a_person_may_try_again(
    cloud: Cloud, put_song: Any, results: Callable[..., None], sent: Frames, status: MeasureStatus
) -> None:
    put_song(**COMPLETE | {"measure_status": status, "measure_row": ROW})
    results(None)
    answer = cloud.call("songs", "retry_song", event("songs", "retry_song"))
    assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (202, "COMPLETED")
    row = cloud.row() or {}
    assert (row["measureStatus"], row["line"], row["attempt"]) == ("QUEUED", "LATER", 3)
