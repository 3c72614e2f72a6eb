"""A recording through the real stack: links that take one file only, and a take that is what was recorded."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.bad_desk import Desk, s3_sentence
from tests.handlers.capture.conftest import MINUTE, tone, wav
from unplugd.aws.objects import Objects
from unplugd.capture import sound

pytestmark = pytest.mark.stack


@pytest.fixture
def desk(visitor: Callable[[str], Any], admin: Callable[[str], Any]) -> Desk:
    person = visitor("recorder")
    return Desk(person.session, person.token, admin)


def ask(desk: Desk, method: str, path: str, body: Any = None, expected: int = 200) -> Any:
    answer = desk.call(method, f"/sessions{path}", None if body is None else json.dumps(body).encode())
    assert answer.status == expected, answer.body
    return answer.json()


def until(desk: Desk, session: str, seen: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while not seen(shown := ask(desk, "GET", f"/{session}")):
        assert time.monotonic() < deadline, shown
        time.sleep(0.1)
    return dict(shown)


def test_a_take_is_what_was_recorded_to_the_bit(desk: Desk, tmp_path: Path) -> None:
    whole = tone(MINUTE + 4_410, seed=7)
    parts = [whole[: 2 * MINUTE], whole[2 * MINUTE :]]
    new = {"captureMode": "audio_only", "sampleRate": 44_100, "channels": 1, "title": "Take 1"}
    session = ask(desk, "POST", "", new, 201)["sessionId"]
    for index in (1, 0):
        data = wav(parts[index])
        body = {"sizeBytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        link = ask(desk, "POST", f"/{session}/audio?windowIndex={index}", body)
        assert desk.put(link["url"], data, link["headers"]).status == 200
        assert desk.put(link["url"], data, link["headers"]).status == 412
    ask(desk, "POST", f"/{session}/close", {"windows": 2, "frames": MINUTE + 4_410}, 202)
    shown = until(desk, session, lambda one: one["status"] == "READY")
    assert (shown["gaps"], shown["failed"], shown["durationSec"]) == ([], [], 60.1)
    take = desk.put(shown["takeUrl"], b"", {}, "GET")
    (tmp_path / "take.flac").write_bytes(take.body)
    assert sound.flac_sha256(tmp_path / "take.flac", width=2) == hashlib.sha256(whole).hexdigest()
    assert [key for key in desk.uploads_left() if session in key] == []
    assert desk.dead_letters() == {}

    song = ask(desk, "POST", f"/{session}/song", {"title": "My take"}, 202)
    deadline = time.monotonic() + 60
    while (found := desk.song(song["songId"]))["status"] == "PENDING_UPLOAD":
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    assert (found["title"], found["originalFormat"], found["errorCode"]) == ("My take", "flac", None)
    while (
        cancelled := desk.call("POST", f"/songs/{song['songId']}/cancel")
    ).status == 409:  # it just started
        assert time.monotonic() < deadline, cancelled.body
        time.sleep(0.1)
    assert cancelled.status in (200, 202)
    assert desk.call("DELETE", f"/songs/{song['songId']}").status == 200
    ask(desk, "DELETE", f"/{session}")
    ask(desk, "GET", f"/{session}", expected=404)


def test_a_link_takes_nothing_but_what_was_announced(desk: Desk) -> None:
    new = {"sampleRate": 44_100, "channels": 1}
    session = ask(desk, "POST", "", new, 201)["sessionId"]
    data = wav(tone(1000))
    body = {"sizeBytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    link = ask(desk, "POST", f"/{session}/audio?windowIndex=0", body)
    other = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    refused = {
        "shorter": desk.put(link["url"], data[:-1], link["headers"]),
        "longer": desk.put(link["url"], data + b"x", link["headers"]),
        "another type": desk.put(link["url"], data, link["headers"] | {"Content-Type": "text/html"}),
        "without the condition": desk.put(
            link["url"], data, {k: v for k, v in link["headers"].items() if k != "If-None-Match"}
        ),
        "another checksum": desk.put(link["url"], data, link["headers"] | {"x-amz-checksum-sha256": other}),
        "another window": desk.put(link["url"].replace("window_000", "window_001"), data, link["headers"]),
    }
    assert {name: answer.status for name, answer in refused.items()} == dict.fromkeys(refused, 403)
    damaged = desk.put(link["url"], data[:-2] + b"xy", link["headers"])
    assert (damaged.status, s3_sentence(damaged.body)[0]) == (400, "BadDigest")
    assert ask(desk, "GET", f"/{session}")["present"] == []
    assert desk.put(link["url"], data, link["headers"]).status == 200
    until(desk, session, lambda one: one["ingested"] == [0])
    ask(desk, "DELETE", f"/{session}")


def test_an_expired_link_is_refused_and_a_new_one_is_not(desk: Desk) -> None:
    """A link of the application's own adapter, which lasts a second."""
    session = ask(desk, "POST", "", {"sampleRate": 44_100, "channels": 1}, 201)["sessionId"]
    data = wav(tone(1000))
    granted = ask(desk, "POST", f"/{session}/audio?windowIndex=0", {"sizeBytes": len(data)})
    url = Objects(desk.signer, desk.uploads).window_link(
        granted["s3Key"], content_type="audio/wav", size_bytes=len(data), expires_s=1
    )
    signed = datetime.strptime(parse_qs(urlsplit(url).query)["X-Amz-Date"][0], "%Y%m%dT%H%M%S%z")
    while datetime.now(UTC) < signed + timedelta(seconds=2):
        time.sleep(0.1)
    late = desk.put(url, data, granted["headers"])
    assert (late.status, s3_sentence(late.body)[1]) == (403, "Request has expired")
    assert [key for key in desk.uploads_left() if session in key] == []
    assert desk.put(granted["url"], data, granted["headers"]).status == 200
    until(desk, session, lambda one: one["ingested"] == [0])
    ask(desk, "DELETE", f"/{session}")


def test_of_recordings_begun_at_the_same_moment_ten_are_open(desk: Desk) -> None:
    body = b'{"sampleRate": 44100, "channels": 1}'
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: desk.call("POST", "/sessions", body).status, range(20)))
    opened = [one["sessionId"] for one in ask(desk, "GET", "")["data"] if one["status"] == "OPEN"]
    assert (len(opened), answers.count(201)) == (10, 10)
    assert set(answers) <= {201, 429, 503}
    assert (
        desk.call("POST", "/sessions", body).json()["message"]
        == "10 recordings are open. Close or delete one first."
    )
    for one in opened:
        ask(desk, "DELETE", f"/{one}")
