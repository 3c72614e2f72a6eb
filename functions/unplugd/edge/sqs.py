"""The SQS edge for wake-ups: all messages of a batch mean the same, so the batch is handled once."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from unplugd.kernel import metrics
from unplugd.kernel.log import invocation_logger


def wake_handler(
    use: Callable[[list[dict[str, Any]]], None],
) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Make `use` a Lambda handler that gets the batch's JSON bodies at once.

    A wake-up is always acknowledged, a malformed one too: the rows are the queue, the next wake-up (each minute at the
    latest) sees the same rows, and a failing message must not come back for ever. StarterFaults counts its faults."""

    @functools.wraps(use)
    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        log = invocation_logger(context)
        records = event.get("Records") or []
        log.set_correlation_id(records[0].get("messageId") if records else None)
        try:
            use([_body(record) for record in records])
        except Exception:
            metrics.put(
                "StarterFaults", 1
            )  # an alarm looks at it: nothing else notices a starter that always fails
            log.exception("this wake-up failed; the next one sees the same queue")
        return {"batchItemFailures": []}

    return handle


def _body(record: dict[str, Any]) -> dict[str, Any]:
    try:
        body = json.loads(record.get("body") or "{}")
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
