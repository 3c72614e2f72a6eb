"""`python -m bench.capture_load`: twenty people record at once while things fail, on the local stack.

Each sends ten windows, the last one first. Of the PUTs a tenth fail: half of these are never stored, of the others only
the answer is lost. In one of twenty calls a function is killed: between its claim and its call of the next one, as it
stores the sound, and as it notes the window. Each event comes twice. Then all is swept, and each take is compared with
what was recorded, to the bit. Exits 1 when a window was lost, or taken twice.

Writes into bench/results/capture.json, and leaves what other programs wrote there:
`grant_ratio` is the links that were asked for per window; 1 if nothing failed. `killed_functions` are processes."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.chaos.people import Guest
from tests.chaos.recording import COMPLETE, START_INGEST, Recording
from tests.chaos.world import World, together

REPORT = Path(__file__).with_name("results") / "capture.json"
PUT_SHARE, KILL_SHARE = 0.10, 0.05
TRIES = 20  # of a window; a recorder tries for ever
ALWAYS = 1_000_000


def main() -> int:
    """Measure; 1 when a window was lost or taken twice."""
    parser = argparse.ArgumentParser(prog="python -m bench.capture_load", description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--windows", type=int, default=10, help="of each")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="unplugd-capture-") as folder:
        world = World(Path(folder))
        try:
            found = measure(world, options.people, options.windows)
        finally:
            world.close()
    keep(REPORT, found)
    print(json.dumps(found, indent=1), f"\n{time.monotonic() - began:.0f} s")
    return int(bool(found["lost"] or found["twice"]))


def measure(world: World, people: int, windows: int) -> dict[str, Any]:
    """What capture.json says about the server."""
    with ExitStack() as held:
        guests = [held.enter_context(world.guest(f"singer-{number}")) for number in range(people)]
        puts = [
            world.fault("http", r"^PUT /[^/]+/sessions/", do, times=ALWAYS, share=PUT_SHARE / 2)
            for do in ("fail", "lose")
        ]
        for match, function, body in (
            (START_INGEST, COMPLETE, ""),
            (r"^PUT .*/window_\d+\.flac", "ingest-window", ""),
            (r"\.UpdateItem$", "ingest-window", "ingestedWindows"),
        ):
            share = KILL_SHARE if function == COMPLETE else KILL_SHARE / 2
            world.fault("http", match, f"kill:{function}", body=body, times=ALWAYS, share=share)
        recordings = together(*[lambda guest=guest: record(world, guest, windows) for guest in guests])
        for one in recordings:
            if isinstance(one, Exception):
                raise one
        failed_puts = sum(fault.hits for fault in puts)
        world.set_clock(240)  # what did not come through by itself is now old enough for the sweep
        lost = [missing(one) for one in recordings]
        twice = sum(len(one.taken_twice()) for one in recordings)
        killed = world.killed()
        world.calm()
    return {
        "people": people,
        "windows": people * windows,
        "lost": sum(lost),
        "twice": twice,
        "grant_ratio": round(sum(one.granted for one in recordings) / (people * windows), 3),
        "killed_functions": killed,
        "failed_puts": failed_puts,
    }


def record(world: World, guest: Guest, windows: int) -> Recording:
    """Record, the last window first, each event once more, and close."""
    recording = Recording(world, guest, windows)
    for index in reversed(range(windows)):
        recording.send(index, tries=TRIES)
    for index in range(windows):
        world.invoke(COMPLETE, recording.event(index))
    recording.close()
    return recording


def missing(recording: Recording) -> int:
    """How many windows a recording lost, after all had the time to come through."""
    try:
        recording.wait_for("status", "READY", within_s=300)
    except AssertionError:
        shown = recording.shown()
        print(f"{recording.id} is {shown['status']}: {shown['missing']} are missing")
        return len(shown["missing"])
    return len(recording.lost())


def keep(report: Path, found: dict[str, Any]) -> None:
    """Write these keys and keep the others."""
    there = json.loads(report.read_text()) if report.exists() else {}
    report.write_text(json.dumps(there | found, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
