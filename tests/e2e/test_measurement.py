"""Measurements through the real stack: what a task wrote, a person's own value, and the way back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from mutagen.flac import FLAC

from tests.e2e.bad_desk import Desk
from tests.e2e.bad_files import flac, tone_wav
from tests.handlers.measurement.conftest import MEASURED

pytestmark = pytest.mark.stack


@pytest.fixture
def desk(visitor: Callable[[str], Any], admin: Callable[[str], Any]) -> Desk:
    person = visitor("measurer")
    return Desk(person.session, person.token, admin)


def test_a_persons_key_wins_and_goes_again(desk: Desk) -> None:
    data = tone_wav(2.0)
    ticket = desk.announce(len(data), "tone.wav", "audio/wav")
    assert desk.put(ticket.url, data, ticket.headers).status == 200
    assert desk.result(ticket.song_id, 200).status == "COMPLETED"
    path = f"/songs/{ticket.song_id}/measurements"

    def call(method: str, measure: str = "", body: Any = None) -> Any:
        answer = desk.call(method, f"{path}{measure}", json.dumps(body).encode() if body else None)
        assert answer.status == 200, answer.body
        return answer.json()

    # As the separation task writes it.
    folder = desk.key_of(ticket).replace("uploads/", "output/").rpartition("/")[0]
    key = f"{folder}/measurements.json"
    desk.s3.put_object(Bucket=desk.output, Key=key, Body=json.dumps(MEASURED).encode())
    assert call("GET")["measures"]["key"]["value"] == MEASURED["key"]

    mine = call("PUT", "/key", {"value": {"tonic": "A", "mode": "minor"}})
    assert mine["measured"]["locked"] == ["mode", "tonic"]
    song = desk.song(ticket.song_id)
    assert (song["musicKey"], song["camelot"]) == ("A minor", "8A")
    listed = desk.call("GET", "/songs").json()["data"]
    assert [one["musicKey"] for one in listed if one["songId"] == ticket.song_id] == ["A minor"]
    exported = desk.call("GET", "/account/export").json()["data"]
    files = next(one["files"] for one in exported if one["song"]["songId"] == ticket.song_id)
    assert [name for name in files if name.startswith("edits/person-1-")]

    assert call("DELETE", "/key")["measured"]["value"] == MEASURED["key"]
    assert desk.song(ticket.song_id)["musicKey"] == "C minor"
    assert desk.call("DELETE", f"/songs/{ticket.song_id}").status == 200
    left = desk.s3.list_objects_v2(Bucket=desk.output, Prefix=folder).get("Contents", [])
    assert left == []


def tagged(path: Path) -> bytes:
    """A song with an album and a recording code in its tags."""
    path.write_bytes(flac(2.0))
    file = FLAC(path)
    file["ALBUM"], file["ISRC"] = "Straße Zwei", "us-rc1-76-07839"
    file.save()
    return path.read_bytes()


def test_a_job_as_a_client_sees_it(
    desk: Desk, visitor: Callable[[str], Any], admin: Callable[[str], Any], tmp_path: Path
) -> None:
    def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = desk.call(method, path, json.dumps(body).encode() if body is not None else None)
        return answer.status, answer.json()

    data = tagged(tmp_path / "song.flac")
    ticket = desk.announce(len(data), "song.flac", "audio/flac")
    assert desk.put(ticket.url, data, ticket.headers).status == 200
    assert desk.result(ticket.song_id, 200).status == "COMPLETED"
    song = desk.song(ticket.song_id)
    assert (song["album"], song["isrc"]) == ("Straße Zwei", "USRC17607839")

    album = {"scope": {"album": "STRASSE zwei"}, "source": "current"}
    status, job = call("POST", "/measurement-jobs", album)
    assert (status, job["source"], job["songs"]) == (202, "current", 1)
    status, again = call("POST", "/measurement-jobs", album)
    assert (status, again["id"], again["songs"], again["estimatedCostUsd"]) == (202, job["id"], 1, 0)
    status, seen = call("GET", f"/jobs/{job['id']}")
    assert (status, seen["songs"], seen["kind"]) == (200, 1, "measurement")

    plays = {"scope": {"isrcs": ["USRC17607839", "GBAYE0000351"]}, "source": "historical"}
    status, job = call("POST", "/measurement-jobs", plays)
    assert (status, job["enqueued"], job["skipped"]) == (202, 2, {"known": 0, "waiting": 0})
    status, again = call("POST", "/measurement-jobs", plays)
    assert (status, again["enqueued"], sum(again["skipped"].values())) == (202, 0, 2)
    one_more = {"scope": {"isrcs": [*plays["scope"]["isrcs"], "USRC17600001"]}, "source": "historical"}  # type: ignore[index]
    assert call("POST", "/measurement-jobs", one_more)[1]["enqueued"] == 1

    other = visitor("no-measurer")
    stranger = Desk(other.session, other.token, admin)
    assert stranger.call("GET", f"/jobs/{job['id']}").status == 404
    assert stranger.call("POST", "/measurement-jobs", json.dumps(album).encode()).status == 400

    rows: list[Any] = []
    page = call("GET", "/account/export")[1]
    while page["nextCursor"]:
        page = call("GET", f"/account/export?cursor={quote(page['nextCursor'])}")[1]
        rows += page["measurements"]
    assert {f"job#{job['id']}", "isrc:GBAYE0000351#historical#1"} <= {row["job"] for row in rows}
