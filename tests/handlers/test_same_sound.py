"""A file whose sound its owner has already."""

import functools
from pathlib import Path
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud
from tests.handlers.uploads.test_validate_upload import arrive, looked_at_once, wav
from unplugd.aws import song_table
from unplugd.domain.song import Status
from unplugd.uploads.probe import look

__all__ = ["looked_at_once"]
OTHER = "01J9ZQ4X5V8K2M3N4P5Q6R7S00"
NEWER = "01J9ZQ4X5V8K2M3N4P5Q6R7S01"


@functools.cache
def sound() -> str:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "song"
        path.write_bytes(wav(2.0))
        return str(look(path)["sound_sha256"])


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.PROCESSING, Status.QUEUED])
def test_the_song_that_was_there_is_named(cloud: Cloud, put_song: Any, status: Status) -> None:
    put_song(
        song_id=OTHER, status=status, sound_sha256=sound(), queued_at="2026-01-31T08:15:00.000Z", attempt=1
    )
    put_song()
    arrive(cloud, wav(2.0), times=2)
    row = cloud.row() or {}
    assert (row["status"], row["sameAs"], row["soundSha256"]) == ("QUEUED", OTHER, sound())


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED, Status.PENDING_UPLOAD])
def test_a_song_that_is_not_to_be_had_is_not_named(cloud: Cloud, put_song: Any, status: Status) -> None:
    put_song(song_id=OTHER, status=status, sound_sha256=sound())
    put_song()
    arrive(cloud, wav(2.0))
    assert "sameAs" not in (cloud.row() or {})


def test_other_sound_and_other_peoples_songs_are_not_named(cloud: Cloud, put_song: Any) -> None:
    put_song(user_id=STRANGER, song_id=OTHER, status=Status.COMPLETED, sound_sha256=sound())
    put_song(song_id=NEWER, status=Status.COMPLETED, sound_sha256="0" * 64)
    put_song()
    arrive(cloud, wav(2.0))
    row = cloud.row() or {}
    assert (row["status"], row.get("sameAs")) == ("QUEUED", None)


def test_of_several_the_newest_is_named(cloud: Cloud, put_song: Any) -> None:
    for song_id in (OTHER, NEWER):
        put_song(song_id=song_id, status=Status.COMPLETED, sound_sha256=sound())
    put_song()
    arrive(cloud, wav(2.0))
    assert (cloud.row() or {})["sameAs"] == NEWER


def test_a_song_is_not_the_same_as_itself(cloud: Cloud, put_song: Any) -> None:
    song = put_song(status=Status.QUEUED, queued_at="2026-01-31T08:15:00.000Z", sound_sha256=sound())
    table = song_table.SongTable(cloud.db, CHOSEN["SONGS_TABLE"])
    assert table.same_sound(OWNER, sound(), but=song.song_id) is None
    assert table.same_sound(OWNER, sound(), but=OTHER) == song.song_id
