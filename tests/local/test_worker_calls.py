"""One exchange with a Lambda worker's process, over its three pipes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.workarounds.worker_calls import Exchange, ReusedThreads

EVENT = json.dumps({"event": "x" * 2_000_000}).encode() + b"\n"


@contextmanager
def worker(script: str) -> Iterator[Any]:
    """A process in the place of a worker, started as ministack starts it."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys, json, time\n{script}"], text=True, bufsize=1, **pipes
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_big_event_and_a_big_log_pass_each_other() -> None:
    script = (
        "sys.stderr.write('a' * 300_000 + chr(10))\n"
        "size = len(json.loads(sys.stdin.readline())['event'])\n"
        "print('{not an answer'); print('[]'); print('{\"status\": \"else\"}')\n"
        "sys.stderr.write('the last line' + chr(10)); sys.stderr.flush()\n"
        "print(json.dumps({'status': 'ok', 'result': size}), flush=True); time.sleep(60)"
    )
    with worker(script) as process:
        exchange = Exchange(process)
        assert exchange.ask(EVENT, 30) == {"status": "ok", "result": 2_000_000}
        assert exchange.log() == "a" * 300_000 + "\nthe last line"


def test_a_worker_that_does_not_read_is_given_up() -> None:
    with worker("print('loading', file=sys.stderr, flush=True); time.sleep(60)") as process:
        exchange = Exchange(process)
        assert exchange.ask(EVENT, 1.0) is None
        assert exchange.log() == "loading"


def test_a_worker_that_dies_is_an_error() -> None:
    with worker("sys.stdin.readline(); sys.exit('why it died')") as process:
        exchange = Exchange(process)
        assert exchange.ask(b"{}\n", 30) == {"status": "error", "error": "Worker process died"}
        process.wait()
        assert exchange.log() == "why it died"


def test_a_call_gets_a_thread_at_once_and_leaves_it_to_the_next() -> None:
    threads = ReusedThreads()
    held, done = threading.Event(), threading.Semaphore(0)
    used: list[int] = []

    def call() -> None:
        used.append(threading.get_ident())
        done.release()
        held.wait(20)

    for _ in range(20):  # none waits for another: a call may make the next one
        threads.run(call, {"daemon": True})
    for _ in range(20):
        assert done.acquire(timeout=60)
    assert len(set(used)) == 20
    held.set()
    for _ in range(40):
        threads.run(call, {"daemon": True})
        assert done.acquire(timeout=60)
    assert len(set(used)) < 40
