"""What handler tests share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud
from unplugd.aws.queue_index import WAITS, waits_in
from unplugd.aws.rows import to_row
from unplugd.domain.files import upload_key
from unplugd.domain.song import Song, Status
from unplugd.kernel.errors import NotFound


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with Cloud(monkeypatch).running() as made:
        yield made
        assert (made.refused, made.lost_answers) == ([], [])


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The connections that were hung up. One named `stuck-fast…` cannot be."""
    names: list[str] = []

    def close(_self: Any, connection_id: str) -> None:
        names.append(connection_id)
        if connection_id.startswith("stuck-fast"):
            raise ConnectionError(connection_id)

    monkeypatch.setattr("unplugd.aws.sockets.Sockets.close", close)
    return names


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, closed: list[str]) -> list[tuple[str, dict[str, Any]]]:
    """The frames that were sent, as (connection id, message). The `subject` of each is checked to be its song, and
    left out. A connection named `gone…` is no more, to one named `stuck…` nothing can be sent."""
    frames: list[tuple[str, dict[str, Any]]] = []

    def send(_self: Any, connection_id: str, message: dict[str, Any]) -> None:
        if connection_id.startswith("gone"):
            raise NotFound(connection_id)
        if connection_id.startswith("stuck"):
            raise ConnectionError(connection_id)
        if "songId" in message:
            message = dict(message)
            assert message.pop("subject") == {"kind": "song", "id": message["songId"]}
        frames.append((connection_id, message))

    monkeypatch.setattr("unplugd.aws.sockets.Sockets.send", send)
    return frames


@pytest.fixture
def put_song(cloud: Cloud) -> Any:
    """Store a song; unnamed fields are those of a song that was just announced."""

    def put(**fields: Any) -> Song:
        owner, song_id = fields.get("user_id", OWNER), fields.get("song_id", SONG)
        song = Song(
            user_id=owner,
            song_id=song_id,
            status=Status.PENDING_UPLOAD,
            uploaded_at="2026-01-31T08:15:00.000Z",
            updated_at="2026-01-31T08:15:00.000Z",
            s3_key=upload_key(owner, song_id, "song.mp3"),
        )
        song = replace(song, **fields)
        row = to_row(song)
        if song.waits:
            line = waits_in(song.job.kind) if song.job else WAITS
            row |= {"line": {"S": line}, "lineKey": {"S": f"{song.queued_at}#{song.song_id}"}}
        if song.runs:
            row |= {"line": {"S": "RUNNING"}, "lineKey": {"S": f"{song.started_at}#{song.song_id}"}}
        cloud.db.put_item(TableName=CHOSEN["SONGS_TABLE"], Item=row)
        return song

    return put
