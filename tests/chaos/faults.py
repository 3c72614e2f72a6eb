"""What the chaos stack's launcher adds to the local one, in the shape of its workarounds: rules that bite.

Three places: before a function runs, before the stack answers a request, and between a request and its service (an
edit). And the stack hurries: what waits minutes on AWS waits seconds, so that a run of all cases is bounded."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local import gate, upstream
from local.workarounds import Context, workers
from tests.chaos import rules
from tests.chaos.edits import EDITS

MINUTE_S = 4
# The names of the functions that were ended by their timeout, a line each time.
TIMED_OUT = "timed-out"
# A byte for each process of a function that a rule killed.
KILLED = "killed"
INSIDE = Path(__file__).with_name("inside")
_PREFIX = "unplugd-dev-"
_REFUSALS = {"throttle": (400, "ThrottlingException"), "deny": (403, "AccessDeniedException")}


class Faults:
    """The workaround. `folder` holds the rules."""

    def __init__(self, folder: Path, run: Path) -> None:
        self._folder = folder
        self._children = run / "children"

    def check(self) -> None:
        """Assert the seams inside ministack."""
        names = ("_execute_function_warm", "_LAMBDA_ASYNC_RETRY_BASE_SECONDS")
        upstream.need(upstream.service("lambda_svc"), *names, by=__name__)
        upstream.need(upstream.service("ecs"), "_run_task", by=__name__)
        bridge = upstream.service("eventbridge")
        upstream.need(bridge, "_parse_rate_seconds", "_SCHEDULER_TICK_INTERVAL", by=__name__)

    def apply(self, _: Context) -> None:
        """Put the three places under the rules."""
        self._hurry()
        self._watch_functions()
        self._watch_tasks()
        self._edit_requests()
        self._go_along_into_workers()

    def _hurry(self) -> None:
        upstream.service("lambda_svc")._LAMBDA_ASYNC_RETRY_BASE_SECONDS = 0.2
        bridge = upstream.service("eventbridge")
        bridge._SCHEDULER_TICK_INTERVAL = 1
        parse = bridge._parse_rate_seconds

        def quick(text: str) -> int | None:
            seconds: int | None = parse(text)
            return seconds and max(1, seconds * MINUTE_S // 60)

        bridge._parse_rate_seconds = quick

    def _watch_functions(self) -> None:
        service = upstream.service("lambda_svc")
        execute = service._execute_function_warm

        def under_rules(func: Any, event: Any, request_id: str) -> Any:
            config = func.get("config") or func
            name = str(config.get("FunctionName", "")).removeprefix(_PREFIX)
            lost = False
            for placed in rules.biting(self._folder, "function", name, json.dumps(event, default=str)):
                if placed.rule.do == "hold":
                    rules.held(placed)
                elif placed.rule.do == "lose":
                    lost = True
                else:
                    return _fault()
            result = execute(func, event, request_id)
            if "Task timed out" in json.dumps(result.get("body"), default=str):
                with (self._folder / TIMED_OUT).open("a") as note:
                    note.write(f"{name}\n")
            return _fault() if lost else result

        service._execute_function_warm = under_rules

    def _watch_tasks(self) -> None:
        ecs = upstream.service("ecs")
        run = ecs._run_task

        def under_rules(request: Any) -> Any:
            for _ in rules.biting(self._folder, "task", str(request.get("taskDefinition")), ""):
                failures = [{"arn": "capacity", "reason": "RESOURCE:CPU"}]
                return 200, {}, json.dumps({"tasks": [], "failures": failures}).encode()
            return run(request)

        ecs._run_task = under_rules

    def _edit_requests(self) -> None:
        handlers = upstream.module("app").SERVICE_HANDLERS
        for name in ("dynamodb", "states"):
            handlers[name] = self._editing(handlers[name])

    def _editing(self, handler: Any) -> Any:
        async def handle(method: str, path: str, headers: Any, body: Any, query: Any) -> Any:
            what = f"{method} {path} {headers.get('x-amz-target', '')}"
            for placed in rules.biting(self._folder, "edit", what, bytes(body).decode(errors="replace")):
                edited = EDITS[placed.rule.do](json.loads(body))
                if edited is None:
                    return 200, {"Content-Type": "application/x-amz-json-1.0"}, b"{}"
                body = json.dumps(edited).encode()
            answer = await handler(method, path, headers, body, query)
            if what.endswith(".Query"):
                self._note_query(bytes(body).decode(errors="replace"), answer)
            return answer

        return handle

    def _note_query(self, body: str, answer: Any) -> None:
        """Write down how many rows a Query for the person in the file `note-queries` read (bench.load)."""
        note = self._folder / "note-queries"
        if not note.exists() or note.read_text() not in body:
            return
        scanned = json.loads(answer[2]).get("ScannedCount")
        with (self._folder / "queries.jsonl").open("a") as log:
            log.write(json.dumps({"scanned": scanned}) + "\n")

    def _go_along_into_workers(self) -> None:
        environment = workers.worker_environment

        def with_clock(wanted: Mapping[str, str], home: str) -> dict[str, str]:
            return {
                **environment(wanted, home),
                "PYTHONPATH": str(INSIDE),
                "CHAOS_FOLDER": str(self._folder),
            }

        workers.worker_environment = with_clock

    def kill(self, function: str) -> int:
        """Kill the workers of a function, as a host that dies would."""
        mark = f"AWS_LAMBDA_FUNCTION_NAME={_PREFIX}{function}\0".encode()
        killed = 0
        for note in self._children.iterdir():
            try:
                if mark in Path(f"/proc/{note.name}/environ").read_bytes() + b"\0":
                    os.killpg(int(note.name), signal.SIGKILL)
                    killed += 1
            except OSError:
                continue
        return killed


def _fault() -> dict[str, Any]:
    """What ministack has of a function that raised."""
    log = "Traceback (most recent call last):\n  chaos\nTransient: as planned"
    return {
        "body": {"errorMessage": "as planned", "errorType": "Transient"},
        "error": True,
        "log": log,
    }


class FaultyGate(gate.Gate):
    """The local stack's gate, with rules for whole requests."""

    faults: Faults
    folder: Path

    async def __call__(self, scope: gate.Scope, receive: gate.Receive, send: gate.Send) -> None:
        """Pass the request on, unless a rule bites."""
        if scope["type"] != "http" or not any(self.folder.glob("*.json")):
            await super().__call__(scope, receive, send)
            return
        body = await _whole(receive)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        what = f"{scope['method']} {scope['path']} {headers.get('x-amz-target', '')}"
        late: rules.Placed | None = None
        for placed in rules.biting(self.folder, "http", what, body.decode(errors="replace")):
            do, _, target = placed.rule.do.partition(":")
            if do == "hold":
                await _held(placed)
                continue
            if do == "late":
                late = placed
                continue
            if do == "count":
                continue
            if do == "lose":
                await super().__call__(scope, _again(body, receive), _nowhere)
            if do == "kill":
                count = self.faults.kill(target)
                with (self.folder / KILLED).open("ab") as note:
                    note.write(b"." * count)
                await asyncio.to_thread(time.sleep, 0.05)
            if do == "keys":
                await _answer(send, 200, _foreign_keys())
            else:
                status, code = _REFUSALS.get(do, (500, "InternalServerError"))
                await _answer(send, status, json.dumps({"__type": code, "message": "as planned"}).encode())
            return
        if late:
            send = _late(send, late)
        await super().__call__(scope, _again(body, receive), send)


async def _whole(receive: gate.Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, rest: gate.Receive) -> gate.Receive:
    sent = False

    async def receive() -> Any:
        nonlocal sent
        if sent:
            return await rest()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _held(placed: rules.Placed) -> None:
    """Wait until the rule is lifted, without a thread: the stack's own work needs the few there are."""
    end = time.monotonic() + rules.HELD_S
    while placed.path.exists() and time.monotonic() < end:
        await asyncio.sleep(0.02)


def _late(send: gate.Send, placed: rules.Placed) -> gate.Send:
    async def later(message: Any) -> None:
        await _held(placed)
        await send(message)

    return later


async def _nowhere(_message: Any) -> None:
    return


def _foreign_keys() -> bytes:
    """A key set as it was before a rotation: none of its keys signs today's tokens."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from jwt.algorithms import RSAAlgorithm

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    known = RSAAlgorithm.to_jwk(key, as_dict=True)
    return json.dumps({"keys": [{**known, "kid": "of-yesterday", "alg": "RS256", "use": "sig"}]}).encode()


async def _answer(send: gate.Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
