"""SIGTERM: Spot takes the machine back in 120 s, or a person cancelled the song."""

import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from task.outcomes import STOPPED

GRACE_S = 100.0
"""How long a stage may take to stop of itself (s): less than the 120 s after which it is killed."""


def on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set. Call it first of all: process 1 of a container ignores SIGTERM
    until someone handles it, and loading the engines takes a while."""
    stop = threading.Event()

    def set_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, set_stop)
    signal.signal(signal.SIGINT, set_stop)
    return stop


def watch(
    stop: threading.Event,
    finished: threading.Event,
    work: Path,
    *,
    grace_s: float = GRACE_S,
    leave: Callable[[int], object] = os._exit,
) -> None:
    """In the background: once `stop` is set, give the stage `grace_s` to set `finished`; then remove `work`
    and leave with 143. A stage that hangs in native code or in a socket cannot be stopped otherwise."""

    def wait() -> None:
        stop.wait()
        if not finished.wait(grace_s):
            shutil.rmtree(work, ignore_errors=True)
            leave(STOPPED)

    threading.Thread(target=wait, name="stop-watch", daemon=True).start()
