"""Symptom: a full disk is answered with "[Errno 28] No space left on device: '/tmp/…'", and 500 or 502.

And S3 answers 200 for an object that it could not write, which is gone at the next start. Each service's answer, and
that of a function whose worker cannot be started, becomes 507 with a sentence. The AWS libraries do not repeat a call
for it. (`local.gate` refuses most of what needs space before it comes to this.)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from local import upstream
from local.disk import SENTENCE, is_full
from local.workarounds import Context

_STATUS = 507
_TYPE = "DiskFull"
_XML = f"<Error><Code>{_TYPE}</Code><Message>{SENTENCE}</Message></Error>".encode()
_JSON = json.dumps({"__type": _TYPE, "message": SENTENCE}).encode()


def check() -> None:
    upstream.need(upstream.module("app"), "SERVICE_HANDLERS", by=__name__)
    runtime = upstream.module("core.lambda_runtime")
    upstream.need(runtime.Worker, "_spawn", by=__name__)
    s3 = upstream.service("s3")
    upstream.need(s3, "_atomic_write", "_persist_object", by=__name__)
    service = upstream.service("lambda_svc")
    upstream.need_parameters(service._execute_function_warm, "func", "event", "request_id", by=__name__)


def apply(_: Context) -> None:
    handlers = upstream.module("app").SERVICE_HANDLERS
    for name, handler in list(handlers.items()):
        handlers[name] = _answering(handler, name)
    _spawn_with_sentence(upstream.module("core.lambda_runtime").Worker)
    _persist_or_fail(upstream.service("s3"))
    service = upstream.service("lambda_svc")
    execute = service._execute_function_warm

    def execute_or_refuse(func: Any, event: Any, request_id: str) -> Any:
        result = execute(func, event, request_id)
        body = result.get("body")
        if result.get("error") and isinstance(body, dict) and body.get("errorType") == _TYPE:
            result["body"] = {**body, **_api_answer(event)}
        return result

    service._execute_function_warm = execute_or_refuse


class DiskFull(Exception):
    """A worker could not be written to the disk."""


def _spawn_with_sentence(worker: Any) -> None:
    spawn = worker._spawn

    def spawn_or_say_why(self: Any) -> None:
        try:
            spawn(self)
        except OSError as error:
            if is_full(error):
                raise DiskFull(SENTENCE) from error
            raise

    worker._spawn = spawn_or_say_why


def _persist_or_fail(s3: Any) -> None:
    write, persist = s3._atomic_write, s3._persist_object
    failure: ContextVar[OSError | None] = ContextVar("failure", default=None)

    def write_and_note(*args: Any, **kwargs: Any) -> None:
        try:
            write(*args, **kwargs)
        except OSError as error:
            failure.set(error)
            raise

    def persist_and_check(*args: Any, **kwargs: Any) -> None:
        failure.set(None)
        persist(*args, **kwargs)
        error = failure.get()
        if error is not None and is_full(error):
            raise error

    s3._atomic_write, s3._persist_object = write_and_note, persist_and_check


def _answering(handler: Any, service: str) -> Any:
    async def handle(*args: Any, **kwargs: Any) -> Any:
        try:
            return await handler(*args, **kwargs)
        except OSError as error:
            if not is_full(error):
                raise
        if service == "s3":
            return _STATUS, {"Content-Type": "application/xml"}, _XML
        return _STATUS, {"Content-Type": "application/json"}, _JSON

    return handle


def _api_answer(event: Any) -> Mapping[str, Any]:
    """What API Gateway sends when a function ends so; the page may read it from its own origin."""
    asked = (event.get("headers") or {}) if isinstance(event, dict) else {}
    origin = next((value for name, value in asked.items() if name.lower() == "origin"), None)
    headers = {
        "Content-Type": "application/json",
        **({"Access-Control-Allow-Origin": origin} if origin else {}),
    }
    return {
        "statusCode": _STATUS,
        "headers": headers,
        "body": json.dumps({"error": "DISK_FULL", "message": SENTENCE}),
    }
