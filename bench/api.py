"""How fast the API is: `python -m bench.api` writes bench/results/api.json.

    {"import_ms": {handler: ms}, "req_per_s": n, "overhead_s": s}

- `import_ms`: the processor time that importing a handler takes once boto3 is loaded, as it is in Lambda's runtime.
  Each import is made in a fresh fork of a process that has imported boto3 and nothing of ours.
- `req_per_s`: GET /songs on the local stack, through API, authorizer, function and table, by eight clients with a
  connection each.
- `overhead_s`: a short song from the end of its upload to COMPLETED, less the time in which one of its tasks ran.

Each figure is a median: of the repeats of an import, and of the runs. The machine's load is written down with them.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cli import session as sessions
from cli.client.cognito import Identity
from cli.client.library import Library
from cli.client.transport import Transport
from local.stack import Endpoint, LocalStack, deploy

REPO = Path(__file__).resolve().parents[1]
RESULTS = REPO / "bench" / "results" / "api.json"
TARGETS = {"import_ms": 50.0, "req_per_s": 250.0, "overhead_s": 3.0}
CLIENTS = 8
# The state of statemachines/processing.asl.json that runs a stage's tasks.
TASK_STATE = "RunTasks"
SONG_S = 8
_IMPORT = """
import json, os, sys, time
import boto3
times = {}
for module in sys.argv[2:]:
    times[module] = []
    for _ in range(int(sys.argv[1])):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            began = time.process_time()
            __import__(module)
            os.write(writing, str(time.process_time() - began).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            times[module].append(float(pipe.read()))
        os.waitpid(child, 0)
print(json.dumps(times))
"""


def handlers() -> list[str]:
    """The module of every handler, as the templates name it."""
    files = sorted((REPO / "functions" / "unplugd").glob("*/handlers/*.py"))
    return [f"unplugd.{file.parts[-3]}.handlers.{file.stem}" for file in files if file.stem != "__init__"]


def import_ms(modules: Sequence[str], repeats: int) -> dict[str, float]:
    """Milliseconds of processor time to import each module beyond boto3: the median of `repeats` fresh processes."""
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT, str(repeats), *modules],
        env={**bare, "PYTHONPATH": str(REPO / "functions"), "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    times: dict[str, list[float]] = json.loads(done.stdout)
    return {
        module.removeprefix("unplugd.").replace(".handlers.", "/"): round(1000 * statistics.median(taken), 1)
        for module, taken in times.items()
    }


@contextmanager
def studio(folder: Path) -> Iterator[tuple[Endpoint, str, Identity, Library]]:
    """A stack of its own with the product deployed: it, the API's URL, its user and the user's library."""
    with LocalStack(folder) as endpoint:
        parameters = {"Environment": "dev", "MaxConcurrentSongs": "1"}
        outputs = deploy(endpoint, parameters=parameters, stack_name=sessions.STACK_NAME)
        session = sessions.Session(endpoint.url, endpoint.pid, outputs, folder, is_ours=True)
        transport = Transport()
        try:
            identity = sessions.identify(session, transport, sessions.person(folder))
            yield endpoint, outputs["ApiUrl"], identity, sessions.library(session, transport, identity)
        finally:
            transport.close()


def requests_per_second(url: str, token: str, seconds: float) -> float:
    """GET /songs from CLIENTS threads for so long; every answer must be 200."""
    address = urlsplit(url)
    answered, refused = [0] * CLIENTS, [0] * CLIENTS
    end = time.monotonic() + seconds

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        while time.monotonic() < end:
            connection.request("GET", f"{address.path}/songs", headers={"Authorization": token})
            answer = connection.getresponse()
            answer.read()
            answered[number] += 1
            refused[number] += answer.status != 200
        connection.close()

    began = time.monotonic()
    clients = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if sum(refused):
        raise SystemExit(f"{sum(refused)} of {sum(answered)} answers were not 200.")
    return sum(answered) / (time.monotonic() - began)


def overhead(endpoint: Endpoint, library: Library, song: Path) -> float:
    """Seconds from the end of the upload to COMPLETED in which none of the song's tasks ran."""
    ticket = library.announce(song, "audio/wav")
    library.upload(ticket, song)
    sent = time.time()
    while (state := library.get(ticket.song_id))["status"] not in ("COMPLETED", "FAILED"):
        time.sleep(0.02)
    ended = time.time()
    if state["status"] == "FAILED":
        raise SystemExit(f"The song failed: {state.get('errorMessage')}")
    return ended - sent - task_seconds(endpoint, ticket.song_id)


def task_seconds(endpoint: Endpoint, song_id: str) -> float:
    """Seconds in which a task of this song ran: its execution's states that run tasks, which may overlap.

    The tasks' own times are whole seconds, too coarse for this.
    """
    states = endpoint.client("stepfunctions")
    machines = [machine["stateMachineArn"] for machine in states.list_state_machines()["stateMachines"]]
    runs = [run for arn in machines for run in states.list_executions(stateMachineArn=arn)["executions"]]
    arn = next(run["executionArn"] for run in runs if song_id in run["name"])
    spans: list[tuple[datetime, datetime]] = []
    entered: datetime | None = None
    for page in states.get_paginator("get_execution_history").paginate(executionArn=arn):
        for event in page["events"]:
            if event.get("stateEnteredEventDetails", {}).get("name") == TASK_STATE:
                entered = event["timestamp"]
            elif event.get("stateExitedEventDetails", {}).get("name") == TASK_STATE and entered:
                spans.append((entered, event["timestamp"]))
    if not spans:
        raise SystemExit(f"The execution's history has no state {TASK_STATE}.")
    return sum((end - start).total_seconds() for start, end in merged(spans))


def merged(spans: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same time without overlaps."""
    apart: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], end))
        else:
            apart.append((start, end))
    return apart


def write_song(file: Path) -> None:
    """A stereo file of SONG_S seconds: two tones that swell."""
    rate = 44_100
    with wave.open(str(file), "wb") as song:
        song.setnchannels(2)
        song.setsampwidth(2)
        song.setframerate(rate)
        for second in range(SONG_S):
            frames = bytearray()
            for n in range(second * rate, (second + 1) * rate):
                swell = 9_000 * (1 + math.sin(n / 9_000))
                left, right = swell * math.sin(n * 0.03), swell * math.sin(n * 0.045)
                frames += struct.pack("<hh", int(left), int(right))
            song.writeframes(frames)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="of each figure (3)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of load in a run (10)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the file to write")
    options = parser.parse_args()
    imports = import_ms(handlers(), 2 * options.runs + 1)
    with (
        tempfile.TemporaryDirectory() as scratch,
        studio(Path(scratch) / "data") as (endpoint, url, identity, library),
    ):
        song = Path(scratch) / "tones.wav"
        write_song(song)
        token = identity.id_token()
        requests_per_second(url, token, 3.0)  # every worker is started
        rates = [requests_per_second(url, token, options.seconds) for _ in range(options.runs)]
        overheads = [overhead(endpoint, library, song) for _ in range(options.runs)]
    result: dict[str, Any] = {
        "import_ms": imports,
        "req_per_s": round(statistics.median(rates), 1),
        "overhead_s": round(statistics.median(overheads), 2),
        "runs": {
            "req_per_s": [round(rate, 1) for rate in rates],
            "overhead_s": [round(s, 2) for s in overheads],
        },
        "targets": TARGETS,
        "machine": {
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[1], 1),
            "python": sys.version.split()[0],
        },
    }
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    slowest = max(imports, key=lambda name: imports[name])
    print(
        f"import   {imports[slowest]:6.1f} ms at most beyond boto3 ({slowest}); target {TARGETS['import_ms']:.0f}"
    )
    print(
        f"requests {result['req_per_s']:6.1f} a second by {CLIENTS} clients; target {TARGETS['req_per_s']:.0f}"
    )
    print(f"overhead {result['overhead_s']:6.2f} s a song; target {TARGETS['overhead_s']:.0f}")


if __name__ == "__main__":
    main()
