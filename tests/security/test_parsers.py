"""Every parser of what strangers send, against made-up input: it answers, or refuses with a sentence."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyricsfile import registry
from ml.lyrics.engines import resolve
from ml.separation import Part
from unplugd.edge import s3, sqs, websocket
from unplugd.kernel.errors import AppError, Unauthorized
from unplugd.kernel.ids import is_song_id
from unplugd.processing import progress
from unplugd.processing import rules as processing
from unplugd.songs import rules as songs
from unplugd.uploads import rules as uploads

few = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
texts = st.text(max_size=400)


@few
@given(st.dictionaries(st.sampled_from(["status", "q", "bpm", "key", "length", "limit", "cursor"]), texts))
def test_a_page_query(query: dict[str, str]) -> None:
    try:
        page = songs.page(query, owner="somebody")
    except AppError as refused:
        assert refused.status == 400 and refused.message
    else:
        assert 1 <= page.limit <= 100


@few
@given(texts | st.binary(max_size=200).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_a_cursor(text: str) -> None:
    with pytest.raises(AppError):  # none of these is one we gave out
        songs.decode_cursor(text, owner="somebody", status=None, q=None)


@few
@given(texts)
def test_a_file_name(name: str) -> None:
    safe = uploads.safe_file_name(name)
    assert safe and "/" not in safe and "\\" not in safe and not safe.startswith(".")
    assert len(safe.encode()) <= 130 and safe.isprintable()
    assert 0 < len(uploads.title_from_file_name(name)) <= 200


@few
@given(st.dictionaries(st.sampled_from(["bucket", "object", "version"]), anything, max_size=3) | anything)
def test_an_s3_event(detail: Any) -> None:
    seen: list[s3.NewObject] = []
    s3.handler(seen.append)({"detail": detail}, None)
    assert seen == []


@few
@given(st.lists(st.fixed_dictionaries({"body": texts | anything.map(json.dumps)}), max_size=4))
def test_wake_ups(records: list[dict[str, Any]]) -> None:
    seen: list[list[dict[str, Any]]] = []
    assert sqs.wake_handler(seen.append)({"Records": records}, None) == {"batchItemFailures": []}
    assert all(isinstance(body, dict) for body in seen[0])


@few
@given(texts | anything.map(json.dumps) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_a_frame(body: str) -> None:
    seen: list[websocket.Frame] = []
    event = {"requestContext": {"connectionId": "c"}, "body": body}
    assert websocket.handler(seen.append)(event, None) == {"statusCode": 200}
    assert isinstance(dict(seen[0].message), dict)


@few
@given(anything)
def test_a_progress_report(report: Any) -> None:
    try:
        progress.report(report if isinstance(report, dict) else {})
    except AppError as refused:
        assert refused.message


@few
@given(texts | anything.map(json.dumps), st.text(max_size=20), st.none() | st.dictionaries(texts, anything))
def test_a_failure_cause(cause: str, error: str, said: Any) -> None:
    verdict = processing.failure_cause(stage="RunDemucs", error=error, cause=cause, said=said)
    assert verdict.code and verdict.message


@few
@given(texts | st.just("a.b.c") | st.text(alphabet="abcXYZ_-.", max_size=80))
def test_a_token(text: str) -> None:
    from unplugd.aws.tokens import TokenVerifier

    verifier = TokenVerifier(issuer="i", audience="a", jwks_url="u", fetch=lambda _url: {"keys": [_key()]})
    with pytest.raises(Unauthorized):
        verifier.verify(text)


@few
@given(texts)
def test_an_id_and_a_part(text: str) -> None:
    assert isinstance(is_song_id(text), bool)
    try:
        Part.parse(text)
    except ValueError as refused:
        assert str(refused)


@few
@given(texts | st.text(alphabet="[]:.0123456789->\n WEBVTT<>{}\\N,", max_size=300))
def test_a_lyrics_file(text: str) -> None:
    registry.detect(text)


@given(st.sampled_from(["auto", "align"]))
def test_a_lyrics_model_by_name(name: str) -> None:
    resolve(name)


def _key() -> dict[str, Any]:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from jwt.algorithms import RSAAlgorithm

    global _made  # noqa: PLW0603
    if _made is None:
        public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
        _made = {**RSAAlgorithm.to_jwk(public, as_dict=True), "kid": "k", "alg": "RS256"}
    return _made


_made: dict[str, Any] | None = None
