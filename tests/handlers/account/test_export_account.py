"""GET /account/export."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud, event


def ask(cloud: Cloud, cursor: str | None = None) -> tuple[int, Any]:
    trigger = event("account", "export_account")
    trigger["queryStringParameters"] = {"cursor": cursor} if cursor is not None else None
    answer = cloud.call("account", "export_account", trigger)
    return answer["statusCode"], json.loads(answer["body"])


def test_every_song_and_every_file_over_all_pages(cloud: Cloud, library: Callable[[int], list[str]]) -> None:
    ids = library(45)
    songs: list[str] = []
    paths: list[str] = []
    cursor = None
    while True:
        status, page = ask(cloud, cursor)
        assert status == 200
        assert page["account"] == {"userId": OWNER, "email": "singer@example.com"}
        songs += [entry["song"]["songId"] for entry in page["data"]]
        paths += [urlsplit(url).path for entry in page["data"] for url in entry["files"].values()]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert songs == ids[::-1]
    assert len(paths) == 45 * 3
    assert not any(STRANGER in path for path in paths)


def test_an_original_named_like_a_stem_hides_no_file(cloud: Cloud, put_song: Any) -> None:
    song_id = put_song().song_id
    for bucket, key in (
        ("UPLOADS_BUCKET", f"uploads/{OWNER}/{song_id}/drums.wav"),
        ("OUTPUT_BUCKET", f"output/{OWNER}/{song_id}/drums.wav"),
        ("OUTPUT_BUCKET", f"output/{OWNER}/{song_id}/checkpoints/0.bin"),
    ):
        cloud.s3.put_object(Bucket=CHOSEN[bucket], Key=key, Body=b"x")
    files = ask(cloud)[1]["data"][0]["files"]
    assert {name: urlsplit(url).path.split("/")[-4] for name, url in files.items()} == {
        "original/drums.wav": "uploads",
        "drums.wav": "output",
    }


def test_a_cursor_of_ones_own_making_is_400(cloud: Cloud) -> None:
    assert ask(cloud, "../..")[0] == 400


def test_an_empty_library_is_an_empty_export(cloud: Cloud) -> None:
    assert ask(cloud)[1]["data"] == []


def rows_of(cloud: Cloud, owner: str, names: list[str]) -> None:
    """Rows of the measure queue, as a job and a worker leave them."""
    for name in names:
        item: dict[str, Any] = {
            "userId": {"S": owner},
            "job": {"S": name},
            "state": {"S": "done"},
            "rank": {"N": "7"},
            "values": {"S": '{"plays": 12}'},
            "leaseToken": {"S": "of no use to a person"},
        }
        cloud.db.put_item(TableName=CHOSEN["MEASURE_QUEUE_TABLE"], Item=item)


def test_what_was_measured_comes_behind_the_songs(
    cloud: Cloud, library: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = library(25)
    names = sorted(
        [f"{song_id}#historical#1" for song_id in ids] + ["isrc:USRC17607839#historical#1", "job#1"]
    )
    rows_of(cloud, OWNER, names)
    rows_of(cloud, STRANGER, ["isrc:GBAYE0000351#historical#1"])
    monkeypatch.setattr("unplugd.account.service.EXPORT_ROWS", 10)
    songs: list[str] = []
    rows: list[dict[str, Any]] = []
    cursor = None
    while True:
        status, page = ask(cloud, cursor)
        assert status == 200
        songs += [entry["song"]["songId"] for entry in page["data"]]
        rows += page["measurements"]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert songs == ids[::-1]
    assert [row["job"] for row in rows] == names
    assert rows[0] == {"job": names[0], "state": "done", "rank": 7, "values": {"plays": 12}}


def test_a_made_up_cursor_shows_nothing_of_others(cloud: Cloud) -> None:
    rows_of(cloud, STRANGER, ["isrc:GBAYE0000351#historical#1"])
    assert ask(cloud, "measurements:isrc:A")[1]["measurements"] == []
    for cursor in ("measurements:\u0000", "measurements:" + "a" * 300, "measurement", "measurements: "):
        assert (ask(cloud, cursor)[0], ask(cloud, cursor)[1]["error"]) == (400, "bad_cursor")
