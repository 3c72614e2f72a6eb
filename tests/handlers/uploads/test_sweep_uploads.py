"""Each five minutes: uploads whose event was lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, STRANGER, Cloud, event
from unplugd.aws.functions import UploadEvents
from unplugd.domain.files import upload_key
from unplugd.domain.song import LyricsStatus, Status
from unplugd.edge import s3
from unplugd.uploads import rules, service

KEY = upload_key(OWNER, SONG, "söng +1.mp3")
AT = "2026-01-31T08:15:00.000Z"
DAYS_LATER = 4 * 24 * 60 + 2  # minutes; older than a day, an original is looked at once an hour
Announced = list[dict[str, Any]]


@pytest.fixture
def announced(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Announced:
    """The validator's event, as Lambda got it; the call is checked against the role, and not made."""
    calls: Announced = []

    def watch(called: str, params: dict[str, Any]) -> None:
        if called == "lambda:Invoke":
            calls.append(params)

    cloud.watchers.append(watch)
    monkeypatch.setattr("moto.awslambda.responses.LambdaResponse.invoke", lambda _: "")
    return calls


def sweep(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, minutes: float) -> int:
    """Sweep `minutes` from now."""
    later = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setattr("unplugd.uploads.handlers.sweep_uploads.utc_now", lambda: later)
    return int(cloud.call("uploads", "sweep_uploads", event("uploads", "sweep_uploads"))["repeated"])


@pytest.fixture
def upload(cloud: Cloud) -> None:
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=KEY, Body=b"x" * 7)


