"""The world of the chaos cases: one stack that can be killed, people who listen, and a keeper of what must hold."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import struct
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli.session import Session
from local.stack import Endpoint, LocalStack, deploy
from tests.chaos import rules
from tests.chaos.faults import KILLED, TIMED_OUT, Faults
from tests.chaos.people import Guest
from tests.plays_server import KEY, Answer, serving

PREFIX = "unplugd-dev"
SLOTS = 2
TASK = Path(__file__).with_name("planned_task.py")


class ChaosStack(LocalStack):
    """The local stack, started by the launcher that knows faults."""

    def _command(self, data_dir: Path) -> list[str]:
        return [
            "tests.chaos.launcher" if part == "local.launcher" else part
            for part in super()._command(data_dir)
        ]


class World:
    """A stack, what goes wrong in it, and which songs were promised to be kept."""

    def __init__(self, folder: Path, *, slots: int = SLOTS) -> None:
        self.slots = slots
        self.folder = folder / "chaos"
        self.folder.mkdir()
        self._data = folder / "data"
        self._rules: list[rules.Placed] = []
        # The outside source of plays. It is asked for what a measure queue's row names; nothing of a song needs it.
        self._plays = serving()
        self.plays = self._plays.__enter__()
        self._stack = self._new_stack()
        self.song_file = write_song(folder / "song.wav")
        self.endpoint: Endpoint = self._stack.start()
        try:
            self.outputs = self._deploy()
            self.machine = self.outputs["StateMachineArn"]
            self._clients: dict[str, Any] = {}
            self.change_machine(lambda definition: definition)
            name = f"{PREFIX}-plays-key"
            self.client("secretsmanager").create_secret(Name=name, SecretString=KEY)
        except BaseException:
            self.close()
            raise

    def _new_stack(self, port: int = 0) -> ChaosStack:
        tasks = {stage: [sys.executable, str(TASK), stage] for stage in ("demucs", "whisper")}
        settings = {"CHAOS_FOLDER": str(self.folder), "LOCAL_CHAOS_FOLDER": str(self.folder)}
        return ChaosStack(self._data, port=port, task_commands=tasks, env=settings)

    def _deploy(self) -> dict[str, str]:
        parameters = {"Environment": "dev", "MaxConcurrentSongs": str(self.slots)}
        parameters |= {"PlaysUrl": self.plays.url, "PlaysCallsADay": "100000"}
        return deploy(self.endpoint, parameters=parameters)

    # --- the stack ----------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Stop the stack."""
        self._stack.stop()
        self._plays.__exit__(None, None, None)

    def kill(self) -> None:
        """Kill the whole stack, as a machine that loses its mind would."""
        os.kill(self.endpoint.pid, signal.SIGKILL)
        self._stack.stop()

    def start(self, *, on_another_port: bool = False) -> None:
        """Start it again on the same folder."""
        if on_another_port:
            self._stack = self._new_stack(free_port())
        self.endpoint = self._stack.start()
        self._clients.clear()
        if on_another_port:
            self.outputs = self._deploy()

    def client(self, service: str) -> Any:
        """A client of the administrator."""
        if service not in self._clients:
            self._clients[service] = self.endpoint.client(service)
        return self._clients[service]

    def session(self) -> Session:
        """What the product's own client library needs to know."""
        return Session(self.endpoint.url, self.endpoint.pid, self.outputs, self._data, is_ours=False)

    def change_machine(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> str:
        """Deploy a change to the state machine, its waits of minutes made moments; answers what was there before."""
        states = self.client("stepfunctions")
        before: str = states.describe_state_machine(stateMachineArn=self.machine)["definition"]
        definition = change(json.loads(before))
        tasks = definition["States"]["RunTasks"]["ItemProcessor"]["States"]
        for state in [*definition["States"].values(), *tasks.values()]:
            if state["Type"] == "Wait":
                state["Seconds"] = 0
            for retrier in state.get("Retry", []):
                # Growing waits would add up: MarkFailed's ten to a minute, at each of its four executions.
                retrier |= {"IntervalSeconds": 0.1, "BackoffRate": 1}
        states.update_state_machine(stateMachineArn=self.machine, definition=json.dumps(definition))
        return before

    def invoke(self, function: str, payload: Any = None) -> Any:
        """Call a function as the administrator."""
        answer = self.client("lambda").invoke(
            FunctionName=f"{PREFIX}-{function}", Payload=json.dumps(payload or {}).encode()
        )
        return json.loads(answer["Payload"].read() or b"null")

    def dead_recordings(self) -> int:
        """How many events about recordings lie in their dead-letter queue."""
        queues = self.client("sqs")
        url = queues.get_queue_url(QueueName=f"{PREFIX}-capture-dlq")["QueueUrl"]
        asked = ["ApproximateNumberOfMessages"]
        return int(queues.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"][asked[0]])

    def wake(self) -> None:
        """One wake-up more."""
        self.client("sqs").send_message(QueueUrl=self.outputs["WakeQueueUrl"], MessageBody="{}")

    # --- what goes wrong ----------------------------------------------------------------------------------------

    def fault(self, at: str, match: str, do: str, **rest: Any) -> rules.Placed:
        """Put a rule in force until the case's end."""
        placed = rules.place(self.folder, rules.Rule(at, match, do, **rest))
        self._rules.append(placed)
        return placed

    def plan(self, song_id: str, **stages: Sequence[str]) -> None:
        """Say what each run of a song's tasks does."""
        (self.folder / f"{song_id}.plan").write_text(json.dumps(stages))

    def release_tasks(self) -> None:
        """Let tasks that are planned as "held" go on."""
        (self.folder / "release").touch()

    def set_clock(self, seconds: float) -> None:
        """Let the functions' clocks be off by that much."""
        (self.folder / "clock").write_text(str(seconds))

    def kill_workers(self, function: str) -> None:
        """Let a function start cold the next time."""
        Faults(self.folder, self._data / "run").kill(function)

    def calm(self) -> list[rules.Placed]:
        """End all faults; answers them."""
        placed, self._rules = self._rules, []
        self.plays.answer = lambda _isrc: Answer()
        for one in placed:
            one.lift()
        for name in ("clock", TIMED_OUT):
            (self.folder / name).unlink(missing_ok=True)
        (self.folder / "release").unlink(missing_ok=True)
        return placed

    # --- people, and looking ------------------------------------------------------------------------------------

    @contextmanager
    def guest(self, name: str) -> Iterator[Guest]:
        """A signed-up person who listens."""
        guest = Guest(self, name)
        try:
            guest.listen()
            yield guest
        finally:
            guest.close()

    def runs(self, song_id: str) -> list[dict[str, Any]]:
        """What the song's tasks noted."""
        notes = self.folder / f"{song_id}.runs"
        return [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []

    def count(self, song_id: str, stage: str, what: str = "done") -> int:
        """How often a stage's engine began, or was done."""
        return sum(run["stage"] == stage and run["what"] == what for run in self.runs(song_id))

    def wait_for_run(self, song_id: str, stage: str, what: str = "begin", within_s: float = 40) -> None:
        """Wait for a task's note."""
        wait_for(lambda: self.count(song_id, stage, what), within_s, f"{stage} to {what} for {song_id}")

    def killed(self) -> int:
        """How many processes of functions were killed by rules."""
        note = self.folder / KILLED
        return note.stat().st_size if note.exists() else 0

    def timed_out(self) -> list[str]:
        """The functions that were ended by their timeout since the case began."""
        note = self.folder / TIMED_OUT
        return note.read_text().split() if note.exists() else []

    def row(self, user_id: str, song_id: str) -> dict[str, Any] | None:
        """The song's row, or None."""
        key = {"userId": {"S": user_id}, "songId": {"S": song_id}}
        found = self.client("dynamodb").get_item(TableName=f"{PREFIX}-songs", Key=key, ConsistentRead=True)
        return (
            {name: next(iter(value.values())) for name, value in found["Item"].items()}
            if "Item" in found
            else None
        )

    def leases(self) -> list[Mapping[str, Any]]:
        """The slots that are taken."""
        rows: list[Mapping[str, Any]] = self.client("dynamodb").scan(
            TableName=f"{PREFIX}-slots", ConsistentRead=True
        )["Items"]
        return rows

    def executions(self, song_id: str = "", status: str | None = None) -> list[str]:
        """Names of executions of a song (of all), in a status (in any)."""
        given = {"statusFilter": status} if status else {}
        pages = self.client("stepfunctions").get_paginator("list_executions")
        found = [
            one["name"]
            for page in pages.paginate(stateMachineArn=self.machine, **given)
            for one in page["executions"]
        ]
        return [name for name in found if name.startswith(song_id)]

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """Object keys: `bucket` is Uploads or Output."""
        name = self.outputs[f"{bucket}BucketName"]
        listed = self.client("s3").list_objects_v2(Bucket=name, Prefix=prefix)
        return [one["Key"] for one in listed.get("Contents", [])]

    def clean(self) -> None:
        """After a case that went wrong: stop what runs and empty the line, so that the next case starts fresh."""
        states, table = self.client("stepfunctions"), self.client("dynamodb")
        for name in self.executions(status="RUNNING"):
            arn = self.machine.replace(":stateMachine:", ":execution:") + f":{name}"
            states.stop_execution(executionArn=arn)
        for row in table.scan(TableName=f"{PREFIX}-songs")["Items"]:
            if row.get("status", {}).get("S") in ("QUEUED", "PROCESSING") or "line" in row:
                key = {name: row[name] for name in ("userId", "songId")}
                table.delete_item(TableName=f"{PREFIX}-songs", Key=key)
        for row in self.leases():
            table.delete_item(TableName=f"{PREFIX}-slots", Key={"slotId": row["slotId"]})
        queues = self.client("sqs")
        queues.purge_queue(QueueUrl=queues.get_queue_url(QueueName=f"{PREFIX}-capture-dlq")["QueueUrl"])
        for rule in self.client("events").list_rules()["Rules"]:
            self.client("events").enable_rule(Name=rule["Name"])

    def is_quiet(self) -> bool:
        """Whether every slot is free and nothing runs."""
        return not self.leases() and not self.executions(status="RUNNING")


def free_port() -> int:
    """A port on 127.0.0.1 that no program uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(ask: Callable[[], Any], within_s: float, what: str) -> Any:
    """Ask until the answer is true; AssertionError when it never is."""
    end = time.monotonic() + within_s * rules.PATIENCE
    while not (answer := ask()):
        assert time.monotonic() < end, f"waited {within_s:.0f} s in vain for {what}"
        time.sleep(0.05)
    return answer


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Make calls at the same moment; their answers, or what they raised."""
    answers: list[Any] = [None] * len(calls)

    def make(number: int, call: Callable[[], Any]) -> None:
        try:
            answers[number] = call()
        except Exception as error:
            answers[number] = error

    threads = [threading.Thread(target=make, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def write_song(path: Path, seconds: float = 0.6) -> Path:
    """A tone, as small as a song may be."""
    rate = 8000
    samples = [int(12_000 * math.sin(n / 6)) for n in range(int(rate * seconds))]
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path
