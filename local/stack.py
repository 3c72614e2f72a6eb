"""Front door of the local stack: start it, stop it, deploy to it.

with LocalStack(Path("data")) as endpoint:
    outputs = deploy(endpoint, parameters={"Environment": "dev"})
    endpoint.client("s3").list_buckets()
"""

from __future__ import annotations

import functools
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from local.datadir import REGION, DataDir, StackError
from local.deploy import DeployFailed
from local.deploy import deploy as _deploy

__all__ = ["DeployFailed", "Endpoint", "LocalStack", "StackError", "deploy"]

REPO = Path(__file__).resolve().parent.parent
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 20.0
_LOG_LIMIT_BYTES = 8 * 1024 * 1024
# Using clients from many threads is fine, making them is not.
_MAKING_CLIENTS = threading.Lock()


@dataclass(frozen=True)
class Endpoint:
    """A running stack: where it is and how to be its administrator."""

    url: str
    port: int
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    data_dir: Path
    pid: int

    def client(self, service: str) -> Any:
        """Make a boto3 client that talks to this stack as its administrator."""
        from botocore.config import Config

        with _MAKING_CLIENTS:
            return _session().client(
                service,
                region_name=self.region,
                endpoint_url=self.url,
                aws_access_key_id=self.access_key,
                aws_secret_access_key=self.secret_key,
                config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}),
            )

    def environment(self) -> dict[str, str]:
        """Environment variables that make any AWS tool talk to this stack, and to nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


class LocalStack:
    """The stack's process. A context manager: it runs inside the `with`.

    `env`: names that start with LOCAL_ (and LOG_LEVEL) are settings of the stack, all others are handed to every
    stage task. `ephemeral` keeps nothing on disk. `keep` lets it run on after this process has ended.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int = 0,
        task_commands: Mapping[str, list[str]] | None = None,
        env: Mapping[str, str] | None = None,
        ephemeral: bool = False,
        keep: bool = False,
    ) -> None:
        self._data_dir = data_dir
        self._port = port
        self._task_commands = dict(task_commands or {})
        self._env = dict(env or {})
        self._ephemeral = ephemeral
        self._keep = keep
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Endpoint:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Endpoint:
        """Start the stack and wait until it answers; raise StackError with the reason if it cannot."""
        data = DataDir.create(self._data_dir)
        if data.log_file.exists() and data.log_file.stat().st_size > _LOG_LIMIT_BYTES:
            data.log_file.replace(data.log_file.with_suffix(".old.log"))
        log_start = data.log_file.stat().st_size if data.log_file.exists() else 0
        with data.open_log() as log:
            # A process group of its own: Ctrl-C reaches the caller, which stops the stack in good order.
            self._process = subprocess.Popen(
                self._command(data.root),
                cwd=REPO,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            port = self._wait(data, log_start)
        except BaseException:
            self.stop()
            raise
        keys = data.keys()
        url = f"http://127.0.0.1:{port}"
        return Endpoint(url, port, REGION, keys.access_key, keys.secret_key, data.root, self._process.pid)

    def stop(self) -> None:
        """Stop the stack: tasks and workers first end, then the state is saved. Twice is fine."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _command(self, data_dir: Path) -> list[str]:
        tasks = {name: value for name, value in self._env.items() if not _is_setting(name)}
        command = [sys.executable, "-m", "local.launcher", str(data_dir), "--port", str(self._port)]
        command += [
            "--task-commands",
            json.dumps(self._task_commands),
            "--task-environment",
            json.dumps(tasks),
        ]
        if self._ephemeral:
            command.append("--ephemeral")
        if not self._keep:
            command += ["--parent", str(os.getpid())]
        return command

    def _environment(self) -> dict[str, str]:
        bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        settings = {name: value for name, value in {**os.environ, **self._env}.items() if _is_setting(name)}
        return {**bare, **settings, "PYTHONUNBUFFERED": "1"}

    def _wait(self, data: DataDir, log_start: int) -> int:
        assert self._process is not None
        deadline = time.monotonic() + _START_TIMEOUT_S
        note = data.run / "ready"
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise StackError(_why_it_ended(data.log_file, log_start))
            port = _ready_port(note, self._process.pid)
            if port and _answers(port):
                return port
            time.sleep(0.03)
        raise StackError(f"The stack did not answer within {_START_TIMEOUT_S:.0f} s; see {data.log_file}.")


def deploy(
    endpoint: Endpoint,
    *,
    parameters: Mapping[str, str],
    stack_name: str = "unplugd-dev",
    root: Path = REPO,
) -> dict[str, str]:
    """Package and deploy `root`/template.yaml unchanged, and return its outputs.

    Quick when nothing has changed. Raises DeployFailed with the resource and the reason.
    """
    return _deploy(endpoint, parameters=parameters, stack_name=stack_name, root=root)


@functools.cache
def _session() -> Any:
    """One session for all clients: it has read the services' models, which takes longer than any call."""
    import boto3

    return boto3.session.Session()


def _is_setting(name: str) -> bool:
    return name.startswith("LOCAL_") or name == "LOG_LEVEL"


def _ready_port(note: Path, pid: int) -> int | None:
    """Read the port that this very process wrote down when it could serve."""
    try:
        noted_pid, port = note.read_text().split()
    except (OSError, ValueError):
        return None
    return int(port) if int(noted_pid) == pid else None


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/_ministack/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _why_it_ended(log_file: Path, log_start: int) -> str:
    with log_file.open("rb") as log:
        log.seek(log_start)
        lines = log.read().decode(errors="replace").strip().splitlines()
    for line in reversed(lines):
        if line.startswith("error: "):
            return line.removeprefix("error: ")
    return f"The stack ended while starting: {lines[-1] if lines else 'it printed nothing'} (see {log_file})."
