"""Thirty connections that hang: each function that notifies a person wakes the queue first and ends in time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, ROOT, SONG, Cloud, event
from tests.documents import template_of
from tests.handlers.hanging import Hanging
from tests.handlers.processing.starting import wake
from tests.handlers.uploads.test_validate_upload import arrive, wav
from unplugd.domain.files import upload_key
from unplugd.domain.song import LyricsStatus, Status

QUEUED: dict[str, Any] = {"status": Status.QUEUED, "queued_at": "2026-01-31T08:15:00.000Z", "attempt": 1}
RUNNING: dict[str, Any] = {
    "status": Status.PROCESSING,
    "attempt": 1,
    "started_at": "2026-01-31T08:15:00.000Z",
}
READY: dict[str, Any] = {"status": Status.COMPLETED, "attempt": 1, "lyrics_status": LyricsStatus.READY}


@dataclass(frozen=True)
class Notifier:
    """A function, the song it meets, and how it is called. `wakes`: it puts the song in the queue, or frees a slot."""

    name: str
    song: dict[str, Any]
    call: Callable[[Cloud], object]
    wakes: bool = True


def _retry(cloud: Cloud) -> None:
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=upload_key(OWNER, SONG, "song.mp3"), Body=b"x")
    assert cloud.call("songs", "retry_song", event("songs", "retry_song"))["statusCode"] == 202


def _cancel(cloud: Cloud) -> None:
    assert cloud.call("songs", "cancel_song", event("songs", "cancel_song"))["statusCode"] == 202


def _put_lyrics(cloud: Cloud) -> None:
    trigger = event("lyrics", "put_lyrics") | {"body": json.dumps({"version": 0, "text": "la"})}
    assert cloud.call("lyrics", "put_lyrics", trigger)["statusCode"] == 200


def _state(name: str) -> Callable[[Cloud], object]:
    return lambda cloud: cloud.call("processing", name, event("processing", name))


NOTIFIERS = {
    "accept": Notifier("validate_upload", {}, lambda cloud: arrive(cloud, wav(2.0))),
    "refuse": Notifier("validate_upload", {}, lambda cloud: arrive(cloud, b"no song"), wakes=False),
    "retry": Notifier("retry_song", {"status": Status.FAILED, "attempt": 1}, _retry),
    "cancel": Notifier("cancel_song", QUEUED, _cancel),
    "lyrics": Notifier("put_lyrics", READY, _put_lyrics),
    "start": Notifier("start_processing", QUEUED, wake, wakes=False),
    "progress": Notifier(
        "send_progress",
        RUNNING,
        lambda cloud: cloud.call("processing", "send_progress", event("processing", "send_progress")),
        wakes=False,
    ),
    "completed": Notifier("send_notification", READY, _state("send_notification"), wakes=False),
    "failed": Notifier("mark_failed", RUNNING, _state("mark_failed"), wakes=False),
}


def timeout_s(function: str) -> int:
    """The seconds after which the templates end a function."""
    logical = "".join(word.capitalize() for word in function.split("_")) + "Function"
    for path in sorted((ROOT / "templates").glob("*.yaml")):
        template = template_of(path)
        if logical in template["Resources"]:
            own = template["Resources"][logical]["Properties"]
            return int(own.get("Timeout") or template["Globals"]["Function"]["Timeout"])
    raise LookupError(logical)


@pytest.mark.parametrize("notifier", NOTIFIERS.values(), ids=NOTIFIERS)
def test_hung_connections_delay_no_wake_up(
    cloud: Cloud, put_song: Any, monkeypatch: pytest.MonkeyPatch, notifier: Notifier
) -> None:
    put_song(**notifier.song)
    for n in range(30):
        cloud.connect(f"hung-{n}")
    woken: list[int] = []
    hanging = Hanging(monkeypatch, at_send=lambda: woken.append(cloud.wake_ups()))
    notifier.call(cloud)
    assert woken, "no message was sent"
    assert woken[0] == (1 if notifier.wakes else 0)
    assert hanging.took_s <= 0.8 * timeout_s(notifier.name)
