"""Symptom: a Lambda worker inherits the launcher's whole environment, and may outlive a killed launcher.

The environment held the user's shell variables and the root keys. Here a worker gets a bare machine, what its
function declares, and what the Lambda runtime adds; and it is a child that dies with the stack. Workers also got a
code folder each in the system's /tmp; the launcher's TMPDIR puts them into the data folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Mapping
from typing import Any

from local import upstream
from local.children import Children
from local.workarounds import Context

# What a module may print while it is loaded: nothing reads the log before the first call (workarounds/worker_calls.py).
_LOG_PIPE_BYTES = 1024 * 1024
_F_SETPIPE_SZ = getattr(fcntl, "F_SETPIPE_SZ", None)  # Linux only
# What ministack sets for the worker although the launcher has a variable of that name too.
_RUNTIME = frozenset(
    {
        "PATH",
        "LANG",
        "TMPDIR",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_EC2_METADATA_DISABLED",
    }
)


def check() -> None:
    runtime = upstream.module("core.lambda_runtime")
    upstream.need(runtime, "subprocess", "Worker", "execution_credentials", by=__name__)
    upstream.need(runtime.Worker, "_spawn", by=__name__)


def apply(context: Context) -> None:
    upstream.module("core.lambda_runtime").subprocess = _WorkerSubprocess(
        context.tasks.children, str(context.data.home)
    )


def worker_environment(wanted: Mapping[str, str], home: str) -> dict[str, str]:
    """Drop from the wanted environment what merely came from this process's own."""
    own = os.environ
    environment = {
        name: value for name, value in wanted.items() if name in _RUNTIME or own.get(name) != value
    }
    environment["HOME"] = home
    # Python would otherwise write byte code next to the unpacked function at every cold start.
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return environment


class _WorkerSubprocess:
    """Replaces the `subprocess` module inside ministack's Lambda runtime."""

    def __init__(self, children: Children, home: str) -> None:
        self._children = children
        self._home = home

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    def Popen(self, command: list[str], *, env: Mapping[str, str], **options: Any) -> Any:  # noqa: N802
        process = self._children.popen(command, env=worker_environment(env, self._home), **options)
        if process.stderr is not None and _F_SETPIPE_SZ is not None:
            with contextlib.suppress(OSError):
                fcntl.fcntl(process.stderr.fileno(), _F_SETPIPE_SZ, _LOG_PIPE_BYTES)
        return process
