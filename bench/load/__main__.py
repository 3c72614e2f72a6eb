"""`python -m bench.load [--songs N]`: measure a crowd on the local stack, and write bench/results/load.json.

Songs are worked on by an engine of a moment (tests.chaos.planned_task) under the real tasks, in two slots: what is
measured is the line, the API and the pushes, not separation. Exits 1 when a song was lost or a slot exceeded."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.load.fanout import fan_out
from bench.load.library import scanned_per_page
from tests.chaos.audit import most_at_once
from tests.chaos.people import Guest
from tests.chaos.world import PREFIX, World, wait_for

REPORT = Path(__file__).resolve().parents[1] / "results" / "load.json"
OTHERS = 19
PAUSE_S = 0.5  # between two API calls of the observer
LONE = 10  # songs sent one by one to an idle system


def main() -> int:
    """Measure; 1 when something was lost or too many songs ran at once."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--songs", type=int, default=100, help="how many the one busy person sends")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="unplugd-load-") as folder:
        world = World(Path(folder))
        try:
            found = measure(world, options.songs)
        finally:
            world.close()
    found = {**found, "songs": options.songs, "cores": os.cpu_count(), "load_average": os.getloadavg()[0]}
    REPORT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    return int(bool(found["lost"] or found["slots_exceeded"]))


def measure(world: World, songs: int) -> dict[str, Any]:
    """All figures of bench/results/load.json. Times in ms."""
    with ExitStack() as held:
        guests = [held.enter_context(world.guest(f"person-{number}")) for number in range(OTHERS + 1)]
        observer = held.enter_context(world.guest("observer"))
        observer.send()
        wait_for(world.is_quiet, 120, "the first, cold song")
        idle = [_call_ms(observer) for _ in range(60)]
        starts = [_lone_start_ms(world, observer) for _ in range(LONE)]
        crowd, busy = _crowd(world, guests, observer, songs)
    return {
        **crowd,
        "api_p50_ms": _percentile(busy, 50),
        "api_p99_ms": _percentile(busy, 99),
        "idle_p50_ms": _percentile(idle, 50),
        "idle_start_ms": {"median": statistics.median(starts), "worst": max(starts)},
        "scanned_per_page": scanned_per_page(world),
        "fanout_ms": fan_out(world),
    }


def _crowd(
    world: World, guests: list[Guest], observer: Guest, songs: int
) -> tuple[dict[str, Any], list[float]]:
    """One person sends `songs`, then each other one sends one; until all are done."""
    hold = world.fault("function", "^start-processing$", "hold", times=100_000)
    for _ in range(songs):
        guests[0].send()
    for guest in guests[1:]:
        guest.send()
    everyone = [song for guest in guests for song in guest.sent]
    wait_for(lambda: len(_waiting(world)) == len(everyone), 300, "everyone in the line")
    began = time.time()
    done = threading.Event()
    busy: list[float] = []

    def observe() -> None:
        while not done.wait(PAUSE_S):
            busy.append(_call_ms(observer))

    watching = threading.Thread(target=observe)
    watching.start()
    hold.lift()
    try:
        wait_for(lambda: not _waiting(world) and world.is_quiet(), 20 * len(everyone), "everyone's end")
    finally:
        done.set()
        watching.join()
    ended = {song: _first(world, song, began) for song in everyone}
    lost = [song for guest in guests for song in guest.sent if guest.status(song) != "COMPLETED"]
    most = most_at_once(world, everyone)
    return {
        "lost": len(lost),
        "slots_exceeded": max(0, most - world.slots),
        "wait_ratio": wait_ratio(
            sorted(ended.values()), [ended[guest.sent[0]] for guest in guests[1:]], len(guests)
        ),
        "seconds": round(time.time() - began, 1),
    }, busy


def wait_ratio(starts: list[float], singles: list[float], people: int) -> float:
    """The worst wait of a person with one song, divided by what round robin promises: after as many starts as there
    are people, each has had one. `starts`: when each song began, in order (s)."""
    ideal = starts[min(people, len(starts)) - 1]
    return round(max(singles) / max(ideal, 0.001), 2)


def _lone_start_ms(world: World, person: Guest) -> float:
    """From joining the line to the start of its execution, for a song sent to an idle system."""
    song = person.send()
    person.wait(song, "COMPLETED")
    wait_for(world.is_quiet, 30, "an idle system")
    row = world.row(person.user_id, song) or {}
    arn = world.machine.replace(":stateMachine:", ":execution:") + f":{song}-{row['attempt']}"
    begun: datetime = world.client("stepfunctions").describe_execution(executionArn=arn)["startDate"]
    return round((begun - datetime.fromisoformat(row["queuedAt"])).total_seconds() * 1000, 1)


def _first(world: World, song: str, began: float) -> float:
    runs = world.runs(song)
    return float(runs[0]["at"]) - began if runs else float("inf")


def _waiting(world: World) -> list[Any]:
    found: list[Any] = world.client("dynamodb").query(
        TableName=f"{PREFIX}-songs",
        IndexName="LineIndex",
        KeyConditionExpression="#l = :l",
        ExpressionAttributeNames={"#l": "line"},
        ExpressionAttributeValues={":l": {"S": "QUEUED"}},
    )["Items"]
    return found


def _call_ms(guest: Guest) -> float:
    began = time.perf_counter()
    status, _ = guest.call("GET", "/songs?limit=20")
    assert status == 200, status
    return (time.perf_counter() - began) * 1000


def _percentile(values: list[float], percent: int) -> float:
    if len(values) < 2:
        return round(values[0], 1) if values else 0.0
    return round(statistics.quantiles(values, n=100, method="inclusive")[percent - 1], 1)


if __name__ == "__main__":
    sys.exit(main())
