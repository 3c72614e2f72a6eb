"""Fargate tasks as local processes: an object shaped like the Docker client that ministack's ECS talks to.

An image name is looked up by the last part of its name, and the same entrypoint that the image would run is started
with the launcher's interpreter. A task sees its own environment and nothing else of the machine's.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.children import Children
from local.datadir import REGION

REPO = Path(__file__).resolve().parent.parent
# The last part of an image's name → the entrypoint that image runs.
ENTRYPOINTS = {
    "demucs": REPO / "containers" / "demucs" / "entrypoint.py",
    "whisper": REPO / "containers" / "whisper" / "entrypoint.py",
}
# Fargate gives a task stopTimeout seconds between SIGTERM and SIGKILL; ours say 120, but a person who presses
# Ctrl-C waits for this one, and a checkpoint takes well under it.
STOP_GRACE_S = 10.0
_CONTAINER_NETWORK = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "ECS_CONTAINER_METADATA_URI_V4",
)


class UnknownImage(Exception):
    """There is no local command for an image."""


@dataclass(frozen=True)
class TaskSettings:
    """What a task process needs to know of the stack."""

    children: Children
    work_folder: Path
    endpoint_url: str
    commands: Mapping[str, list[str]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def command(self, image: str) -> list[str]:
        """Map an image to its command; overrides first."""
        name = image.split("@")[0].rsplit("/", 1)[-1].split(":")[0]
        for key, command in self.commands.items():
            if key in (image, name) or name.endswith(f"-{key}"):
                return list(command)
        for key, entrypoint in ENTRYPOINTS.items():
            if name == key or name.endswith(f"-{key}"):
                return [sys.executable, str(entrypoint)]
        raise UnknownImage(f"there is no local command for the image {image}")


class Container:
    """One running task process, shaped like docker.models.containers.Container."""

    def __init__(self, settings: TaskSettings, image: str, environment: Mapping[str, str]) -> None:
        self.id = uuid.uuid4().hex * 2
        self.image = image
        self.attrs = {"NetworkSettings": {"Networks": {}, "IPAddress": "127.0.0.1"}}
        self._folder = Path(tempfile.mkdtemp(prefix="task-", dir=settings.work_folder))
        self._log = self._folder / "output.log"
        with self._log.open("wb") as output:
            self._process = settings.children.popen(
                settings.command(image),
                env=task_environment(settings, environment, self._folder),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def status(self) -> str:
        """Docker's word for whether it runs."""
        return "running" if self._process.poll() is None else "exited"

    def reload(self) -> None:
        """Nothing is cached here."""

    def wait(self, **_: Any) -> dict[str, int]:
        """Wait for the end; a signal shows as 128 + its number, as in a container."""
        code = self._process.wait()
        return {"StatusCode": code if code >= 0 else 128 - code}

    def logs(self, stream: bool = False, **_: Any) -> bytes | Iterator[bytes]:
        """Give what the task printed; with `stream`, line by line until it ends."""
        return self._follow() if stream else self._log.read_bytes()

    def stop(self, **_: Any) -> None:
        """Send SIGTERM and, after the grace time, SIGKILL: what ECS StopTask and a Spot interruption do."""
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def kill(self, **_: Any) -> None:
        """Send SIGKILL."""
        self._signal(signal.SIGKILL)

    def remove(self, **_: Any) -> None:
        """End it if it still runs, and remove what it left."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _signal(self, number: int) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def _follow(self) -> Iterator[bytes]:
        with self._log.open("rb") as log:
            while True:
                ended = self._process.poll() is not None
                line = log.readline()
                if line:
                    yield line
                elif ended:
                    return
                else:
                    time.sleep(0.2)


class Tasks:
    """The part of the Docker client that ECS uses; its own `containers` and `images` collections."""

    def __init__(
        self, settings: TaskSettings, credentials: Callable[[Mapping[str, str]], dict[str, str]]
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._containers: dict[str, Container] = {}
        self.containers = self
        self.images = _Images()

    def run(
        self,
        image: str,
        *,
        environment: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        **_: Any,
    ) -> Container:
        """Start a task; it acts under its task role."""
        own = {**(environment or {}), **self._credentials(labels or {})}
        container = Container(self._settings, image, own)
        self._containers[container.id] = container
        return container

    def get(self, container_id: str) -> Container:
        """Find a task by its container id."""
        return self._containers[container_id]

    def list(self, **_: Any) -> list[Container]:
        """Nothing for ministack's own reaper: the stack ends its children itself."""
        return []


class _Images:
    def get(self, *_: Any) -> None:
        """Every image is present: there are none."""


def task_environment(settings: TaskSettings, own: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What a task process sees: a bare machine, the stack's settings for tasks, and its task definition's."""
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    bare["TMPDIR"] = str(folder)
    bare["PYTHONPATH"] = os.pathsep.join(str(REPO / part) for part in (".", "containers", "functions"))
    bare["AWS_REGION"] = bare["AWS_DEFAULT_REGION"] = REGION  # as the ECS agent does
    # The home folder is for model caches; the user's own AWS profile must never be found in it.
    bare["AWS_CONFIG_FILE"] = bare["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    bare["AWS_EC2_METADATA_DISABLED"] = "true"
    bare.update(settings.environment)
    bare.update({name: str(value) for name, value in own.items()})
    # ministack points these at a container network that does not exist here.
    bare["AWS_ENDPOINT_URL"] = settings.endpoint_url
    for name in _CONTAINER_NETWORK:
        bare.pop(name, None)
    return bare
