"""The SQS edge for wake-ups: whatever a batch holds, it means one thing, so it is handled once."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from unplugd.kernel.log import logger


def wake_handler(
    use: Callable[[list[dict[str, Any]]], None],
) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Make `use` a Lambda handler that gets the batch's JSON bodies at once.

    A wake-up is always acknowledged, a malformed one too: the rows are the line, the next wake-up (each minute at the
    latest) sees the same rows, and a failing message must not come back for ever."""

    @functools.wraps(use)
    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        log = logger()
        records = event.get("Records") or []
        log.set_correlation_id(records[0].get("messageId") if records else None)
        try:
            use([_body(record) for record in records])
        except Exception:
            log.exception("this wake-up failed; the next one sees the same line")
        return {"batchItemFailures": []}

    return handle


def _body(record: dict[str, Any]) -> dict[str, Any]:
    try:
        body = json.loads(record.get("body") or "{}")
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
