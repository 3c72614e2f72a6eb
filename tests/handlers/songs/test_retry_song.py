"""POST /songs/{songId}/retry."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud, event
from unplugd.domain.files import output_prefix, upload_key
from unplugd.domain.song import LyricsStatus, Status

Frames = list[tuple[str, dict[str, Any]]]
FAILED = {"status": Status.FAILED, "attempt": 1, "seq": 6, "error_code": "OLD", "error_message": "Old."}


def ask(cloud: Cloud) -> tuple[int, Any]:
    answer = cloud.call("songs", "retry_song", event("songs", "retry_song"))
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def original(cloud: Cloud) -> None:
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=upload_key(OWNER, SONG, "song.mp3"), Body=b"x")


@pytest.fixture
def stems(cloud: Cloud) -> Callable[[], None]:
    def store() -> None:
        files = {f"{stem}.wav": {} for stem in ("drums", "bass", "other", "vocals")}
        key = f"{output_prefix(OWNER, SONG)}manifest.json"
        cloud.s3.put_object(
            Bucket=CHOSEN["OUTPUT_BUCKET"], Key=key, Body=json.dumps({"files": files}).encode()
        )

    return store


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_three_clicks_start_one_attempt(
    cloud: Cloud, put_song: Any, sent: Frames, original: None, status: Status
) -> None:
    put_song(**FAILED | {"status": status, "recoveries": 3, "part_progress": "100,7"})
    cloud.connect("one")
    answers = [ask(cloud)[0] for _ in range(3)]
    row = cloud.row() or {}
    assert answers == [202, 409, 409]
    assert (row["status"], row["attempt"], row["seq"]) == ("QUEUED", 2, 7)
    assert (row["recoveries"], row["queuePosition"]) == (0, 1)
    assert row["lineKey"] == f"{row['queuedAt']}#{SONG}"
    assert not {"errorCode", "errorMessage", "executionArn", "stage", "partProgress"} & set(row)
    assert sent == [("one", {"songId": SONG, "seq": 7, "type": "QUEUED", "position": 1})]
    assert cloud.wake_ups() == 1


def test_the_log_joins_the_request_to_the_attempt(
    cloud: Cloud, put_song: Any, sent: Frames, original: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    put_song(**FAILED)
    ask(cloud)
    lines = [vars(line) for line in caplog.records if line.getMessage() == "queued"]
    assert [(line["songId"], line["attempt"]) for line in lines] == [(SONG, 2)]


def test_two_clicks_at_the_very_same_time_start_one_attempt(
    cloud: Cloud, put_song: Any, sent: Frames, original: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second reads the row before the first writes it."""
    from unplugd.aws.song_table import SongTable

    put_song(**FAILED)
    seen = SongTable.get
    stale = put_song(**FAILED)
    monkeypatch.setattr(SongTable, "get", lambda *_: stale)
    assert [ask(cloud)[0], ask(cloud)[0]] == [202, 409]
    monkeypatch.setattr(SongTable, "get", seen)
    assert (cloud.row() or {})["attempt"] == 2


def test_without_the_original_there_is_nothing_to_try(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**FAILED)
    status, body = ask(cloud)
    assert status == 409
    assert "upload the song again" in body["message"]
    assert (cloud.row() or {})["status"] == "FAILED"


def test_a_file_the_validator_refused_stays_refused(
    cloud: Cloud, put_song: Any, sent: Frames, original: None
) -> None:
    put_song(**FAILED | {"attempt": 0})
    assert ask(cloud)[0] == 409


def test_finished_stems_need_no_original(
    cloud: Cloud, put_song: Any, sent: Frames, stems: Callable[[], None]
) -> None:
    put_song(**FAILED)
    stems()
    assert ask(cloud)[0] == 202


def test_retried_lyrics_queue_while_the_song_stays_complete(
    cloud: Cloud, put_song: Any, sent: Frames, stems: Callable[[], None]
) -> None:
    put_song(
        status=Status.COMPLETED, attempt=1, lyrics_status=LyricsStatus.FAILED, lyrics_reason="No engine."
    )
    stems()
    status, song = ask(cloud)
    assert status == 202
    assert (song["status"], song["lyricsStatus"], song["lyricsReason"]) == ("COMPLETED", "QUEUED", None)
    assert (song["attempt"], song["queuePosition"]) == (2, 1)
    assert ask(cloud)[0] == 409


@pytest.mark.parametrize(
    "fields",
    [
        {"status": Status.PENDING_UPLOAD},
        {"status": Status.QUEUED, "queued_at": "2026-01-31T08:15:00.000Z"},
        {"status": Status.PROCESSING},
        {"status": Status.COMPLETED, "lyrics_status": LyricsStatus.READY},
        {"status": Status.COMPLETED, "lyrics_status": LyricsStatus.INSTRUMENTAL},
    ],
)
def test_anything_else_is_409(
    cloud: Cloud, put_song: Any, sent: Frames, original: None, fields: dict[str, Any]
) -> None:
    put_song(attempt=1, **fields)
    before = cloud.row()
    assert ask(cloud)[0] == 409
    assert cloud.row() == before


def test_no_such_song_is_404(cloud: Cloud) -> None:
    assert ask(cloud)[0] == 404
