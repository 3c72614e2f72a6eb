"""Cancel, try again, take everything along, leave: on the real stack, with songs at work."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from cli.client.errors import ClientError
from cli.commands import DEMO_SONG
from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.stack


def until(true: Callable[[], Any], what: str, seconds: float = 600.0) -> Any:
    """Wait for `true()`, at most `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds:.0f} s"
        time.sleep(0.2)
    return found


def upload(person: Visitor, path: Path, content_type: str) -> str:
    ticket = person.library.announce(path, content_type)
    person.library.upload(ticket, path)
    return ticket.song_id


def is_(person: Visitor, song_id: str, **wanted: Any) -> Callable[[], Any]:
    def look() -> Any:
        song: Any = person.library.get(song_id)
        return song if all(song.get(name) == value for name, value in wanted.items()) else None

    return look


def slots(admin: Callable[[str], Any], outputs: dict[str, str]) -> int:
    table = outputs["SongsTableName"].replace("-songs", "-slots")
    return int(admin("dynamodb").scan(TableName=table)["Count"])


def test_cancel_stops_the_work_and_retry_takes_it_up(
    visitor: Callable[[str], Visitor], admin: Callable[[str], Any]
) -> None:
    person = visitor("fickle")
    song_id = upload(person, DEMO_SONG, "audio/mpeg")
    until(is_(person, song_id, stage="demucs"), "separation")

    cancelled = person.library.cancel(song_id)
    assert cancelled["status"] == "CANCELLED"
    outputs = person.session.outputs
    until(lambda: slots(admin, outputs) == 0, "the slot's release")
    execution = outputs["StateMachineArn"].replace(":stateMachine:", ":execution:") + f":{song_id}-1"
    assert admin("stepfunctions").describe_execution(executionArn=execution)["status"] == "ABORTED"
    time.sleep(1.0)  # what was under way may still report: it must not be heard
    assert person.library.get(song_id)["status"] == "CANCELLED"

    clicks = [_status(lambda: person.library._call("POST", f"/songs/{song_id}/retry")) for _ in range(3)]
    assert clicks == [202, 409, 409]
    song = until(is_(person, song_id, status="COMPLETED"), "completion")
    assert (song["attempt"], song["errorCode"]) == (2, None)
    until(lambda: slots(admin, outputs) == 0, "the slot's release")


def _status(call: Callable[[], Any]) -> int:
    try:
        call()
    except ClientError as error:
        return error.status or 0
    return 202


@pytest.fixture
def wordless(tmp_path: Path) -> Path:
    """The first sung line of the demo song, without its tags and so without known words: its lyrics must fail."""
    with DEMO_SONG.with_name("words.csv").open() as words:
        first = float(next(csv.DictReader(words))["start"])
    song, rate = soundfile.read(DEMO_SONG, always_2d=True)
    path = tmp_path / "wordless.wav"
    soundfile.write(path, song[int((first - 1) * rate) : int((first + 5) * rate)], rate, subtype="PCM_16")
    return path


def test_failed_lyrics_are_retried_without_touching_the_stems(
    visitor: Callable[[str], Visitor], admin: Callable[[str], Any], wordless: Path
) -> None:
    person = visitor("poet")
    song_id = upload(person, wordless, "audio/wav")
    first = until(is_(person, song_id, status="COMPLETED"), "completion")
    assert first["lyricsStatus"] == "FAILED"
    assert first["lyricsReason"]
    bucket, key = person.session.outputs["OutputBucketName"], f"{song_id}/drums.wav"
    found = admin("s3").list_objects_v2(Bucket=bucket)["Contents"]
    before = next(o for o in found if o["Key"].endswith(key))["LastModified"]

    again = person.library._call("POST", f"/songs/{song_id}/retry")
    assert (again["status"], again["lyricsStatus"], again["attempt"]) == ("COMPLETED", "QUEUED", 2)
    assert "stems" not in again
    assert "stems" in person.library.get(song_id)  # the song can still be played
    last = until(is_(person, song_id, lyricsStatus="FAILED", attempt=2), "the second try")
    assert (last["status"], last["completedAt"]) == ("COMPLETED", first["completedAt"])
    found = admin("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert next(o for o in found if o["Key"].endswith(key))["LastModified"] == before


def test_an_account_is_handed_over_whole_and_leaves_nothing(
    visitor: Callable[[str], Visitor], admin: Callable[[str], Any], wordless: Path
) -> None:
    person = visitor("leaver")
    finished = upload(person, wordless, "audio/wav")
    until(is_(person, finished, status="COMPLETED"), "completion")
    running = upload(person, DEMO_SONG, "audio/mpeg")
    until(is_(person, running, status="PROCESSING"), "the start")

    page = person.library._call("GET", "/account/export")
    assert {entry["song"]["songId"] for entry in page["data"]} == {finished, running}
    files = next(entry["files"] for entry in page["data"] if entry["song"]["songId"] == finished)
    assert {"drums.wav", "vocals.mp3", "lyrics.json", "manifest.json", "peaks.json"} <= set(files)
    assert person.transport.send("GET", files["manifest.json"], headers={}).status == 200
    user_id = page["account"]["userId"]

    assert person.library._call("DELETE", "/account") == {"deleted": True}

    outputs = person.session.outputs
    until(lambda: slots(admin, outputs) == 0, "the slot's release")
    keys = [
        found["Key"]
        for bucket in (outputs["UploadsBucketName"], outputs["OutputBucketName"])
        for found in admin("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    ]
    assert not [key for key in keys if user_id in key]
    rows = admin("dynamodb").scan(TableName=outputs["SongsTableName"])["Items"]
    assert {row["userId"]["S"] for row in rows if user_id in str(row)} == {"#deleted"}
    names = admin("cognito-idp").list_users(UserPoolId=outputs["UserPoolId"])["Users"]
    assert user_id not in {user["Username"] for user in names}
