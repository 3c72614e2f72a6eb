"""One structured JSON logger for every function (Powertools)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """The function's logger. Service name and level come from the POWERTOOLS_* variables of the template."""
    from aws_lambda_powertools import Logger

    return Logger()


@cache
def cold_starts() -> list[bool]:
    """True until this worker's first invocation has taken it."""
    return [True]


def invocation_logger(context: Any) -> Logger:
    """The logger at the start of an invocation: its records carry the request's id, and whether the worker was cold.

    Args:
        context: what Lambda passes to a handler.
    """
    log = logger()
    is_cold = bool(cold_starts() and cold_starts().pop())
    log.append_keys(function_request_id=getattr(context, "aws_request_id", None), cold_start=is_cold)
    return log
