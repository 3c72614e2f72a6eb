"""POST /sessions/{sessionId}/audio: a link for the sound of a window."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud
from tests.handlers.capture.conftest import Studio
from unplugd.aws.session_table import SessionTable
from unplugd.capture import rules
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


def test_another_link_for_a_window_reads_one_row_and_signs(studio: Studio, cloud: Cloud) -> None:
    session = studio.open()
    grant(studio, session, 0)
    asked: list[str] = []
    cloud.watchers.append(lambda action, _params: asked.append(action))
    grant(studio, session, 0)
    assert asked == ["dynamodb:GetItem", "s3:PutObject"]  # the second is the link: no call is made


def test_the_first_link_for_a_window_counts_it_in_one_write(studio: Studio, cloud: Cloud) -> None:
    session = studio.open()
    asked: list[str] = []
    cloud.watchers.append(lambda action, _params: asked.append(action))
    grant(studio, session, 0)
    assert asked[:3] == ["dynamodb:GetItem"] * 3
    assert set(asked[3:-1]) <= {"dynamodb:TransactWriteItems", "dynamodb:UpdateItem"}
    assert asked[-1] == "s3:PutObject"


def full(studio: Studio, monkeypatch: pytest.MonkeyPatch, most: int) -> list[str]:
    """Two sessions that were opened first, whose windows then come to the quota; their ids."""
    monkeypatch.setattr(rules, "MAX_WAITING", most)
    sessions = [studio.open(), studio.open()]
    for index in range(most):
        assert grant(studio, sessions[index % 2], index)[0] == 200
    return sessions


def grant(studio: Studio, session: str, index: int, name: str = "grant_audio") -> tuple[int, dict[str, Any]]:
    """Ask for the link of a window."""
    body = {"sizeBytes": SIZE} | ({"frameCount": 1} if name == "grant_frames" else {})
    return studio.ask(name, session, queryStringParameters={"windowIndex": str(index)}, json=body)


def test_sessions_opened_first_hold_no_more_windows(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = full(studio, monkeypatch, 4)
    for session in sessions:
        status, answer = grant(studio, session, 9)
        assert (status, answer["error"]) == (429, "too_many")
        assert answer["message"] == (
            "4 windows of your recordings are not joined yet; 4 may be. Close or delete a recording first."
        )
        assert studio.windows(session, "grantedWindows") != [9]
    # A window that has a link gets another one: its PUT may have failed.
    assert grant(studio, sessions[0], 0)[0] == 200


@pytest.mark.parametrize("how", ["joined", "failed", "deleted"])
def test_windows_that_no_longer_wait_make_room(
    how: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = full(studio, monkeypatch, 4)
    if how == "deleted":
        assert studio.ask("delete_session", first)[0] == 200
    else:
        studio.change(first, status={"S": "READY" if how == "joined" else "FAILED"})
    assert [grant(studio, second, index)[0] for index in (9, 10, 11)] == [200, 200, 429]


def test_pictures_and_sound_of_a_window_count_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_WAITING", 2)
    session = studio.open(captureMode="audio_video")
    order = [(0, "grant_frames"), (0, "grant_audio"), (1, "grant_audio"), (1, "grant_frames")]
    assert [grant(studio, session, index, name)[0] for index, name in order] == [200] * 4
    assert [grant(studio, session, 2, name)[0] for name in ("grant_audio", "grant_frames")] == [429, 429]


def test_windows_that_came_before_the_count_began_count(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MAX_WAITING", 4)
    session = studio.open()
    studio.change(session, completedAudioWindows={"NS": ["0", "1", "2"]})
    assert [grant(studio, session, index)[0] for index in (3, 4)] == [200, 429]


def test_grants_at_the_same_moment_count_each_other(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call reads the list; before the first one writes, five others came through, of another session too."""
    monkeypatch.setattr(rules, "MAX_WAITING", 3)
    sessions = [studio.open(), studio.open()]
    whole, others = SessionTable.waiting, list(range(1, 6))
    answers: list[int] = []

    def slow(self: Any, owner: str) -> Any:
        found = whole(self, owner)
        while others:
            index = others.pop()
            answers.append(grant(studio, sessions[index % 2], index)[0])
        return found

    monkeypatch.setattr(SessionTable, "waiting", slow)
    answers.append(grant(studio, sessions[0], 0)[0])
    assert sorted(answers) == [200] * 3 + [429] * 3
    assert sum(len(studio.windows(one, "grantedWindows")) for one in sessions) == 3


def test_the_same_window_asked_for_twice_at_once_counts_once(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = studio.open()
    whole, answers = SessionTable.grant, []

    def late(self: Any, *args: Any, **how: Any) -> bool:
        monkeypatch.setattr(SessionTable, "grant", whole)
        answers.append(grant(studio, session, 0)[0])
        return whole(self, *args, **how)

    monkeypatch.setattr(SessionTable, "grant", late)
    answers.append(grant(studio, session, 0)[0])
    assert answers == [200, 200]
    assert SessionTable(studio.cloud.db, CHOSEN["SESSIONS_TABLE"]).waiting(OWNER).windows == {session: 1}


def test_the_list_forgets_sessions_that_were_joined(studio: Studio) -> None:
    for _ in range(rules.LOOK_AGAIN + 1):
        session = studio.open()
        grant(studio, session, 0)
        studio.change(session, status={"S": "READY"})
    last = studio.open()
    grant(studio, last, 0)
    assert SessionTable(studio.cloud.db, CHOSEN["SESSIONS_TABLE"]).waiting(OWNER).windows == {last: 1}


@pytest.mark.parametrize(
    "row", [{"windows": {"S": "x"}, "seen": {"S": "y"}}, {"windows": {"M": {"a": {"S": "b"}}}}, {}]
)
def test_a_list_that_cannot_be_read_stops_no_recording(row: dict[str, Any], studio: Studio) -> None:
    key = {"userId": {"S": OWNER}, "sessionId": {"S": "#waiting"}}
    session = studio.open()
    studio.cloud.db.put_item(TableName=CHOSEN["SESSIONS_TABLE"], Item=key | row)
    assert grant(studio, session, 0)[0] == 200
    assert [one["sessionId"] for one in studio.ask("list_sessions")[1]["data"]] == [session]
