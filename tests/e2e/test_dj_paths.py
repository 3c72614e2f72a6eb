"""A DJ client brings its library to the real stack: by links, by import, by name alone, and by a form."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.e2e.bad_desk import Desk
from tests.e2e.bad_files import tone_wav

pytestmark = pytest.mark.stack

SOUND = tone_wav(1.0)


@pytest.fixture
def desk(visitor: Callable[[str], Any], admin: Callable[[str], Any]) -> Desk:
    person = visitor("dj")
    return Desk(person.session, person.token, admin)


def ask(desk: Desk, method: str, path: str, body: Any = None, expected: int = 200) -> Any:
    answer = desk.call(method, path, None if body is None else json.dumps(body).encode())
    assert answer.status == expected, answer.body
    return answer.json()


def file(name: str) -> dict[str, Any]:
    return {"filename": name, "contentType": "audio/wav", "sizeBytes": len(SOUND)}


def send(desk: Desk, link: dict[str, Any]) -> str:
    assert desk.put(link["uploadUrl"], SOUND, link["headers"]).status == 200
    return str(link["songId"])


def test_a_library_is_brought_found_and_taken_again(desk: Desk) -> None:
    links = ask(desk, "POST", "/songs/upload-urls", {"files": [file("Ünïcode 歌 🎵.wav"), {}]}, 207)["data"]
    assert [one["status"] for one in links] == [201, 400]
    by_link = send(desk, links[0])
    row = ask(desk, "GET", f"/songs/{by_link}")
    # The link's path ends with the key of the file.
    key = unquote(urlsplit(links[0]["uploadUrl"]).path).partition(f"/{desk.uploads}/")[2]
    owner = key.split("/")[1]
    inbox = f"uploads/{owner}/inbox/Lied (live).wav"
    desk.s3.put_object(Bucket=desk.uploads, Key=inbox, Body=SOUND)
    files = [
        {"fileName": row["fileName"], "s3Key": key},
        *[{"fileName": "Lied (live).wav", "s3Key": inbox}] * 2,
        {"fileName": "a.wav", "s3Key": "uploads/00000000-0000-4000-8000-000000000000/a.wav"},
    ]
    imported = ask(desk, "POST", "/songs/import", {"files": files}, 207)["data"]
    assert [one["status"] for one in imported] == [200, 201, 200, 404]
    by_import = imported[1]["song"]["songId"]
    assert imported[2]["song"]["songId"] == by_import

    promised = ask(desk, "POST", "/songs/placeholder", {"title": "Later", "fileName": "later.wav"}, 201)
    ask(desk, "POST", f"/songs/{promised['songId']}/upload-url", expected=400)
    by_name = send(desk, ask(desk, "POST", f"/songs/{promised['songId']}/upload-url", file("later.wav")))

    by_form = form(desk, SOUND, 201)["songId"]
    for song_id in (by_link, by_import, by_name, by_form):
        assert desk.result(song_id, 200).status == "COMPLETED"
    assert desk.uploads_left() == []
    assert ask(desk, "GET", f"/songs/{by_name}")["title"] == "Later"

    found = ask(desk, "GET", "/songs/lookup?fileName=LIED%20%28LIVE%29.WAV")["data"]
    assert [song["songId"] for song in found] == [by_import]
    changed = ask(desk, "PATCH", f"/songs/{by_form}", {"album": "A", "year": 1999, "genre": "House"})
    assert (changed["album"], changed["year"], changed["genre"]) == ("A", 1999, "House")
    page = ask(desk, "GET", "/songs/download-urls")
    assert {one["songId"] for one in page["data"]} >= {by_link, by_import, by_name, by_form}
    for one in page["data"]:
        assert desk.put(one["stems"]["drums"]["streamUrl"], b"", {}, "GET").status == 200
    for song_id in (by_link, by_import, by_name, by_form):
        ask(desk, "DELETE", f"/songs/{song_id}")
    ask(desk, "GET", "/songs/lookup?fileName=later.wav", expected=404)


def test_a_form_that_is_too_large_is_told_the_other_way(desk: Desk) -> None:
    assert "/songs/upload-url" in form(desk, bytes(5 * 1024 * 1024), 413)["message"]


def form(desk: Desk, data: bytes, expected: int) -> Any:
    """Send a file as a browser's form would: every byte as it is."""
    head = [
        "--x",
        'Content-Disposition: form-data; name="file"; filename="förm.wav"',
        "Content-Type: audio/wav",
    ]
    body = "\r\n".join([*head, "", ""]).encode() + data + b"\r\n--x--\r\n"
    answer = desk.call("POST", "/songs/upload", body, content_type="multipart/form-data; boundary=x")
    assert answer.status == expected, answer.body
    return answer.json()
