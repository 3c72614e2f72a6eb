"""POST /sessions/{sessionId}/audio: a link for the sound of a window."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cloud import OWNER, STRANGER, Cloud
from tests.handlers.capture.conftest import Studio
from unplugd.domain import session as limits

SIZE = 5_292_044


def bound(url: str) -> list[str]:
    """The headers that a link's signature covers."""
    return parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"][0].split(";")


def test_the_link_binds_type_length_and_absence(studio: Studio, logged: list[str]) -> None:
    """Signature version 4 with these headers; the older one would let any length pass."""
    session = studio.open()
    status, link = studio.ask("grant_audio", session, json={"sizeBytes": SIZE})
    assert status == 200
    query = parse_qs(urlsplit(link["url"]).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert bound(link["url"]) == ["content-length", "content-type", "host", "if-none-match"]
    assert query["X-Amz-Expires"] == ["300"]
    assert link["s3Key"] == f"sessions/{OWNER}/{session}/window_000/audio.wav"
    assert (link["windowIndex"], link["expiresIn"]) == (0, 300)
    assert link["headers"] == {"Content-Type": "audio/wav", "If-None-Match": "*"}
    assert "audio_url_granted" in logged


def test_a_checksum_is_bound_too(studio: Studio) -> None:
    body = {"sizeBytes": SIZE, "sha256": "ab" * 32}
    _, link = studio.ask("grant_audio", studio.open(), json=body)
    assert "x-amz-checksum-sha256" in bound(link["url"])
    assert link["headers"]["x-amz-checksum-sha256"] == "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="


@pytest.mark.parametrize("index", [None, "", "-1", "600", "1_0", "+7", " 7 ", "٣", "1.0", "1000", "NaN"])
def test_a_wrong_index_is_refused_before_the_table_is_read(index: str | None, studio: Studio) -> None:
    read: list[str] = []
    studio.cloud.watchers.append(lambda action, _params: read.append(action))
    status, answer = studio.ask(
        "grant_audio",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        queryStringParameters=None if index is None else {"windowIndex": index},
        json={"sizeBytes": SIZE},
    )
    assert (status, read) == (400, [])
    assert "windowIndex" in answer["message"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        '"text"',
        "null",
        "{}",
        *(f'{{"sizeBytes": {size}}}' for size in ("true", "1.5", "0", "-1", '"1"')),
    ],
)
def test_a_wrong_body_is_refused_before_the_table_is_read(body: str, studio: Studio) -> None:
    read: list[str] = []
    studio.cloud.watchers.append(lambda action, _params: read.append(action))
    assert studio.ask("grant_audio", "01ARZ3NDEKTSV4RRFFQ69G5FAV", body=body)[0] == 400
    assert read == []


def test_the_session_is_required(studio: Studio) -> None:
    status, answer = studio.ask("grant_audio", pathParameters=None, json={"sizeBytes": SIZE})
    assert (status, answer["message"]) == (400, "sessionId is required")


def test_too_large_a_window_is_refused_with_the_limit(studio: Studio) -> None:
    session = studio.open()
    assert studio.ask("grant_audio", session, json={"sizeBytes": limits.MAX_AUDIO_BYTES})[0] == 200
    status, answer = studio.ask("grant_audio", session, json={"sizeBytes": limits.MAX_AUDIO_BYTES + 1})
    assert status == 400
    assert str(limits.MAX_AUDIO_BYTES) in answer["message"]


@pytest.mark.parametrize("sha256", ["", "AB" * 32, "ab" * 31, 7])
def test_a_wrong_checksum_is_refused(sha256: Any, studio: Studio) -> None:
    assert studio.ask("grant_audio", studio.open(), json={"sizeBytes": SIZE, "sha256": sha256})[0] == 400


def test_unknown_and_foreign_sessions_look_the_same(studio: Studio) -> None:
    body = {"sizeBytes": SIZE}
    foreign = studio.ask("grant_audio", studio.open(), json=body, owner=STRANGER)
    assert foreign == studio.ask("grant_audio", "01ARZ3NDEKTSV4RRFFQ69G5FAV", json=body)
    assert foreign[0] == 404


def test_a_closed_session_takes_the_windows_it_was_closed_with(studio: Studio) -> None:
    session = studio.open()
    studio.ask("close_session", session, json={"windows": 1, "frames": 1000})
    assert studio.ask("grant_audio", session, json={"sizeBytes": SIZE})[0] == 200
    late = studio.ask(
        "grant_audio", session, queryStringParameters={"windowIndex": "1"}, json={"sizeBytes": SIZE}
    )
    assert late[0] == 409
    studio.change(session, status={"S": "JOINING"})
    assert studio.ask("grant_audio", session, json={"sizeBytes": SIZE})[0] == 409


@pytest.mark.parametrize(("channels", "last"), [(1, 179), (2, 359)])
def test_a_session_takes_no_window_beyond_its_three_hours(channels: int, last: int, studio: Studio) -> None:
    """`close_session` refuses such a session, so that it could never be joined."""
    session = studio.open(channels=channels)

    def ask(index: int) -> tuple[int, dict[str, Any]]:
        query = {"windowIndex": str(index)}
        return studio.ask("grant_audio", session, queryStringParameters=query, json={"sizeBytes": SIZE})

    assert ask(last)[0] == 200
    status, answer = ask(last + 1)
    assert status == 409
    assert f"window {last} is its last" in answer["message"]


def test_the_function_reads_one_row_and_signs(studio: Studio, cloud: Cloud) -> None:
    session = studio.open()
    asked: list[str] = []
    cloud.watchers.append(lambda action, _params: asked.append(action))
    studio.ask("grant_audio", session, json={"sizeBytes": SIZE})
    assert asked == ["dynamodb:GetItem", "s3:PutObject"]  # the second is the link: no call is made
