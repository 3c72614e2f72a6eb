"""Symptom: executions that ran when the stack stopped are FAILED after the restart, without an event.

ministack cannot resume them and marks them FAILED with States.ServiceRestart. The status change is published as any
other, so that every consumer of an execution's end (above all the release of its slot) gets it.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from local import upstream
from local.workarounds import Context

_READY_TIMEOUT_S = 30.0


def check() -> None:
    states = upstream.service("stepfunctions")
    upstream.need(states, "_restore_state", "_executions", "_emit_execution_status_event", by=__name__)
    upstream.need(upstream.module("core.responses"), "request_scope", by=__name__)
    upstream.need(upstream.module("app"), "_ready_scripts_state", by=__name__)


def apply(_: Context) -> None:
    states = upstream.service("stepfunctions")
    restore = states._restore_state

    def restore_and_tell(data: Any) -> None:
        stored = (data or {}).get("executions")
        running = [key for key, run in getattr(stored, "_data", {}).items() if run.get("status") == "RUNNING"]
        restore(data)
        if running:
            threading.Thread(target=_tell, args=(states, running), daemon=True, name="restarted").start()

    states._restore_state = restore_and_tell


def _tell(states: Any, keys: list[tuple[str, str, str]]) -> None:
    """Publish the ends once every service is up again."""
    ready = upstream.module("app")._ready_scripts_state
    deadline = time.monotonic() + _READY_TIMEOUT_S
    while ready["status"] != "completed" and time.monotonic() < deadline:
        time.sleep(0.05)
    for account, region, arn in keys:
        with upstream.module("core.responses").request_scope(account, region):
            execution = states._executions.get(arn)
            details = {
                "executionFailedEventDetails": {"error": execution["error"], "cause": execution["cause"]}
            }
            states._add_event(execution, "ExecutionFailed", details)
            states._emit_execution_status_event(execution)
