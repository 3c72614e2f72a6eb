"""State MarkCompleted."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud, event
from unplugd.domain.song import LyricsStatus, Status
from unplugd.kernel.errors import Conflict, Invalid, NotFound

PREFIX = f"output/{OWNER}/{SONG}/"
WORDS = {
    "language": "en",
    "instrumental": False,
    "segments": [{"start": 0, "end": 1, "text": "la", "words": []}],
}
RUNNING = {"status": Status.PROCESSING, "attempt": 1, "seq": 5, "error_code": "OLD", "error_message": "Old."}
LYRICS_RUN = {
    "status": Status.COMPLETED,
    "attempt": 2,
    "seq": 12,
    "lyrics_status": LyricsStatus.PROCESSING,
    "completed_at": "2026-01-31T08:20:00.000Z",
}


def call(cloud: Cloud, **changes: Any) -> Any:
    return cloud.call("processing", "mark_completed", event("processing", "mark_completed") | changes)


@pytest.mark.parametrize(
    ("lyrics", "status", "reason"),
    [
        (WORDS, "READY", None),
        ({"language": None, "instrumental": True, "segments": []}, "INSTRUMENTAL", None),
        (
            {"instrumental": False, "segments": [], "status": "FAILED", "reason": "No engine."},
            "FAILED",
            "No engine.",
        ),
    ],
)
def test_a_song_completes_with_its_lyrics_as_they_are(
    cloud: Cloud, put_song: Any, results: Callable[..., None], lyrics: Any, status: str, reason: str | None
) -> None:
    put_song(**RUNNING)
    results(lyrics)
    assert call(cloud) == {"userId": OWNER, "songId": SONG, "seq": 6}
    row = cloud.row() or {}
    assert (row["status"], row["lyricsStatus"], row.get("lyricsReason")) == ("COMPLETED", status, reason)
    assert float(row["durationSec"]) == 166.014
    assert (row["model"], row["stemsPrefix"]) == ("preview", PREFIX)
    assert not {"errorCode", "errorMessage", "line", "lineKey"} & set(row)


def test_run_twice_it_answers_the_same_and_writes_once(
    cloud: Cloud, put_song: Any, results: Callable[..., None]
) -> None:
    put_song(**RUNNING)
    results(WORDS)
    first, row = call(cloud), cloud.row()
    assert call(cloud) == first
    assert cloud.row() == row


@pytest.mark.parametrize("run", ["whole", "lyrics only"])
def test_a_completion_repeated_after_a_lost_answer_is_the_same(
    cloud: Cloud, put_song: Any, results: Callable[..., None], monkeypatch: pytest.MonkeyPatch, run: str
) -> None:
    """botocore sends it again by itself. A `Conflict` here would end the execution, and the original would stay."""
    from unplugd.aws.song_table import SongTable

    write = SongTable.mark_completed

    def twice(self: SongTable, song: Any, **given: Any) -> Any:
        assert write(self, song, **given)
        return write(self, song, **given)

    monkeypatch.setattr(SongTable, "mark_completed", twice)
    put_song(**(RUNNING if run == "whole" else LYRICS_RUN | {"attempt": 1, "seq": 5}))
    results(WORDS)
    assert call(cloud) == {"userId": OWNER, "songId": SONG, "seq": 6}
    assert ((cloud.row() or {})["status"], (cloud.row() or {})["seq"]) == ("COMPLETED", 6)


@pytest.mark.parametrize(
    "change",
    [
        {"status": Status.CANCELLED},
        {"status": Status.FAILED},
        {"attempt": 2},
        {"status": Status.COMPLETED, "attempt": 2},
        {"status": Status.COMPLETED, "lyrics_status": LyricsStatus.QUEUED},
    ],
)
def test_a_song_that_changes_while_completed_is_left_alone(
    cloud: Cloud,
    put_song: Any,
    results: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
) -> None:
    from unplugd.aws.song_table import SongTable

    write = SongTable.mark_completed

    def late(self: SongTable, song: Any, **given: Any) -> Any:
        put_song(**RUNNING | {"queued_at": "2026-01-31T08:15:00.000Z"} | change)
        return write(self, song, **given)

    monkeypatch.setattr(SongTable, "mark_completed", late)
    put_song(**RUNNING)
    results(WORDS)
    with pytest.raises(Conflict):
        call(cloud)
    assert (cloud.row() or {})["seq"] == 5


def test_failed_lyrics_keep_the_stems_and_leave_a_file(
    cloud: Cloud, put_song: Any, results: Callable[..., None]
) -> None:
    put_song(**RUNNING)
    results(None)
    call(cloud, lyricsFailed={"error": "States.TaskFailed", "cause": "{}"})
    assert ((cloud.row() or {})["status"], (cloud.row() or {})["lyricsStatus"]) == ("COMPLETED", "FAILED")
    body = cloud.s3.get_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=f"{PREFIX}lyrics.json")["Body"].read()
    assert json.loads(body)["status"] == "FAILED"


def test_lyrics_that_fail_take_no_earlier_ones_away(
    cloud: Cloud, put_song: Any, results: Callable[..., None]
) -> None:
    put_song(status=Status.COMPLETED, lyrics_status=LyricsStatus.PROCESSING, attempt=1, seq=5)
    results(WORDS)
    call(cloud, lyricsFailed={"error": "States.TaskFailed", "cause": "{}"})
    assert (cloud.row() or {})["lyricsStatus"] == "FAILED"
    stored = cloud.s3.get_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=f"{PREFIX}lyrics.json")
    assert json.loads(stored["Body"].read()) == WORDS


@pytest.mark.parametrize("source", ["transcribed", "supplied"])
def test_where_the_words_come_from_is_kept(
    cloud: Cloud, put_song: Any, results: Callable[..., None], source: str
) -> None:
    """The machine heard them, or the file's tags held them."""
    put_song(**RUNNING)
    results(WORDS | {"source": source, "textVersion": None})
    call(cloud)
    assert (cloud.row() or {})["runLyricsSource"] == source


