"""Child processes that never outlive the stack: Lambda workers and stage tasks.

Three nets, because each has a hole. The kernel kills a child when its parent dies (Linux; not a grandchild). An
orderly stop ends every child. And each child is written down with its start time, so that the next start ends
what a hard kill left behind, and never a stranger that has the same process id by now.
"""

from __future__ import annotations

import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from local.datadir import StackError

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: between fork and exec nothing may be imported.
_PRCTL = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


class Children:
    """Starts processes from one lasting thread and knows which of them live."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "children"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._stopping = False
        self._wanted: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        # The kernel's death signal follows the *thread* that forked: a request thread ends long before
        # its worker should, so every fork happens on this one.
        threading.Thread(target=self._serve, daemon=True, name="children").start()

    def popen(self, command: list[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a process that dies with this one."""
        future: Future[subprocess.Popen[Any]] = Future()
        self._wanted.put((lambda: self._start(command, options), future))
        return future.result()

    def stop_all(self, grace_s: float) -> None:
        """Ask every child to end, and make it after the grace time.

        From here on none is started: a worker that ends in the middle of a call would be replaced at once.
        """
        self._stopping = True
        signalled: set[int] = set()
        deadline = time.monotonic() + grace_s
        while (living := self._living()) and time.monotonic() < deadline:
            for group in living:
                if group not in signalled:  # one that was being started is seen a moment later
                    _signal_group(group, signal.SIGTERM)
                    signalled.add(group)
            time.sleep(0.05)
        for group in self._living():
            _signal_group(group, signal.SIGKILL)

    def reap_leftovers(self) -> int:
        """End what an earlier stack of this folder left running; return how many there were."""
        left = self._living()
        for group in left:
            _signal_group(group, signal.SIGKILL)
        for note in self._folder.iterdir():
            note.unlink(missing_ok=True)
        return len(left)

    def _serve(self) -> None:
        while True:
            start, future = self._wanted.get()
            try:
                future.set_result(start())
            except BaseException as error:
                future.set_exception(error)

    def _start(self, command: list[str], options: dict[str, Any]) -> subprocess.Popen[Any]:
        if self._stopping:
            raise StackError("The stack is stopping; nothing new is started.")
        self._forget_the_dead()
        # All forks are on one thread, and the child only calls a function that is loaded already.
        before_exec = _die_with(os.getpid()) if _PRCTL else None
        process = subprocess.Popen(command, start_new_session=True, preexec_fn=before_exec, **options)  # noqa: PLW1509
        (self._folder / str(process.pid)).write_text(_started_at(process.pid))
        return process

    def _living(self) -> list[int]:
        notes = [note for note in self._folder.iterdir() if note.name.isdigit()]
        return [int(note.name) for note in notes if _is_same(int(note.name), note.read_text())]

    def _forget_the_dead(self) -> None:
        notes = list(self._folder.iterdir())
        if len(notes) > 64:
            for note in notes:
                if note.name.isdigit() and not _is_same(int(note.name), note.read_text()):
                    note.unlink(missing_ok=True)


def _die_with(parent: int) -> Callable[[], None]:
    def set_death_signal() -> None:
        assert _PRCTL is not None
        _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent died between the fork and the line above
            os._exit(1)

    return set_death_signal


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def _started_at(pid: int) -> str:
    """Tell one process from a later one with the same id: when it started, empty where it cannot be known."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        answer = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        words = answer.stdout.split()
        return "" if not words or words[0].startswith("Z") else " ".join(words[1:])
    fields = stat.rsplit(")", 1)[1].split()
    return "" if fields[0] == "Z" else fields[19]


def _is_same(pid: int, started: str) -> bool:
    return bool(started) and _started_at(pid) == started
