"""GET /songs/download-urls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud import OWNER, SONG, STRANGER, Cloud, event
from unplugd.domain.song import Status


def ask(cloud: Cloud, cursor: str | None = None, owner: str = OWNER) -> tuple[int, Any]:
    trigger = event("songs", "get_download_links")
    trigger["queryStringParameters"] = None if cursor is None else {"cursor": cursor}
    trigger["requestContext"]["authorizer"]["claims"]["sub"] = owner
    answer = cloud.call("songs", "get_download_links", trigger)
    return answer["statusCode"], json.loads(answer["body"])


def test_a_finished_song_has_links_to_its_mix_and_stems(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.COMPLETED, stem_names="drums,vocals", mix_at="2026-01-31T08:16:00.000Z")
    status, page = ask(cloud)
    (one,) = page["data"]
    assert (status, page["nextCursor"], one["songId"]) == (200, None, SONG)
    assert f"/output/{OWNER}/{SONG}/mix.mp3?" in one["mixUrl"]
    assert set(one["stems"]) == {"drums", "vocals"}
    assert f"/output/{OWNER}/{SONG}/drums.wav?" in one["stems"]["drums"]["url"]


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.COMPLETED])
def test_an_unfinished_song_has_its_mix_alone_where_it_exists(
    cloud: Cloud, put_song: Any, status: Status
) -> None:
    put_song(status=status, queued_at="2026-01-31T08:16:00.000Z", mix_at="2026-01-31T08:16:00.000Z")
    (one,) = ask(cloud)[1]["data"]
    assert (bool(one["mixUrl"]), one["stems"]) == (True, {})
    put_song(status=status, queued_at="2026-01-31T08:16:00.000Z")
    (one,) = ask(cloud)[1]["data"]
    assert (one["mixUrl"], one["stems"]) == (None, {})


def test_pages_of_twenty_newest_first(cloud: Cloud, put_song: Any) -> None:
    ids = [f"01J9ZQ4X5V8K2M3N4P5Q6R7S{n:02d}" for n in range(41)]
    for song_id in ids:
        put_song(song_id=song_id, status=Status.COMPLETED)
    seen: list[str] = []
    sizes = []
    cursor = None
    while True:
        _, page = ask(cloud, cursor)
        sizes.append(len(page["data"]))
        seen += [one["songId"] for one in page["data"]]
        if (cursor := page["nextCursor"]) is None:
            break
    assert (sizes, seen) == ([20, 20, 1], ids[::-1])


def test_only_ones_own_songs_and_cursors(cloud: Cloud, put_song: Any) -> None:
    for n in range(21):
        put_song(song_id=f"01J9ZQ4X5V8K2M3N4P5Q6R7S{n:02d}", status=Status.COMPLETED)
    _, page = ask(cloud)
    assert ask(cloud, owner=STRANGER)[1]["data"] == []
    status, body = ask(cloud, page["nextCursor"], STRANGER)
    assert (status, body["error"]) == (400, "bad_cursor")


@pytest.mark.parametrize("cursor", ["", "x", "../..", "\ud800", "A" * 5000])
def test_a_cursor_that_is_none_is_400(cloud: Cloud, cursor: str) -> None:
    status, body = ask(cloud, cursor)
    assert (status, body["error"]) == (400, "bad_cursor")
