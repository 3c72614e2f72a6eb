"""The data folder of one local stack: its keys, its port, its lock.

Everything the stack keeps lives in here (state, S3 objects, logs, keys, temporary files), so that one folder is
one library: mode 0700, one running stack at a time, and deleting it deletes everything.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import IO

REGION = "us-east-1"
ACCOUNT = "000000000000"


class StackError(Exception):
    """What went wrong with the local stack, in one sentence a person can act on."""


@dataclass(frozen=True)
class RootKeys:
    """The administrator's credentials of this installation; random, and never test/test."""

    access_key: str
    secret_key: str


@dataclass(frozen=True)
class DataDir:
    """The folders and files below one data folder."""

    root: Path

    @classmethod
    def create(cls, root: Path) -> DataDir:
        """Make the folder and its rooms, readable by this user only."""
        data = cls(root.expanduser().resolve())
        for folder in (data.root, data.state, data.objects, data.tmp, data.logs, data.run, data.home):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        data.root.chmod(0o700)
        return data

    @property
    def state(self) -> Path:
        """What every service remembers."""
        return self.root / "state"

    @property
    def objects(self) -> Path:
        """The bodies of the S3 objects."""
        return self.root / "s3"

    @property
    def tmp(self) -> Path:
        """Temporary files of the stack, its workers and its tasks; emptied at each start."""
        return self.root / "tmp"

    @property
    def logs(self) -> Path:
        """The launcher's log."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Which process runs, and which children it has."""
        return self.root / "run"

    @property
    def home(self) -> Path:
        """An empty home for Lambda workers: no dot files of the user, no real AWS profile."""
        return self.root / "home"

    @property
    def log_file(self) -> Path:
        """The launcher's log."""
        return self.logs / "stack.log"

    def open_log(self) -> IO[bytes]:
        """Open the log to append to it, readable by this user only."""
        return os.fdopen(os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")

    def keys(self) -> RootKeys:
        """Read this installation's root keys; the first call makes them."""
        path = self.root / "keys.json"
        if not path.exists():
            keys = {"access_key": "AKIA" + _letters(16), "secret_key": secrets.token_urlsafe(30)}
            write_private(path, json.dumps(keys))
        stored = json.loads(path.read_text())
        return RootKeys(stored["access_key"], stored["secret_key"])

    def port(self) -> int | None:
        """Return the port this folder's stack had before; its URLs are part of the deployed state."""
        try:
            return int((self.root / "port").read_text())
        except (OSError, ValueError):
            return None

    def keep_port(self, port: int) -> None:
        """Remember the port, so that every later start has the same URLs."""
        write_private(self.root / "port", str(port))

    def lock(self) -> IO[str]:
        """Take the folder for this process; the lock falls with the returned file."""
        path = self.run / "lock"
        handle = path.open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            handle.close()
            raise StackError(
                f"The data folder {self.root} is in use by the stack with process id {holder}; "
                "stop that one first, or choose another folder."
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        return handle


def listen(wanted: int, remembered: int | None) -> socket.socket:
    """Open the listening socket on 127.0.0.1: the wanted port, the remembered one, or any free one."""
    port = wanted or remembered or 0
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise StackError(
            f"Port {port} on 127.0.0.1 cannot be used ({error.strerror}): another program has it; "
            "stop that program, or choose another port."
        ) from None
    listener.listen(256)
    return listener


def _letters(count: int) -> str:
    return "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(count))


def write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by this user only."""
    scratch = path.with_suffix(".new")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
    scratch.replace(path)
