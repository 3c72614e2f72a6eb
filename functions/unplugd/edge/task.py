"""The edge for functions called with a plain payload: by the state machine's states and by the stage tasks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from unplugd.kernel.errors import AppError
from unplugd.kernel.log import invocation_logger


def handler(use: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any], Any], Any]:
    """Make `use` a Lambda handler. What it raises is logged and raised on: its class name is what the ASL matches."""

    @functools.wraps(use)
    def handle(event: dict[str, Any], context: Any) -> Any:
        log = invocation_logger(context)
        log.set_correlation_id(f"{event.get('songId')}-{event.get('attempt', '')}")
        try:
            return use(event)
        except AppError as error:
            log.warning(
                "refused", extra={"code": error.code, "reason": error.message, "songId": event.get("songId")}
            )
            raise
        except Exception:
            log.exception("unexpected fault", extra={"songId": event.get("songId")})
            raise

    return handle