@pytest.mark.parametrize("before", ["transcribed", None])
def test_a_run_over_a_persons_words_names_no_machine_source(
    cloud: Cloud, put_song: Any, results: Callable[..., None], before: str | None
) -> None:
    """Those are what `revert` goes back to, and the song then says where they come from."""
    put_song(**RUNNING, run_lyrics_source=before, lyrics_source="edited")
    results(WORDS | {"source": "supplied", "textVersion": 1})
    call(cloud)
    row = cloud.row() or {}
    assert (row.get("runLyricsSource"), row["lyricsSource"]) == (before, "edited")


@pytest.mark.parametrize(
    "fields",
    [{"attempt": 2, "status": Status.PROCESSING}, {"status": Status.CANCELLED}, {"status": Status.QUEUED}],
)
def test_a_late_completion_changes_nothing(
    cloud: Cloud, put_song: Any, results: Callable[..., None], fields: dict[str, Any]
) -> None:
    put_song(**RUNNING | fields)
    results(WORDS)
    before = cloud.row()
    with pytest.raises(Conflict):
        call(cloud)
    assert cloud.row() == before


def test_incomplete_results_are_no_completion(
    cloud: Cloud, put_song: Any, results: Callable[..., None]
) -> None:
    put_song(**RUNNING)
    results(WORDS, stems=("drums", "bass", "other"))
    with pytest.raises(Invalid, match=r"vocals\.wav"):
        call(cloud)
    assert (cloud.row() or {})["status"] == "PROCESSING"


def test_a_deleted_song_is_gone(cloud: Cloud) -> None:
    with pytest.raises(NotFound):
        call(cloud)


def test_a_lyrics_only_run_ends_in_the_lyrics_status(
    cloud: Cloud, put_song: Any, results: Callable[..., None]
) -> None:
    put_song(**LYRICS_RUN)
    results(WORDS)
    assert call(cloud, attempt=2)["seq"] == 13
    row = cloud.row() or {}
    assert (row["status"], row["lyricsStatus"], row["completedAt"]) == (
        "COMPLETED",
        "READY",
        "2026-01-31T08:20:00.000Z",
    )
    assert call(cloud, attempt=2)["seq"] == 13


SIX = ("drums", "bass", "other", "vocals", "guitar", "piano")


@pytest.mark.parametrize("stems", [SIX, ("vocals", "no_vocals")])
def test_a_song_has_the_stems_of_its_manifest(
    cloud: Cloud, put_song: Any, results: Callable[..., None], stems: tuple[str, ...]
) -> None:
    put_song(**RUNNING)
    results(WORDS, stems=stems, listed=stems)
    call(cloud)
    shown = cloud.call("songs", "get_song", event("songs", "get_song"))
    assert list(json.loads(shown["body"])["stems"]) == list(stems)


def test_a_listed_stem_without_a_file_is_incomplete(
    cloud: Cloud, put_song: Any, results: Callable[..., None]
) -> None:
    put_song(**RUNNING)
    results(WORDS, stems=SIX[:5], listed=SIX)
    with pytest.raises(Invalid, match=r"piano\.wav"):
        call(cloud)


def put_measured(cloud: Cloud, document: Any) -> None:
    key = f"{PREFIX}measurements.json"
    cloud.s3.put_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=key, Body=json.dumps(document).encode())


MEASURED = {
    "beats": {"anchors": [{"t": 0.1, "beat": 0, "bpm": 150.04}], "confidence": 0.4},
    "key": {"tonic": "C", "mode": "minor", "confidence": 0.9},
    "loudness": {"integrated": -9.26},
}


def test_the_row_repeats_tempo_key_and_loudness(
    cloud: Cloud, put_song: Any, results: Callable[..., None]
) -> None:
    put_song(**RUNNING)
    results(WORDS)
    put_measured(cloud, MEASURED)
    call(cloud)
    row = cloud.row() or {}
    shown = (float(row["tempoBpm"]), row["musicKey"], float(row["loudnessLufs"]))
    assert shown == (150.0, "C minor", -9.26)
    assert (float(row["tempoConfidence"]), float(row["keyConfidence"])) == (0.4, 0.9)
    assert row["measuredAt"]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"beats": [], "key": "C", "loudness": None},
        {"beats": {"anchors": [{"t": "x", "bpm": 1e9}, 3]}, "key": {"tonic": ["C"], "mode": 1}},
        {"loudness": {"integrated": True}},
    ],
)
def test_measurements_of_any_form_never_fail_a_song(
    cloud: Cloud, put_song: Any, results: Callable[..., None], document: Any
) -> None:
    put_song(**RUNNING)
    results(WORDS)
    if document is not None:
        put_measured(cloud, document)
    call(cloud)
    row = cloud.row() or {}
    assert row["status"] == "COMPLETED"
    assert not {"tempoBpm", "musicKey", "loudnessLufs"} & set(row)


def test_a_run_for_lyrics_measures_nothing(cloud: Cloud, put_song: Any, results: Callable[..., None]) -> None:
    put_song(**LYRICS_RUN, measured_at="2026-01-31T08:20:00.000Z", tempo_bpm=75.0)
    results(WORDS)
    put_measured(cloud, MEASURED)
    call(cloud, attempt=2)
    row = cloud.row() or {}
    assert (row["measuredAt"], float(row["tempoBpm"])) == ("2026-01-31T08:20:00.000Z", 75.0)
