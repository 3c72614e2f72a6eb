"""No handler logs the name of a file, or the title and artist of a song: they say what a person listens to."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, ROOT, SONG, Cloud, event
from unplugd.domain.files import upload_key
from unplugd.domain.song import Status
from unplugd.kernel.log import logger

NAME = "Quetzalcoatl"
KEY = upload_key(OWNER, SONG, f"{NAME}.mp3")
HANDLERS = sorted(
    (path.parts[-3], path.stem) for path in Path(ROOT, "functions/unplugd").glob("*/handlers/[!_]*.py")
)
TASK = {"Overrides": {"ContainerOverrides": [{"Environment": [{"Name": "UPLOAD_KEY", "Value": KEY}]}]}}
BODIES = {
    "create_upload": {"filename": f"{NAME}.mp3", "contentType": "audio/mpeg", "sizeBytes": 1, "title": NAME},
    "update_song": {"title": NAME, "artist": NAME, "language": "not a language"},
    "put_lyrics": {"version": 0, "text": f"[00:01.00]{NAME}"},
}


def trigger(room: str, name: str) -> dict[str, Any]:
    """The recorded event of a function, about a file, a title and a search that have the name."""
    found: dict[str, Any] = json.loads(json.dumps(event(room, name)).replace("song.mp3", f"{NAME}.mp3"))
    if name in BODIES:
        found["body"] = json.dumps(BODIES[name])
    if name == "mark_failed":
        found["cause"] = json.dumps(TASK)
    if name == "list_songs":
        found["queryStringParameters"] = {"q": NAME}
    if name == "validate_upload":
        found["detail"]["object"]["key"] = KEY
    if "key" in found:
        found["key"] = KEY
    return found


@pytest.mark.parametrize("works", [True, False], ids=["works", "bucket-is-gone"])
@pytest.mark.parametrize(("room", "name"), HANDLERS)
def test_no_handler_logs_private_names(
    cloud: Cloud,
    put_song: Any,
    sent: Any,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    room: str,
    name: str,
    works: bool,
) -> None:
    caplog.set_level("INFO")
    fields: dict[str, Any] = {"title": NAME, "artist": NAME, "s3_key": KEY, "attempt": 1}
    if name in ("mark_completed", "mark_failed", "send_progress"):
        fields |= {"status": Status.PROCESSING, "started_at": "2026-01-31T08:15:00.000Z"}
    if name in ("start_processing", "cancel_song"):
        fields |= {"status": Status.QUEUED, "queued_at": "2026-01-31T08:15:00.000Z", "duration_sec": 3.0}
    if name == "retry_song":
        fields |= {"status": Status.FAILED}
    put_song(**fields)
    if works:
        cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=KEY, Body=b"no song")
    else:
        cloud.s3.delete_bucket(Bucket=CHOSEN["UPLOADS_BUCKET"])
    with contextlib.suppress(Exception):
        cloud.call(room, name, trigger(room, name))
    lines = [logger().registered_formatter.format(record) for record in caplog.records]
    assert NAME not in "".join(lines) + "".join(capsys.readouterr())
