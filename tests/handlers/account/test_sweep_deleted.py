"""The sweeper."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.stage import CHOSEN, OWNER, SONG, STRANGER, Stage, event
from unplugd.songs.model import Status, output_prefix, upload_key


def sweep(stage: Stage) -> int:
    return int(stage.call("account", "sweep_deleted", event("account", "sweep_deleted"))["tombstones"])


def age(stage: Stage, song_id: str) -> None:
    stage.db.update_item(
        TableName=CHOSEN["SONGS_TABLE"],
        Key={"userId": {"S": "#deleted"}, "songId": {"S": song_id}},
        UpdateExpression="SET deletedAt = :t",
        ExpressionAttributeValues={":t": {"S": "2020-01-31T08:00:00.000Z"}},
    )


def write_late(stage: Stage) -> None:
    stage.s3.put_object(
        Bucket=CHOSEN["OUTPUT_BUCKET"], Key=f"{output_prefix(OWNER, SONG)}vocals.wav", Body=b"x"
    )
    stage.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=upload_key(OWNER, SONG, "song.mp3"), Body=b"x")


def test_what_is_written_after_a_delete_is_swept_until_nobody_can_write(stage: Stage, put_song: Any) -> None:
    put_song(status=Status.COMPLETED)
    assert json.loads(stage.call("songs", "delete_song", event("songs", "delete_song"))["body"])["deleted"]
    write_late(stage)
    assert sweep(stage) == 1
    assert stage.keys("OUTPUT_BUCKET") + stage.keys("UPLOADS_BUCKET") == []
    write_late(stage)
    age(stage, SONG)
    assert sweep(stage) == 0
    assert stage.keys("OUTPUT_BUCKET") + stage.keys("UPLOADS_BUCKET") == []
    assert stage.row(owner="#deleted") is None
    assert sweep(stage) == 0


def test_files_a_delete_could_not_remove_are_swept(
    stage: Stage, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unplugd.kernel.errors import Transient

    put_song(status=Status.COMPLETED)
    write_late(stage)

    def down(*_: Any) -> None:
        raise Transient("S3 is down")

    with monkeypatch.context() as patch:
        patch.setattr("unplugd.aws.objects.Objects.empty", down)
        answer = stage.call("songs", "delete_song", event("songs", "delete_song"))
        assert answer["statusCode"] == 200
        age(stage, SONG)
        assert sweep(stage) == 1  # not emptied, so not forgotten, however old
    assert sweep(stage) == 0
    assert stage.keys("OUTPUT_BUCKET") + stage.keys("UPLOADS_BUCKET") == []


def test_an_accounts_tombstone_covers_all_its_songs_and_no_other(
    stage: Stage, library: Callable[[int], list[str]]
) -> None:
    library(3)
    item = {
        "userId": {"S": "#deleted"},
        "songId": {"S": f"account#{OWNER}"},
        "owner": {"S": OWNER},
        "deletedAt": {"S": "2026-01-31T08:00:00.000Z"},
    }
    stage.db.put_item(TableName=CHOSEN["SONGS_TABLE"], Item=item)
    sweep(stage)
    files = stage.keys("UPLOADS_BUCKET") + stage.keys("OUTPUT_BUCKET")
    assert len(files) == 3
    assert all(STRANGER in key for key in files)