def test_a_lost_event_is_said_again_as_s3_says_it(
    cloud: Cloud, put_song: Any, upload: None, announced: Announced, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_song(s3_key=KEY)
    assert sweep(cloud, monkeypatch, 4) == 1
    assert [call["FunctionName"] for call in announced] == [CHOSEN["VALIDATE_FUNCTION"]]
    assert announced[0]["InvocationType"] == "Event"

    heard: list[Any] = []

    s3.handler(heard.append)(json.loads(announced[0]["Payload"]), None)
    assert heard == [s3.NewObject(CHOSEN["UPLOADS_BUCKET"], KEY, 7)]


def test_a_row_whose_file_has_arrived_lives_as_long_as_the_file(
    cloud: Cloud, put_song: Any, upload: None, announced: Announced, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a validator that is broken for a day costs the song: a redrive would find no row and remove the file."""
    now = int(datetime.now(UTC).timestamp())
    put_song(s3_key=KEY, ttl=now + 60)
    assert sweep(cloud, monkeypatch, 10) == 1
    row = cloud.row() or {}
    assert row["ttl"] == pytest.approx(now + 8 * 24 * 3600, abs=60)
    assert (row["status"], row["seq"], len(announced)) == ("PENDING_UPLOAD", 0, 1)
    assert sweep(cloud, monkeypatch, 20) == 1
    assert cloud.row() == row


@pytest.mark.parametrize("ttl", [None, 4102444800])
def test_a_row_that_lives_longer_is_left_as_it_is(
    cloud: Cloud,
    put_song: Any,
    upload: None,
    announced: Announced,
    monkeypatch: pytest.MonkeyPatch,
    ttl: int | None,
) -> None:
    put_song(s3_key=KEY, ttl=ttl)
    before = cloud.row()
    assert sweep(cloud, monkeypatch, 10) == 1
    assert cloud.row() == before


@pytest.mark.parametrize(
    "change", [{"status": Status.QUEUED}, {"lyrics_version": 1}], ids=["queued", "words"]
)
def test_a_row_that_no_longer_expires_is_not_made_to(
    cloud: Cloud,
    put_song: Any,
    upload: None,
    announced: Announced,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
) -> None:
    """The sweep has read the row; then its file is checked, or a person gives it words, which takes its `ttl` away."""
    seen = put_song(s3_key=KEY, ttl=1)
    put_song(s3_key=KEY, queued_at="2026-01-31T08:15:00.000Z", **change)
    before = cloud.row()
    monkeypatch.setattr("unplugd.aws.song_table.SongTable.get", lambda *_: seen)
    assert sweep(cloud, monkeypatch, 10) == 1
    assert cloud.row() == before


def test_an_event_on_its_way_is_waited_for(
    cloud: Cloud, put_song: Any, upload: None, announced: Announced, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_song(s3_key=KEY)
    assert sweep(cloud, monkeypatch, 1) == 0
    assert announced == []


@pytest.mark.parametrize("status", [Status.QUEUED, Status.PROCESSING, Status.FAILED, Status.CANCELLED])
def test_a_song_that_was_checked_is_left_alone(
    cloud: Cloud,
    put_song: Any,
    upload: None,
    announced: Announced,
    monkeypatch: pytest.MonkeyPatch,
    status: Status,
) -> None:
    """Its original is still to be read, or a retry reads it."""
    put_song(s3_key=KEY, status=status, queued_at=AT, attempt=1, mix_at=AT, details_at=AT)
    before = cloud.row()
    assert sweep(cloud, monkeypatch, 4) == 0
    assert (announced, cloud.keys("UPLOADS_BUCKET"), cloud.row()) == ([], [KEY], before)


@pytest.mark.parametrize("made", [{}, {"mix_at": AT}, {"details_at": AT}], ids=["neither", "mix", "details"])
@pytest.mark.parametrize(("minutes", "calls"), [(4, 2), (60 * 30, 0)])
def test_a_lost_call_for_mix_and_details_is_made_again(
    cloud: Cloud,
    put_song: Any,
    upload: None,
    announced: Announced,
    monkeypatch: pytest.MonkeyPatch,
    made: dict[str, str],
    minutes: int,
    calls: int,
) -> None:
    """As long as the original is there, and for a day."""
    put_song(s3_key=KEY, status=Status.QUEUED, queued_at=AT, attempt=1, **made)
    assert sweep(cloud, monkeypatch, minutes) == 0
    both = [CHOSEN["TRANSCODE_FUNCTION"], CHOSEN["ENRICH_FUNCTION"]]
    assert [call["FunctionName"] for call in announced] == both[:calls]
    for call in announced:
        assert json.loads(call["Payload"]) == {"userId": OWNER, "songId": SONG}
        assert call["InvocationType"] == "Event"


@pytest.mark.parametrize("minutes", [4, DAYS_LATER])
@pytest.mark.parametrize(
    "finished",
    [
        {"status": Status.COMPLETED, "attempt": 1, "lyrics_status": LyricsStatus.READY},
        {"status": Status.COMPLETED, "attempt": 2, "lyrics_status": LyricsStatus.QUEUED},
        {"status": Status.COMPLETED, "attempt": 1, "lyrics_status": LyricsStatus.FAILED},
        {"status": Status.FAILED, "attempt": 0},
    ],
    ids=["complete", "lyrics wait", "lyrics failed", "refused"],
)
def test_an_original_that_is_not_needed_any_more_is_removed(
    cloud: Cloud,
    put_song: Any,
    upload: None,
    announced: Announced,
    monkeypatch: pytest.MonkeyPatch,
    finished: dict[str, Any],
    minutes: float,
) -> None:
    """The execution died between COMPLETED and its clean-up, or the validator between its verdict and the delete.
    Lyrics are made of the stems."""
    put_song(s3_key=KEY, queued_at="2026-01-31T08:15:00.000Z", **finished)
    before = cloud.row()
    assert sweep(cloud, monkeypatch, minutes) == 0
    assert (announced, cloud.keys("UPLOADS_BUCKET"), cloud.row()) == ([], [], before)


def test_an_upload_older_than_a_day_is_not_announced_again(
    cloud: Cloud, put_song: Any, upload: None, announced: Announced, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_song(s3_key=KEY)
    assert sweep(cloud, monkeypatch, DAYS_LATER) == 0
    assert (announced, cloud.keys("UPLOADS_BUCKET")) == ([], [KEY])


@pytest.mark.parametrize(
    "key", ["uploads/a/b", f"uploads/{STRANGER}/{SONG}/song.mp3", f"uploads/{OWNER}/{SONG}/other"]
)
def test_what_belongs_to_no_song_is_left_alone(
    cloud: Cloud, put_song: Any, announced: Announced, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    put_song()
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=key, Body=b"x")
    assert sweep(cloud, monkeypatch, 4) == 0
    assert announced == []


def test_a_file_that_breaks_the_validator_is_given_up() -> None:
    runs = [timedelta(minutes=5 * n + 2) for n in range(24 * 12)]
    due = [age for age in runs if rules.is_unchecked(age)]
    assert len(due) == 11 + 23
    assert due[0] < timedelta(minutes=10)


SONGS = [f"01J9ZQ4X5V8K2M3N4P5Q6R7S8{letter}" for letter in "ABC"]


def announced_songs(announced: Announced) -> list[str]:
    """The songs announced since the last look."""
    keys = [json.loads(call["Payload"])["detail"]["object"]["key"] for call in announced]
    announced.clear()
    return [key.split("/")[2] for key in keys]


@pytest.fixture
def three_uploads(cloud: Cloud, put_song: Any) -> None:
    for song_id in SONGS:
        key = upload_key(OWNER, song_id, "song.mp3")
        put_song(song_id=song_id, s3_key=key)
        cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=key, Body=b"x")


def test_a_sweep_that_is_cut_off_is_continued(
    cloud: Cloud, three_uploads: None, announced: Announced, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(service, "SWEEP_FOR_S", -1.0)  # each has time for one
        for song_id in [*SONGS, SONGS[0]]:  # and round again
            assert sweep(cloud, monkeypatch, 10) == 1
            assert announced_songs(announced) == [song_id]
    assert "song.mp3" not in str(cloud.row("uploads", owner="#swept"))
    assert sweep(cloud, monkeypatch, 10) == 3
    assert announced_songs(announced) == [*SONGS[1:], SONGS[0]]
    assert cloud.row("uploads", owner="#swept") is None


def test_an_upload_that_makes_a_sweep_fail_stops_that_one_only(
    cloud: Cloud, three_uploads: None, announced: Announced, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeat = UploadEvents.repeat

    def refuse(events: UploadEvents, key: str, size_bytes: int) -> None:
        if SONGS[0] in key:
            raise PermissionError(key)
        repeat(events, key, size_bytes)

    monkeypatch.setattr(UploadEvents, "repeat", refuse)
    with pytest.raises(PermissionError):
        sweep(cloud, monkeypatch, 10)
    with pytest.raises(PermissionError):
        sweep(cloud, monkeypatch, 10)
    assert announced_songs(announced) == SONGS[1:]
