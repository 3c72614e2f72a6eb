"""Every record of an invocation says which request it belongs to, and whether the worker was cold."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from logging import StreamHandler
from types import SimpleNamespace
from typing import Any, TextIO, cast

import pytest

from unplugd.edge import http, s3, sqs, task, websocket
from unplugd.kernel import log


def _work(*_: Any) -> Any:
    log.logger().info("at work")
    return http.ok({})


EDGES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "http": (http.handler(_work), {"requestContext": {"authorizer": {"claims": {"sub": "me"}}}}),
    "s3": (s3.handler(_work), {"detail": {"bucket": {"name": "b"}, "object": {"key": "k", "size": 1}}}),
    "sqs": (sqs.wake_handler(_work), {"Records": []}),
    "task": (task.handler(_work), {"songId": "x"}),
    "websocket": (websocket.handler(_work), {"requestContext": {"connectionId": "c"}}),
}


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """What the logger of a fresh worker writes."""
    log.logger.cache_clear()
    log.cold_starts.cache_clear()
    handler = cast(StreamHandler[TextIO], log.logger().handlers[0])
    text = io.StringIO()
    # Not by setStream, which flushes the stream before: that may be an earlier test's, and closed.
    handler.stream, before = text, handler.stream
    yield text
    handler.stream = before


@pytest.mark.parametrize("name", EDGES)
def test_records_carry_the_request_and_the_cold_start(
    name: str, output: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORS_ORIGIN", "https://studio.example")
    handle, event = EDGES[name]
    for request in ("first", "second"):
        handle(event, SimpleNamespace(aws_request_id=request))
    records = [json.loads(line) for line in output.getvalue().splitlines()]
    seen = [(record["function_request_id"], record["cold_start"]) for record in records]
    assert sorted(set(seen)) == [("first", True), ("second", False)]
