"""Symptom: a stopped execution turns from ABORTED into FAILED, and goes on invoking functions.

The state that was running when StopExecution came ends later with an error, which overwrote the status, and its
Retry started the next attempt. Here an ended execution keeps its status and starts nothing more.
"""

from __future__ import annotations

import logging
from typing import Any

from local import upstream
from local.workarounds import Context
from local.workarounds.run_task_sync import ExecutionEnded, is_over


def check() -> None:
    states = upstream.service("stepfunctions")
    upstream.need(states, "_fail_execution", "_invoke_resource", "_run_execution", by=__name__)
    upstream.need_parameters(states._fail_execution, "execution", "error", "cause", by=__name__)
    upstream.need_parameters(states._invoke_resource, "resource", "input_data", by=__name__)


def apply(_: Context) -> None:
    states = upstream.service("stepfunctions")
    fail, invoke = states._fail_execution, states._invoke_resource

    def fail_if_running(execution: Any, error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)

    def invoke_if_running(resource: str, input_data: Any) -> Any:
        if is_over():
            raise ExecutionEnded
        return invoke(resource, input_data)

    states._fail_execution = fail_if_running
    states._invoke_resource = invoke_if_running
    # ministack logs the exception that ends the walk as unexpected; this one is how the walk is meant to end.
    logging.getLogger("states").addFilter(_not_an_end)


def _not_an_end(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], ExecutionEnded))
