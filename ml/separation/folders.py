"""Two runs and one folder: work is done aside and moved in under a lock, so that `out` never shows half of anything."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_ASIDE = ".separating-"


@contextmanager
def locked(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of a folder; without `wait`, yields False where another process or run holds it.

    The lock is the kernel's and on the folder itself: it leaves no file, and a killed process holds none.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            free = True
        except BlockingIOError:
            free = False
        yield free
    finally:
        os.close(handle)


@contextmanager
def aside(out: Path) -> Iterator[Path]:
    """An empty folder in `out` to work in, removed afterwards. Those that killed runs left there go too."""
    out.mkdir(parents=True, exist_ok=True)
    with locked(out):
        for left in out.glob(f"{_ASIDE}*"):
            with locked(left, wait=False) as free:
                if free:
                    shutil.rmtree(left, ignore_errors=True)
        room = tempfile.TemporaryDirectory(prefix=_ASIDE, dir=out, ignore_cleanup_errors=True)
        # Taken before the folder's lock is given back: no other run can take this room for a dead one's.
        hold = os.open(room.name, os.O_RDONLY)
        fcntl.flock(hold, fcntl.LOCK_EX)
    try:
        yield Path(room.name)
    finally:
        room.cleanup()
        os.close(hold)


def move(room: Path, out: Path, names: Iterable[str]) -> None:
    """Move files or folders from `room` into `out`, in place of those there, while no other run does."""
    with locked(out):
        for name in names:
            if (out / name).is_dir():
                shutil.rmtree(out / name)
            (room / name).replace(out / name)
