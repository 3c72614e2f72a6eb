"""One running stack, with the small test application deployed, for all tests of this folder."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.stack import Endpoint, LocalStack, deploy

FIXTURES = Path(__file__).parent / "fixtures"
APP = FIXTURES / "app"
ORIGIN = "http://localhost:5999"
# How long a busy machine may take for one thing. The test application's task runs for longer, unless it is stopped.
WAIT_S = 60.0
TASK_COMMANDS = {"task": [sys.executable, str(FIXTURES / "task.py")]}


def make_stack(data_dir: Path, port: int = 0) -> LocalStack:
    """A stack as these tests want it, not yet started."""
    settings = {"LOCAL_ALLOWED_ORIGINS": ORIGIN, "STAGE_SETTING": "for tasks"}
    return LocalStack(data_dir, port=port, task_commands=TASK_COMMANDS, env=settings)


@dataclass(frozen=True)
class App:
    """The deployed test application."""

    endpoint: Endpoint
    outputs: Mapping[str, str]

    def client(self, service: str) -> Any:
        return self.endpoint.client(service)

    def invoke(self, function: str, payload: Any = None) -> Any:
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(payload or {}))
        return json.loads(answer["Payload"].read())

    def start(self, machine: str, **given: Any) -> str:
        answer = self.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs[machine], input=json.dumps(given)
        )
        return str(answer["executionArn"])

    def ended(self, arn: str) -> Any:
        states = self.client("stepfunctions")
        return wait_for(lambda: _if_ended(states.describe_execution(executionArn=arn)), f"the end of {arn}")

    def item(self, key: str) -> Any:
        found = self.client("dynamodb").get_item(
            TableName=self.outputs["TableName"], Key={"id": {"S": key}}, ConsistentRead=True
        )
        return found.get("Item")

    def put(self, key: str, **attributes: Any) -> None:
        self.client("dynamodb").put_item(
            TableName=self.outputs["TableName"], Item={"id": {"S": key}, **attributes}
        )


def _if_ended(execution: Any) -> Any:
    return None if execution["status"] == "RUNNING" else execution


def wait_for(ask: Callable[[], Any], what: str) -> Any:
    """Ask until the answer is true, at most `WAIT_S`."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {WAIT_S} s in vain for {what}")


@contextlib.contextmanager
def running_app(data_dir: Path, port: int = 0) -> Iterator[tuple[LocalStack, App]]:
    """A stack of one's own, to be killed and started again."""
    stack = make_stack(data_dir, port)
    try:
        endpoint = stack.start()
        yield stack, App(endpoint, deploy(endpoint, parameters={}, stack_name="tiny", root=APP))
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The test application on a stack that all tests share."""
    with running_app(tmp_path_factory.mktemp("stack")) as (_, deployed):
        yield deployed


@pytest.fixture
def http(app: App) -> Iterator[httpx.Client]:
    """A plain HTTP client at the stack's address, without credentials."""
    with httpx.Client(base_url=app.endpoint.url, trust_env=False) as client:
        yield client
