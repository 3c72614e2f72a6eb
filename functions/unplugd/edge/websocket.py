"""The WebSocket edge: a frame or a (dis)connect event in, a status out. The token in the query is never logged."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from unplugd.kernel.errors import AppError
from unplugd.kernel.log import invocation_logger


@dataclass(frozen=True)
class Frame:
    """One event of one connection. `query` is set on $connect only, `message` on frames that hold a JSON object."""

    connection_id: str
    query: Mapping[str, str] = field(repr=False)
    message: Mapping[str, Any] = field(repr=False)


def handler(use: Callable[[Frame], None]) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Make `use` a Lambda handler behind the WebSocket API; a refusal becomes the status of the handshake."""

    @functools.wraps(use)
    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        log = invocation_logger(context)
        request = event.get("requestContext") or {}
        log.set_correlation_id(request.get("connectionId"))
        try:
            use(
                Frame(
                    request["connectionId"],
                    event.get("queryStringParameters") or {},
                    _message(event.get("body")),
                )
            )
        except AppError as error:
            log.info("refused", extra={"code": error.code, "status": error.status, "reason": error.message})
            return {"statusCode": error.status}
        except Exception:
            log.exception("unexpected fault")
            return {"statusCode": 500}
        return {"statusCode": 200}

    return handle


def _message(body: str | None) -> Mapping[str, Any]:
    try:
        message = json.loads(body or "{}")
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
