"""A stage for the state machine: the real templates on the local stack, with stand-ins for the four functions and the
two tasks. What each of them does is planned song by song, and all that they were asked is kept."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.stack import Endpoint

FUNCTIONS = ("mark_completed", "send_notification", "cleanup_upload", "mark_failed")
TASK = Path(__file__).with_name("planned_task.py")
PREFIX = "unplugd-dev"
CLUSTER = PREFIX
_ENDED = {"SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"}

# A plan is one JSON file a song: name → what the 1st, 2nd, … call does. The last entry goes on for ever.
_PLANNED_FUNCTION = """
import json, os, pathlib
FOLDER = pathlib.Path({folder!r})
def handler(event, context):
    song = event["songId"]
    name = context.function_name.split("{prefix}-", 1)[1].replace("-", "_")
    calls = FOLDER / (song + ".calls")
    earlier = [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
    with calls.open("a") as out:
        out.write(json.dumps({{"function": name, "event": event}}) + "\\n")
    plan = json.loads((FOLDER / (song + ".plan")).read_text()).get(name, [None])
    fault = plan[min(sum(call["function"] == name for call in earlier), len(plan) - 1)]
    if fault:
        raise type(fault, (Exception,), {{}})("as planned")
    return {{"userId": event["userId"], "songId": song, "seq": 1}}
"""


@dataclass(frozen=True)
class Call:
    """One call of a function by the state machine."""

    function: str
    event: dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One RunTask, as ECS kept it."""

    stage: str
    provider: str
    environment: dict[str, str]
    running: bool


@dataclass(frozen=True)
class Run:
    """How an execution went."""

    song_id: str
    status: str
    error: str | None
    cause: str | None
    calls: Sequence[Call]
    tasks: Sequence[Task]
    faults: Sequence[str]

    def names(self) -> list[str]:
        return [call.function for call in self.calls]

    def stages(self) -> list[str]:
        return [task.stage for task in self.tasks]

    def event(self, function: str) -> dict[str, Any]:
        """What `function` was given when it was called last."""
        return [call.event for call in self.calls if call.function == function][-1]


class Studio:
    """Runs songs through the deployed state machine."""

    def __init__(self, endpoint: Endpoint, machine: str, folder: Path) -> None:
        self._folder = folder
        self._machine = machine
        self._states = endpoint.client("stepfunctions")
        self._ecs = endpoint.client("ecs")
        self._songs = 0
        self._replace_functions(endpoint)
        described = self._states.describe_state_machine(stateMachineArn=machine)
        self.definition: dict[str, Any] = json.loads(described["definition"])
        self._role = described["roleArn"]
        self._quick = self.machine("quick")

    def _replace_functions(self, endpoint: Endpoint) -> None:
        code = _PLANNED_FUNCTION.format(folder=str(self._folder), prefix=PREFIX)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as out:
            for package in ("unplugd", "unplugd/processing", "unplugd/processing/handlers"):
                out.writestr(f"{package}/__init__.py", "")
            for name in FUNCTIONS:
                out.writestr(f"unplugd/processing/handlers/{name}.py", code)
        functions = endpoint.client("lambda")
        for name in FUNCTIONS:
            functions.update_function_code(
                FunctionName=f"{PREFIX}-{name.replace('_', '-')}", ZipFile=archive.getvalue()
            )

    def machine(
        self, name: str, changes: Mapping[str, str] | None = None, *, interval_s: float = 0.01
    ) -> str:
        """A copy of the deployed machine in which a minute's wait takes a moment; `changes` are made to its text."""
        definition = json.loads(json.dumps(self.definition))
        tasks = definition["States"]["RunTasks"]["ItemProcessor"]["States"]
        for state in [*definition["States"].values(), *tasks.values()]:
            if state["Type"] == "Wait":
                state["Seconds"] = 0
            for retrier in state.get("Retry", []):
                retrier["IntervalSeconds"] = interval_s
        text = json.dumps(definition)
        for old, new in (changes or {}).items():
            assert old in text, f"nothing to change: {old}"
            text = text.replace(old, new)
        made = self._states.create_state_machine(
            name=f"{PREFIX}-processing-{name}", definition=text, roleArn=self._role
        )
        return str(made["stateMachineArn"])

    def copy_task_definition(self, family: str, new_family: str) -> None:
        """Register a task definition under another name."""
        known = self._ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
        wanted = ("containerDefinitions", "taskRoleArn", "executionRoleArn", "cpu", "memory", "networkMode")
        self._ecs.register_task_definition(family=new_family, **{name: known[name] for name in wanted})

    def start(
        self,
        plan: Mapping[str, Sequence[object]],
        given: Mapping[str, object] | None = None,
        *,
        machine: str | None = None,
    ) -> str:
        """Start a song with a plan of its own; answers the execution's ARN. `given` replaces fields of the input,
        and takes away those it gives as `...`."""
        self._songs += 1
        song = f"song-{self._songs:03}"
        (self._folder / f"{song}.plan").write_text(json.dumps(plan))
        fields: dict[str, object] = {
            "userId": "user-1",
            "songId": song,
            "key": f"uploads/user-1/{song}/mix.wav",
            "attempt": 1,
            "durationSec": 0.2,
            "model": "preview",
            "lyricsModel": "base",
            "language": None,
        }
        payload = {name: value for name, value in {**fields, **(given or {})}.items() if value is not ...}
        started = self._states.start_execution(
            stateMachineArn=machine or self._quick, name=f"{song}-1", input=json.dumps(payload)
        )
        return str(started["executionArn"])

    def run(
        self,
        plan: Mapping[str, Sequence[object]],
        given: Mapping[str, object] | None = None,
        *,
        machine: str | None = None,
    ) -> Run:
        """Run a song to its end."""
        return self.finish(self.start(plan, given, machine=machine))

    def finish(self, execution: str, timeout_s: float = 300) -> Run:
        """Wait for an execution's end and collect all that happened in it."""
        end = time.monotonic() + timeout_s
        while (found := self._states.describe_execution(executionArn=execution))["status"] not in _ENDED:
            assert time.monotonic() < end, f"{execution} did not end"
            time.sleep(0.05)
        song = _song(execution)
        calls = self._folder / f"{song}.calls"
        lines = calls.read_text().splitlines() if calls.exists() else []
        return Run(
            song_id=song,
            status=found["status"],
            error=found.get("error"),
            cause=found.get("cause"),
            calls=[Call(**json.loads(line)) for line in lines],
            tasks=self._tasks(song),
            faults=self.faults(execution),
        )

    def wait_for_fault(self, execution: str, timeout_s: float = 300) -> None:
        """Wait until a Task state's try has failed."""
        end = time.monotonic() + timeout_s
        while not self.faults(execution):
            assert time.monotonic() < end, f"nothing failed in {execution}"
            time.sleep(0.02)

    def stop(self, execution: str) -> None:
        """Stop an execution, as a cancel does."""
        self._states.stop_execution(executionArn=execution)

    def wait_for_tasks(self, execution: str, count: int, timeout_s: float = 300) -> None:
        """Wait until `count` tasks of an execution run."""
        song, end = _song(execution), time.monotonic() + timeout_s
        while self._running(song) < count:
            assert time.monotonic() < end, f"{execution} has {self._running(song)} tasks"
            time.sleep(0.05)

    def wait_until_stopped(self, execution: str, timeout_s: float = 300) -> int:
        """Wait until no task of an execution runs; how many there were."""
        song, end = _song(execution), time.monotonic() + timeout_s
        while self._running(song):
            assert time.monotonic() < end, f"{execution} has {self._running(song)} tasks"
            time.sleep(0.05)
        return len(self._tasks(song))

    def _running(self, song: str) -> int:
        return sum(task.running for task in self._tasks(song))

    def faults(self, execution: str) -> list[str]:
        """The errors of all failed tries of all Task states so far."""
        return [fault["error"] for fault in self._failed(execution)]

    def causes(self, execution: str) -> list[str]:
        """What AWS says of each failed try, as `faults`."""
        return [fault.get("cause", "") for fault in self._failed(execution)]

    def _failed(self, execution: str) -> list[dict[str, str]]:
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=execution)
        events = [event for page in pages for event in page["events"]]
        return [event["taskFailedEventDetails"] for event in events if event["type"] == "TaskFailed"]

    def _tasks(self, song: str) -> list[Task]:
        # Creation times are whole seconds, so tasks of one second keep the order of their listing. A task that stops
        # between the two listings is in both, and has its place in the later one.
        listings: dict[str, list[str]] = {"STOPPED": [], "RUNNING": []}
        for cluster in self._ecs.list_clusters()["clusterArns"]:
            for status in ("RUNNING", "STOPPED"):
                listed = self._ecs.get_paginator("list_tasks").paginate(cluster=cluster, desiredStatus=status)
                listings[status] += [arn for page in listed for arn in page["taskArns"]]
        arns = dict.fromkeys([*listings["STOPPED"], *listings["RUNNING"]])
        kept: list[tuple[Any, Task]] = []
        for arn in arns:
            cluster = arn.split("/")[-2]
            for task in self._ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]:
                override = task["overrides"]["containerOverrides"][0]
                environment = {entry["name"]: entry["value"] for entry in override["environment"]}
                if environment["SONG_ID"] == song:
                    running = task["lastStatus"] != "STOPPED"
                    one = Task(override["name"], task["capacityProviderName"], environment, running)
                    kept.append((task["createdAt"], one))
        return [task for _, task in sorted(kept, key=lambda pair: pair[0])]


def _song(execution: str) -> str:
    return execution.rsplit(":", 1)[1].removesuffix("-1")
