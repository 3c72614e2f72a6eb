"""Called once an upload was accepted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud, event
from tests.handlers.details.conftest import AT, Accepted
from unplugd.aws.details_table import DetailsTable
from unplugd.aws.objects import Objects
from unplugd.details.handlers import enrich_details
from unplugd.domain.details import Details
from unplugd.domain.files import artwork_key
from unplugd.domain.song import Status

SAID = Details(year=1997, genre="Rock", artwork_width=1400, artwork_height=1400)
PICTURES = sorted(artwork_key(OWNER, SONG, size) for size in (64, 512))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often a file was read. The reader has its own tests."""
    seen: list[str] = []

    def look(_source: Path, work: Path) -> Details:
        seen.append("read")
        for name in ("artwork.webp", "artwork-64.webp"):
            (work / name).write_bytes(name.encode())
        return SAID

    monkeypatch.setattr(enrich_details, "read", look)
    return seen


def enrich(cloud: Cloud) -> None:
    cloud.call("details", "enrich_details", event("details", "enrich_details"))


def kept(cloud: Cloud) -> Details:
    return DetailsTable(cloud.db, CHOSEN["DETAILS_TABLE"]).get(OWNER, SONG)


def test_details_and_picture_are_kept_and_the_row_stays_small(
    cloud: Cloud, accepted: Accepted, read: list[str]
) -> None:
    accepted(seq=1)
    before = cloud.row() or {}
    enrich(cloud)
    row = cloud.row() or {}
    assert row.keys() - before.keys() == {"detailsAt", "artworkAt"}
    assert (row["status"], row["seq"]) == ("QUEUED", 2)
    found = kept(cloud)
    assert (found.year, found.genre, found.read_at) == (1997, "Rock", row["detailsAt"])
    assert cloud.keys("OUTPUT_BUCKET") == PICTURES
    trigger = event("details", "get_details")
    answer = json.loads(cloud.call("details", "get_details", trigger)["body"])
    assert answer["artwork"]["width"] == 1400


def test_a_second_call_changes_nothing(cloud: Cloud, accepted: Accepted, read: list[str]) -> None:
    accepted()
    enrich(cloud)
    row, found = cloud.row(), kept(cloud)
    enrich(cloud)
    assert (len(read), cloud.row(), kept(cloud)) == (1, row, found)


def test_a_file_that_says_nothing_is_noted_as_read(
    cloud: Cloud, accepted: Accepted, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted()
    monkeypatch.setattr(enrich_details, "read", lambda *_: Details())
    enrich(cloud)
    row = cloud.row() or {}
    assert ("detailsAt" in row, "artworkAt" in row, cloud.keys("OUTPUT_BUCKET")) == (True, False, [])


@pytest.mark.parametrize(
    "fields", [{"status": Status.PENDING_UPLOAD}, {"status": Status.FAILED, "attempt": 0}, {"details_at": AT}]
)
def test_only_an_accepted_song_is_read_and_only_once(
    cloud: Cloud, accepted: Accepted, read: list[str], fields: dict[str, Any]
) -> None:
    accepted(**fields)
    enrich(cloud)
    assert (read, cloud.keys("OUTPUT_BUCKET")) == ([], [])


def test_nothing_stays_of_a_song_that_is_deleted_meanwhile(
    cloud: Cloud, accepted: Accepted, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted()
    put = Objects.put_file

    def put_late(objects: Objects, key: str, source: Path, *, content_type: str) -> None:
        cloud.db.delete_item(
            TableName=CHOSEN["SONGS_TABLE"], Key={"userId": {"S": OWNER}, "songId": {"S": SONG}}
        )
        put(objects, key, source, content_type=content_type)

    monkeypatch.setattr(Objects, "put_file", put_late)
    enrich(cloud)
    assert (cloud.keys("OUTPUT_BUCKET"), cloud.row(), kept(cloud)) == ([], None, Details())


def test_a_late_call_without_an_original_does_nothing(cloud: Cloud, put_song: Any, read: list[str]) -> None:
    put_song(status=Status.COMPLETED)
    enrich(cloud)
    assert read == []
