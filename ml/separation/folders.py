"""Two runs and one folder: work is done aside and moved in by one run at a time, so that `out` never shows half of it.

What is locked are folders of our own inside `out`, never `out` itself: another run may have its checkpoints there. The
locks are the kernel's: they leave no file, and a killed process holds none.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ASIDE = ".separating-"
_GATE = f"{_ASIDE}gate"  # there while a run moves its files in; swept like a room if that run was killed

_LOOK_S = 0.05
_UNHEARD_S = 1.0  # longer waits are said


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold the lock of a folder. Never waits: yields False where another run holds it, or the folder has gone."""
    handle = _take(folder)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


@contextmanager
def aside(out: Path) -> Iterator[Path]:
    """An empty folder in `out` to work in, removed afterwards. Those that killed runs left there go too."""
    for left in out.glob(f"{_ASIDE}*"):
        if left.is_dir():
            with locked(left) as free:
                if free:
                    shutil.rmtree(left, ignore_errors=True)
    room, hold = _room(out)
    try:
        yield Path(room.name)
    finally:
        room.cleanup()
        os.close(hold)


def move(
    room: Path, out: Path, names: Iterable[str], *, tick: Callable[[], None], warn: Callable[[str], None]
) -> None:
    """Move files or folders from `room` into `out`, in place of those there, while no other run does.

    While it waits for another run to be done with that, it calls `tick`, and once `warn`. Raises what they raise.
    """
    with _turn(out, tick, warn):
        for name in names:
            if (out / name).is_dir():
                shutil.rmtree(out / name)
            (room / name).replace(out / name)


def _take(folder: Path) -> int | None:
    """The handle that holds the lock of a folder; None where another has it, or the folder has gone."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Its holder may have removed the folder, and another run may have made it again with a lock of its own.
        if os.path.samestat(os.fstat(handle), folder.stat()):
            return handle
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _room(out: Path) -> tuple[tempfile.TemporaryDirectory[str], int]:
    """A new folder in `out`, and the handle that holds its lock."""
    while True:
        out.mkdir(parents=True, exist_ok=True)
        # A run whose checkpoints lay in `out` may remove it just now, as it is empty.
        with suppress(FileNotFoundError):
            room = tempfile.TemporaryDirectory(prefix=_ASIDE, dir=out, ignore_cleanup_errors=True)
            hold = _take(Path(room.name))
            if hold is not None:
                return room, hold
            room.cleanup()  # before it was locked, another run took it for a dead one's


@contextmanager
def _turn(out: Path, tick: Callable[[], None], warn: Callable[[str], None]) -> Iterator[None]:
    """Be the one run that moves its files into `out`."""
    gate, began, said = out / _GATE, time.monotonic(), False
    while True:
        with suppress(FileExistsError):
            gate.mkdir()
        with locked(gate) as ours:
            if ours:
                try:
                    yield
                finally:
                    with suppress(OSError):
                        gate.rmdir()
                return
        tick()
        if not said and time.monotonic() - began > _UNHEARD_S:
            said = True
            warn(f"Another separation is moving its files into {out}. This one waits until it has.")
        time.sleep(_LOOK_S)
