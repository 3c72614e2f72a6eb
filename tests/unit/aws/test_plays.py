"""The outside service of plays: what each of its answers means for the row that asks, from a real server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.plays_server import KEY, Answer, PlaysServer, serving
from unplugd.aws.plays import MAX_BYTES, NO_DATA, PAUSE_S, PlaysService
from unplugd.domain.measure_queue import Again, Final, Outcome, Pause, Values

NOW = datetime(2026, 1, 31, 8, 15, tzinfo=UTC)
SOON = NOW + timedelta(seconds=90)
DATE = "Sat, 31 Jan 2026 08:16:30 GMT"


@pytest.fixture
def server() -> Iterator[PlaysServer]:
    with serving() as started:
        yield started


@pytest.fixture
def ask(server: PlaysServer) -> Any:
    def call(isrc: str = "GBAYE0601498", *platforms: str, key: str = KEY, timeout_s: float = 30.0) -> Outcome:
        service = PlaysService(server.url + "/v1/", lambda: key, lambda: NOW, timeout_s=timeout_s)
        return service.ask(isrc, platforms or ("spotify",))

    return call


def test_values_are_those_that_were_asked_for(server: PlaysServer, ask: Any) -> None:
    server.always(body={"plays": {"spotify": 12, "tape": None, "radio": 3}, "more": 1})
    assert ask("GB/1?", "spotify", "tape") == Values({"plays": {"spotify": 12}})
    assert (server.asked, server.queries) == (["GB/1?"], [{"platforms": ["spotify,tape"]}])


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, {}), (200, {"plays": {}}), (200, {"plays": {"tape": 3}}), (200, b"null"), (204, None)],
)
def test_no_data_is_final(server: PlaysServer, ask: Any, status: int, body: Any) -> None:
    server.always(status, body)
    assert ask() == Final(NO_DATA)


@pytest.mark.parametrize("status", [400, 404, 405, 409, 410, 418, 422, 451])
def test_a_refused_question_is_final_with_its_reason(server: PlaysServer, ask: Any, status: int) -> None:
    server.always(status, Retry_After="5")
    outcome = ask()
    assert isinstance(outcome, Final) and outcome.pause_until is None
    assert str(status) in outcome.reason or status == 404


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_final_and_pauses_the_source(server: PlaysServer, ask: Any, status: int) -> None:
    server.always(status)
    assert ask() == Final(f"The source refuses our key ({status}).", NOW + timedelta(hours=1))


def test_a_wrong_key_is_refused_and_said_nowhere(server: PlaysServer, ask: Any) -> None:
    outcome = ask(key="a-wrong-secret")
    assert isinstance(outcome, Final) and "a-wrong-secret" not in repr(outcome)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 599])
def test_a_fault_of_the_source_is_tried_again(server: PlaysServer, ask: Any, status: int) -> None:
    server.always(status)
    assert ask() == Again(f"The source answered {status}.", None)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("90", 90.0),
        ("0", 0.0),
        (DATE, 90.0),
        ("Sat, 31 Jan 2026 08:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
    ],
)
def test_a_fault_can_say_when_to_come_back(
    server: PlaysServer, ask: Any, said: str, seconds: float | None
) -> None:
    server.always(503, Retry_After=said)
    assert ask() == Again("The source answered 503.", seconds)


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("90", SOON),
        (DATE, SOON),
        (None, NOW + timedelta(seconds=PAUSE_S)),
        ("9" * 40, NOW + timedelta(days=1)),
    ],
)
def test_too_many_questions_pause_the_source(
    server: PlaysServer, ask: Any, said: str | None, until: datetime
) -> None:
    server.always(429, **({"Retry_After": said} if said else {}))
    assert ask() == Pause(until)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"\xff\xfe",
        b"[" * 60_000,
        b"[1]",
        b'"plays"',
        b'{"plays": [1]}',
        b'{"plays": {"spotify": "12"}}',
        b'{"plays": {"spotify": -1}}',
        b'{"plays": {"spotify": true}}',
        b'{"plays": {"spotify": NaN}}',
        b'{"plays": {"spotify": Infinity}}',
    ],
)
def test_an_answer_that_is_not_as_agreed_is_a_fault(server: PlaysServer, ask: Any, body: bytes) -> None:
    server.always(200, body)
    assert isinstance(ask(), Again)


def test_an_answer_that_is_too_large_is_not_read_to_its_end(server: PlaysServer, ask: Any) -> None:
    server.always(200, b" " * (MAX_BYTES * 40))
    assert ask() == Again(f"The source's answer is larger than {MAX_BYTES} bytes.")


def test_a_source_that_never_answers_is_left(server: PlaysServer, ask: Any) -> None:
    server.answer = lambda _isrc: Answer(hangs=True)
    assert ask(timeout_s=0.2) == Again("The source did not answer in time.")


def test_a_source_that_drips_is_left_too(server: PlaysServer, ask: Any) -> None:
    """Each byte comes in time; the whole does not."""
    server.answer = lambda _isrc: Answer(drips=True)
    assert ask(timeout_s=0.2) == Again("The source did not answer in time.")


def test_a_source_that_is_not_there_is_a_fault() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        service = PlaysService(f"http://127.0.0.1:{taken.getsockname()[1]}", lambda: KEY, lambda: NOW)
        assert service.ask("GBAYE0601498", ("spotify",)) == Again("The source cannot be reached.")


def test_a_redirect_is_not_followed(server: PlaysServer, ask: Any) -> None:
    """It could lead to a host that must not see the key."""
    server.always(302, Location="/elsewhere")
    assert ask() == Again("The source answered 302.", None)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "url", ["http://plays.example", "file:///etc/passwd", "ftp://plays.example", "plays"]
)
def test_the_key_goes_over_tls_only(url: str) -> None:
    with pytest.raises(ValueError, match="TLS"):
        PlaysService(url, lambda: KEY, lambda: NOW)
