"""Our own modules as child processes: a stranger's file is read by one, under limits of time and memory, so that it can
harm nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from unplugd.kernel import settings

MEMORY_BYTES = 1536 * 1024**2  # address space, of which FFmpeg's libraries map a few hundred MB


class ChildFailed(Exception):
    """The child did not end well: the file is not one it can read, or needs too much time or memory."""


def run(module: str, *arguments: Path, seconds: float) -> bytes:
    """What `python -m module arguments` writes to its output. The child calls `limit` itself.

    Raises `ChildFailed`, or RuntimeError when the child cannot even start, which is a fault of the installation."""
    child = {**settings.child_environment(), "PYTHONPATH": ":".join(filter(None, sys.path))}
    command = [sys.executable, "-m", module, *map(str, arguments)]
    try:
        done = subprocess.run(command, env=child, capture_output=True, timeout=seconds, check=False)  # noqa: S603 - our own module
    except subprocess.TimeoutExpired:
        raise ChildFailed("out of time") from None
    if done.returncode == 1 and (b"ImportError" in done.stderr or b"ModuleNotFoundError" in done.stderr):
        raise RuntimeError(f"the child cannot start: {done.stderr[-300:]!r}")
    if done.returncode:
        raise ChildFailed(f"ended with {done.returncode}")
    return done.stdout


def limit(*, cpu_seconds: int, file_bytes: int) -> None:
    """In the child: bound its processor time, its memory and the files that it writes."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
