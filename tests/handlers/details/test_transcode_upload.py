"""Called once an upload was accepted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud, event
from tests.handlers.details.conftest import AT, KEY, Accepted, wav
from unplugd.aws.objects import Objects
from unplugd.details.handlers import transcode_upload
from unplugd.domain.files import mix_key
from unplugd.domain.song import Status
from unplugd.kernel.children import ChildFailed
from unplugd.kernel.errors import Transient

MIX = mix_key(OWNER, SONG)
Frames = list[tuple[str, dict[str, Any]]]


@pytest.fixture(autouse=True)
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was encoded. The encoder has its own tests: it is a process, which takes longer than the test."""
    seen: list[bytes] = []

    def encode(source: Path, target: Path) -> None:
        seen.append(source.read_bytes())
        target.write_bytes(b"mp3 of " + source.read_bytes())

    monkeypatch.setattr(transcode_upload, "transcode", encode)
    return seen


def transcode(cloud: Cloud) -> None:
    cloud.call("details", "transcode_upload", event("details", "transcode_upload"))


def body(cloud: Cloud) -> bytes:
    found: bytes = cloud.s3.get_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=MIX)["Body"].read()
    return found


def test_the_mix_is_there_and_its_owner_hears_of_it(cloud: Cloud, accepted: Accepted, sent: Frames) -> None:
    accepted(seq=4)
    cloud.connect("one")
    transcode(cloud)
    assert body(cloud) == b"mp3 of " + wav()
    row = cloud.row() or {}
    assert (row["status"], row["seq"], "mixAt" in row) == ("QUEUED", 5, True)
    [(connection, message)] = sent
    assert (connection, message["type"], message["songId"], message["seq"]) == ("one", "MIX_READY", SONG, 5)
    assert cloud.keys("UPLOADS_BUCKET") == [KEY]


def test_a_call_that_comes_twice_encodes_and_tells_once(
    cloud: Cloud, accepted: Accepted, sent: Frames, encoded: list[bytes]
) -> None:
    accepted()
    cloud.connect("one")
    transcode(cloud)
    transcode(cloud)
    assert (len(encoded), len(sent)) == (1, 1)


def test_one_that_died_before_its_mark_is_made_again(
    cloud: Cloud, accepted: Accepted, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted()
    with monkeypatch.context() as patch:

        def die(*_: Any, **__: Any) -> None:
            raise Transient("killed")

        patch.setattr("unplugd.aws.song_table.SongTable.mark_mix", die)
        with pytest.raises(Transient):
            transcode(cloud)
    assert "mixAt" not in (cloud.row() or {})
    transcode(cloud)
    assert "mixAt" in (cloud.row() or {})
    assert cloud.keys("OUTPUT_BUCKET") == [MIX]


def test_a_mix_that_was_lost_is_made_again(cloud: Cloud, accepted: Accepted) -> None:
    accepted(mix_at=AT)
    transcode(cloud)
    assert cloud.keys("OUTPUT_BUCKET") == [MIX]


@pytest.mark.parametrize("named", [None, "01J9ZQ4X5V8K2M3N4P5Q6R7S9A", ""])
def test_an_object_that_does_not_name_the_song_is_skipped(
    cloud: Cloud, accepted: Accepted, encoded: list[bytes], named: str | None
) -> None:
    accepted(named=named)
    before = cloud.row()
    transcode(cloud)
    assert (encoded, cloud.keys("OUTPUT_BUCKET"), cloud.row()) == ([], [], before)


@pytest.mark.parametrize(
    "fields",
    [{"status": Status.PENDING_UPLOAD}, {"status": Status.FAILED, "attempt": 0}],
    ids=["not checked", "refused"],
)
def test_a_song_that_was_not_accepted_has_no_mix(
    cloud: Cloud, accepted: Accepted, encoded: list[bytes], fields: dict[str, Any]
) -> None:
    accepted(**fields)
    transcode(cloud)
    assert (encoded, cloud.keys("OUTPUT_BUCKET")) == ([], [])


def test_a_late_call_without_an_original_does_nothing(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.COMPLETED, s3_key=KEY)
    before = cloud.row()
    transcode(cloud)
    assert (cloud.keys("OUTPUT_BUCKET"), cloud.row()) == ([], before)


def test_a_deleted_song_gets_no_mix(cloud: Cloud, accepted: Accepted, encoded: list[bytes]) -> None:
    accepted(status=Status.COMPLETED)
    cloud.call("songs", "delete_song", event("songs", "delete_song"))
    transcode(cloud)
    assert (encoded, cloud.keys("OUTPUT_BUCKET"), cloud.row()) == ([], [], None)


def test_the_mix_of_a_song_deleted_meanwhile_is_removed(
    cloud: Cloud, accepted: Accepted, monkeypatch: pytest.MonkeyPatch, sent: Frames
) -> None:
    accepted(status=Status.COMPLETED)
    cloud.connect("one")
    put = Objects.put_file

    def put_late(objects: Objects, key: str, source: Path, *, content_type: str) -> None:
        cloud.db.delete_item(
            TableName=CHOSEN["SONGS_TABLE"], Key={"userId": {"S": OWNER}, "songId": {"S": SONG}}
        )
        put(objects, key, source, content_type=content_type)

    monkeypatch.setattr(Objects, "put_file", put_late)
    transcode(cloud)
    assert (cloud.keys("OUTPUT_BUCKET"), cloud.row(), sent) == ([], None, [])


def test_a_file_that_cannot_be_encoded_costs_nothing(
    cloud: Cloud, accepted: Accepted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ChildFailed("out of time")

    accepted()
    before = cloud.row()
    monkeypatch.setattr(transcode_upload, "transcode", fail)
    transcode(cloud)
    assert (cloud.keys("OUTPUT_BUCKET"), cloud.row()) == ([], before)
