"""Symptom: thirty calls at once to a stack that has just started end with 502 instead of an answer.

Each call that finds no free worker starts one, all at once, and what a function loads in its first call counts into
its timeout: thirty starts on two cores take longer than the ten seconds of most functions. Here only as many workers
start at a time as the machine has cores; a call waits for a free worker or for its turn to start one, whichever comes
first; and a worker's first call has Lambda's init time on top of the function's own.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from local import upstream
from local.workarounds import Context

MAX_STARTS = max(2, os.cpu_count() or 1)
# The init phase of AWS Lambda takes at most this long: docs.aws.amazon.com/lambda, "Lambda execution environment".
INIT_S = 10
# A first call that takes longer than this is at its work, not loading: it makes room for the next start.
_LOADING_S = 5.0


def check() -> None:
    runtime = upstream.module("core.lambda_runtime")
    names = ("acquire_worker", "release_worker", "ensure_spawned", "_workers", "_worker_key", "_lock")
    upstream.need(runtime, *names, "Worker", by=__name__)
    upstream.need_parameters(
        runtime.acquire_worker, "func_name", "config", "code_zip", "qualifier", by=__name__
    )
    upstream.need_parameters(runtime.Worker.invoke, "self", "event", "request_id", by=__name__)
    service = upstream.service("lambda_svc")
    upstream.need(service, "acquire_worker", "release_worker", "_invoke_depth", by=__name__)


def apply(_: Context) -> None:
    runtime, service = upstream.module("core.lambda_runtime"), upstream.service("lambda_svc")
    starts = Starts(runtime, lambda: bool(service._invoke_depth.get()))
    for module in (runtime, service):
        module.acquire_worker, module.release_worker = starts.acquire, starts.release
    runtime.Worker.invoke = _with_init_time(runtime.Worker.invoke, runtime.ensure_spawned)


class Starts:
    """Hands out workers, and starts at most MAX_STARTS of them at a time."""

    def __init__(self, runtime: Any, is_nested: Any) -> None:
        self._acquire, self._release = runtime.acquire_worker, runtime.release_worker
        self._runtime = runtime
        self._is_nested = is_nested
        self._changed = threading.Condition()
        self._starting: dict[Any, float] = {}  # worker → when it was handed out

    def acquire(self, func_name: str, config: Any, code_zip: bytes, *args: Any, **kwargs: Any) -> Any:
        """Lease a free worker, or a new one when a start is allowed; wait until one of the two is so.

        A function that another function calls never waits: its caller may hold what it would wait for.
        """
        qualifier = kwargs.get("qualifier") or (args[0] if args else "$LATEST")
        key = self._runtime._worker_key(func_name, config, qualifier)
        with self._changed:
            while not (self._has_free(key) or self._may_start() or self._is_nested()):
                self._changed.wait(0.1)
            worker, reason = self._acquire(func_name, config, code_zip, *args, **kwargs)
            if reason == "spawn":
                self._starting[worker] = time.monotonic()
        return worker, reason

    def release(self, worker: Any) -> None:
        """Return a leased worker; a call that waits may have it."""
        self._release(worker)
        with self._changed:
            self._starting.pop(worker, None)
            self._changed.notify_all()

    def _has_free(self, key: str) -> bool:
        with self._runtime._lock:
            return any(not worker.in_use for worker in self._runtime._workers.get(key, ()))

    def _may_start(self) -> bool:
        oldest = time.monotonic() - _LOADING_S
        self._starting = {worker: began for worker, began in self._starting.items() if began > oldest}
        return len(self._starting) < MAX_STARTS


def _with_init_time(invoke: Any, ensure_spawned: Any) -> Any:
    def invoke_with_init_time(worker: Any, event: Any, request_id: str, **context: Any) -> Any:
        if worker._proc is not None and worker._proc.poll() is None:
            return invoke(worker, event, request_id, **context)
        declared = worker.config
        timeout = declared.get("Timeout", 30)
        ensure_spawned(worker)  # with the declared timeout: the worker's environment holds it
        worker.config = {**declared, "Timeout": timeout + INIT_S}
        try:
            result = invoke(worker, event, request_id, **context)
        finally:
            worker.config = declared
        result["cold_start"] = True
        if str(result.get("error", "")).startswith("Task timed out"):
            result["error"] = f"Task timed out after {timeout}.00 seconds"
        return result

    return invoke_with_init_time
