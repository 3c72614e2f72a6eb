"""Symptom: an ASL Retry or Catch on an error name never matches a Lambda's exception.

Every raised exception was reported with errorType Runtime.HandlerError. The worker's log ends with the traceback,
whose last unindented line starts with the exception's class name: that is the errorType Lambda reports.
"""

from __future__ import annotations

import re
from typing import Any

from local import upstream
from local.workarounds import Context

_RAISED = re.compile(r"([A-Za-z_][\w.]*)(?::|$)")


def check() -> None:
    service = upstream.service("lambda_svc")
    upstream.need(service, "_execute_function_warm", by=__name__)
    upstream.need_parameters(service._execute_function_warm, "func", "event", "request_id", by=__name__)


def apply(_: Context) -> None:
    service = upstream.service("lambda_svc")
    execute = service._execute_function_warm

    def with_error_type(*args: Any, **kwargs: Any) -> Any:
        result = execute(*args, **kwargs)
        body = result.get("body")
        if result.get("error") and isinstance(body, dict) and body.get("errorType") == "Runtime.HandlerError":
            name = raised_class(result.get("log") or "")
            if name:
                body["errorType"] = name
        return result

    service._execute_function_warm = with_error_type


def raised_class(log: str) -> str | None:
    """Find the class name of the exception whose traceback ends the log."""
    _, marker, traceback = log.rpartition("Traceback (most recent call last):\n")
    if not marker:
        return None
    for line in traceback.splitlines():
        # The exception's own line is the first one that is not indented; its message may have more lines.
        match = _RAISED.match(line)
        if match:
            return match.group(1).rsplit(".", 1)[-1]
    return None
