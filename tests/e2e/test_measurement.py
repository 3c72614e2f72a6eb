"""Measurements through the real stack: what a task wrote, a person's own value, and the way back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.bad_desk import Desk
from tests.e2e.bad_files import tone_wav
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
