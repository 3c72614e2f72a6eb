"""The HTTP edge: what it lets through, what it refuses, and that nothing a caller sends breaks its answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unplugd.edge import http

CLAIMS = {"token_use": "id", "aud": "client", "sub": "somebody"}


@pytest.fixture(autouse=True, scope="module")
def settings() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKEN_AUDIENCE", "client")
        patch.setenv("CORS_ORIGIN", "https://app.example")
        yield


@http.query_handler("q")
def echo(request: http.Request) -> http.Response:
    return http.ok({"q": request.query.get("q")})


@http.handler
def read(request: http.Request) -> http.Response:
    fields = request.fields()
    title = fields.text("title", max_length=10)
    fields.done()
    return http.ok({"title": title})


def call(handle: Any, *, claims: Any = CLAIMS, **event: Any) -> tuple[int, Any]:
    answer = handle({"requestContext": {"authorizer": {"claims": claims}}, **event}, None)
    answer["body"].encode()  # as the Lambda runtime does
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.parametrize(
    "claims",
    [
        None,
        {},
        CLAIMS | {"token_use": "access"},
        CLAIMS | {"aud": "another client"},
        CLAIMS | {"sub": ""},
        {name: value for name, value in CLAIMS.items() if name != "aud"},
    ],
)
def test_a_caller_without_an_id_token_for_this_app_is_401(claims: Any) -> None:
    assert call(echo, claims=claims)[0] == 401


def test_a_query_parameter_that_a_call_does_not_know_is_refused() -> None:
    assert call(echo, queryStringParameters={"q": "x"}) == (200, {"q": "x"})
    status, body = call(echo, queryStringParameters={"q": "x", "Q": "y"})
    assert (status, body["message"]) == (400, "Q is not a known query parameter")
    assert call(read, queryStringParameters={"q": "x"})[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "NaN",
        '{"title": Infinity}',
        '{"title": "a", "title": "b"}',
        '{"title": {"a": 1, "a": 2}}',
        "[" * 100_000,
        "1" * 5000,
    ],
)
def test_a_body_that_is_no_object_or_repeats_a_key_is_400(body: str | None) -> None:
    status, answer = call(read, body=body)
    assert (status in (400, 413), answer["error"] in ("invalid_json", "too_large")) == (True, True)


@given(name=st.text(st.characters(), min_size=1), value=st.text(st.characters()))
def test_an_error_can_quote_any_input(name: str, value: str) -> None:
    """Half surrogate pairs too: JSON can carry them, no encoder takes them."""
    status, _ = call(read, body=json.dumps({name: value}))
    assert status in (200, 400)
    assert call(echo, queryStringParameters={name: value})[0] in (200, 400)


def test_half_a_surrogate_pair_in_a_field_name() -> None:
    status, body = call(read, body='{"\\ud800": 1}')
    assert (status, body["details"]) == (400, [{"field": "?", "problem": "is not a known field"}])
