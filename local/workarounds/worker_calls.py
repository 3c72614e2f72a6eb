"""Symptom: a Lambda invocation that logs nothing takes 50 ms too long, and each one costs two threads.

ministack starts a thread for the worker's answer, has a second one read the worker's log, and then asks that one every
millisecond whether a line has come. A worker writes its log before its answer, so here the invoking thread waits for
both pipes at once and takes what is in the log's pipe when the answer is there. The threads that re-entrant calls run
on are used again instead of being started for each call.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from local import upstream
from local.workarounds import Context

_CHUNK_BYTES = 65_536
# Many short-lived threads share the interpreter with the server's: 5 ms, Python's default, is a whole request.
_SWITCH_INTERVAL_S = 0.0005
_IDLE_THREAD_S = 30.0


def check() -> None:
    runtime = upstream.module("core.lambda_runtime")
    names = ("_spawn", "_read_stderr", "_drain_stderr", "_drain_stderr_bounded", "invoke")
    upstream.need(runtime.Worker, *names, by=__name__)
    upstream.need(runtime, "_signal", "_collect", "_REAP_GRACE", by=__name__)
    concurrency = upstream.module("core.concurrency")
    upstream.need(concurrency, "run_reentrant", "threading", by=__name__)


def apply(_: Context) -> None:
    runtime = upstream.module("core.lambda_runtime")
    runtime.Worker._read_stderr = lambda _worker: None
    runtime.Worker.invoke = _invoke_with(runtime)
    upstream.module("core.concurrency").threading = ReusedThreads()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)


def _invoke_with(runtime: Any) -> Callable[..., Any]:
    def stop(worker: Any) -> None:
        process, worker._proc = worker._proc, None
        runtime._signal(process)
        runtime._collect(process, time.monotonic() + runtime._REAP_GRACE)

    def invoke(
        worker: Any,
        event: Any,
        request_id: str,
        *,
        trace_id: str | None = None,
        depth: Any = None,
        durable: dict[str, Any] | None = None,
        invoked_function_arn: str | None = None,
    ) -> dict[str, Any]:
        """Run one invocation on this worker; the arguments and the result are ministack's."""
        with worker._lock:
            is_cold = worker._proc is None or worker._proc.poll() is not None
            if is_cold:
                worker._spawn()
                worker._cold = False
            timeout = worker.config.get("Timeout", 30)
            arn = (
                worker.config.get("FunctionArn", "") if invoked_function_arn is None else invoked_function_arn
            )
            context = {
                "request_id": request_id,
                "invoked_function_arn": arn,
                "timeout_ms": int(float(timeout) * 1000),
                "trace_id": trace_id,
                "depth": depth,
                "durable": durable or {},
            }
            exchange = Exchange(worker._proc)
            answer = exchange.ask(json.dumps({"event": event, "ctx": context}).encode() + b"\n", timeout)
            if answer is None:
                answer = {"status": "error", "error": f"Task timed out after {timeout}.00 seconds"}
            if answer.get("status") == "error":
                stop(worker)
            answer["cold_start"] = is_cold
            answer["log"] = exchange.log()
            return answer

    return invoke


class Exchange:
    """One event to a worker's process, its answer, and what it logged."""

    def __init__(self, process: Any) -> None:
        self._process = process
        self._answers, self._errors = process.stdout.fileno(), process.stderr.fileno()
        self._log = bytearray()
        self._is_log_open = True

    def ask(self, line: bytes, timeout_s: float) -> dict[str, Any] | None:
        """Send the event and wait for the answer; None when the time is over."""
        deadline = time.monotonic() + timeout_s
        # A worker that is stuck does not read either, and a big event is more than a pipe holds.
        writer = self._process.stdin.fileno()
        os.set_blocking(writer, False)
        rest, received = memoryview(line), bytearray()
        poller = select.poll()
        poller.register(writer, select.POLLOUT)
        for pipe in (self._answers, self._errors):
            poller.register(pipe, select.POLLIN)
        while (left := deadline - time.monotonic()) > 0:
            for pipe, _ in poller.poll(left * 1000):
                if pipe == writer:
                    rest = _send(writer, rest)
                    if not rest:
                        poller.unregister(writer)
                elif pipe == self._errors:
                    if not self._read_log():
                        poller.unregister(self._errors)
                else:
                    chunk = os.read(self._answers, _CHUNK_BYTES)
                    if not chunk:
                        return {"status": "error", "error": "Worker process died"}
                    received += chunk
                    if (answer := _answer_in(received)) is not None:
                        return answer
        return None

    def log(self) -> str:
        """What the process has logged until now."""
        while self._is_log_open and select.select([self._errors], [], [], 0)[0]:
            self._read_log()
        return self._log.decode(errors="replace").rstrip("\n")

    def _read_log(self) -> bool:
        chunk = os.read(self._errors, _CHUNK_BYTES)
        self._log += chunk
        self._is_log_open = bool(chunk)
        return self._is_log_open


def _send(pipe: int, rest: memoryview) -> memoryview:
    try:
        return rest[os.write(pipe, rest) :]
    except BlockingIOError:
        return rest
    except BrokenPipeError:
        # The answers' pipe has ended too, and says so.
        return rest[:0]


def _answer_in(received: bytearray) -> dict[str, Any] | None:
    """The first whole line that is an answer; what a module printed before it is passed over."""
    while (end := received.find(b"\n")) >= 0:
        line = bytes(received[:end]).strip()
        del received[: end + 1]
        if line.startswith(b"{"):
            with contextlib.suppress(ValueError):
                answer = json.loads(line)
                if answer.get("status") in ("ok", "error"):
                    return dict(answer)
    return None


class ReusedThreads:
    """Replaces the `threading` module in ministack's concurrency: a thread that has done its call takes the next."""

    def __init__(self) -> None:
        self._idle: list[queue.SimpleQueue[Callable[[], Any]]] = []
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(threading, name)

    def Thread(self, *, target: Callable[[], Any], **options: Any) -> Any:  # noqa: N802 - threading's name
        is_call = target.__qualname__.startswith("run_reentrant.")  # the others are waited for
        return _Started(self, target, options) if is_call else threading.Thread(target=target, **options)

    def run(self, target: Callable[[], Any], options: dict[str, Any]) -> None:
        """Run it on an idle thread, or on a new one: a call never waits for another to end."""
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
        if inbox is not None:
            inbox.put(target)
        else:
            threading.Thread(target=self._serve, args=(target,), **options).start()

    def _serve(self, target: Callable[[], Any]) -> None:
        inbox: queue.SimpleQueue[Callable[[], Any]] = queue.SimpleQueue()
        while True:
            target()
            with self._lock:
                self._idle.append(inbox)
            try:
                target = inbox.get(timeout=_IDLE_THREAD_S)
            except queue.Empty:
                with self._lock:
                    if inbox in self._idle:
                        self._idle.remove(inbox)
                        return
                target = inbox.get()  # it was given away in this very moment


class _Started:
    """The part of a Thread that is used: `start`."""

    def __init__(self, threads: ReusedThreads, target: Callable[[], Any], options: dict[str, Any]) -> None:
        self._threads, self._target, self._options = threads, target, options

    def start(self) -> None:
        """Begin."""
        self._threads.run(self._target, self._options)
