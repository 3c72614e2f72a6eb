"""The measure queue under fire: `python -m bench.measurement` writes bench/results/measurement.json.

- `songs_enqueued`: the songs of one person whose measuring is asked for at once, and `puts`, the rows made for them, in
  `enqueue_s`; `twice_new_rows`: the rows that the same request makes a second time.
- `drain_rows_per_s`: what one worker does of these, with a source that answers at once.
- `rows`: another 1,000, worked off by several processes that are killed at random (`kills`); `done_once`: those of them
  that one worker ended, and no second one; `stuck`: those that are not done `STUCK_S` after the last kill.
- `edits_overwritten`: of `remeasures` new measurements of songs that a person had changed at random, after which the
  person's value was not shown, or was not in the song's row.

The table is that of templates/storage.yaml, in memory behind HTTP (bench/table_server.py). Leases are short, so that
lost ones end soon."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.remeasure import overwritten
from tests.documents import template_of
from unplugd.aws.clients import client
from unplugd.aws.measure_queue import MeasureQueue
from unplugd.domain.measure_queue import HISTORICAL, Outcome, Row, Values
from unplugd.kernel.clock import to_iso, utc_now
from unplugd.measurement.drain import Drain

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "bench/results/measurement.json"
REGION = "us-east-1"
TABLE = "unplugd-bench-measure-queue"
WORKERS = 6
LEASE_S, HEARTBEAT_S = 3.0, 1.0
STUCK_S = LEASE_S + 300.0  # a lease, and the five minutes of the schedule


def main() -> int:
    """Measure; 1 when something was lost, doubled or overwritten."""
    parser = argparse.ArgumentParser(prog="python -m bench.measurement", description=__doc__)
    parser.add_argument("--songs", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--remeasures", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--drain-s", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--worker", type=Path, help="for this program itself: a worker that notes what it ended here"
    )
    options = parser.parse_args()
    if options.worker:
        return _work(options.worker)
    chance = random.Random(options.seed)
    found: dict[str, Any] = {"remeasures": options.remeasures}
    found |= {"edits_overwritten": overwritten(options.remeasures, chance)}
    with tempfile.TemporaryDirectory(prefix="unplugd-measurement-") as folder, _table():
        found |= _enqueue(options.songs, options.drain_s)
        found |= _under_fire(Path(folder), options.rows, options.kills, chance)
    found |= {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
    REPORT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    good = found["done_once"] == found["rows"] and found["puts"] == found["songs_enqueued"]
    bad = found["stuck"] or found["twice_new_rows"] or found["edits_overwritten"]
    return int(not good or bool(bad))


@contextmanager
def _table() -> Iterator[None]:
    """The tables, and an environment in which boto3 finds them."""
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.table_server"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdin and server.stdout
    try:
        os.environ |= {
            "AWS_ENDPOINT_URL": server.stdout.readline().decode().strip(),
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",  # pragma: allowlist secret - moto takes any
            "AWS_DEFAULT_REGION": REGION,
        }
        for name in (TABLE, f"{TABLE}-fire"):
            _make_table(name)
        yield
    finally:
        server.stdin.close()
        server.wait()


def _make_table(name: str) -> None:
    properties = template_of(ROOT / "templates/storage.yaml")["Resources"]["MeasureQueueTable"]["Properties"]
    known = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    client("dynamodb").create_table(TableName=name, **{each: properties[each] for each in known})


def _rows(person: str, count: int) -> list[Row]:
    now = to_iso(utc_now())
    return [Row(person, f"isrc:GBAYE{n:07d}", HISTORICAL, 1, now, rank=n % 97) for n in range(count)]


class _Instant:
    """A source that answers at once, and notes nothing."""

    def fetch(self, rows: Sequence[Row]) -> Sequence[Outcome]:
        return [Values({"plays": {"spotify": 1}}) for _ in rows]


def _worker(queue: Any, *, for_s: float, heartbeat_s: float = 20.0) -> Drain:
    return Drain(
        queue,
        {HISTORICAL: _Instant()},
        utc_now,
        lambda: uuid.uuid4().hex,
        random.random,
        for_s=for_s,
        heartbeat_s=heartbeat_s,
    )


def _enqueue(songs: int, drain_s: float) -> dict[str, Any]:
    queue = MeasureQueue(client("dynamodb"), TABLE)
    rows = _rows("busy", songs)
    began = time.monotonic()
    made = queue.put(rows)
    enqueue_s = time.monotonic() - began
    again = queue.put(rows)
    began = time.monotonic()
    drained = _worker(queue, for_s=drain_s).run()
    seconds = time.monotonic() - began
    return {
        "songs_enqueued": songs,
        "puts": made.made,
        "enqueue_s": round(enqueue_s, 1),
        "twice_new_rows": again.made,
        "drain_rows_per_s": round(drained / seconds, 1),
    }


# --- workers that are killed ------------------------------------------------------------------------------------------


class _Noting(MeasureQueue):
    """A queue with short leases, that notes each row which this worker ended."""

    def __init__(self, note: Path, table: str) -> None:
        super().__init__(client("dynamodb"), table)
        self._ended = note

    def take(self, source: str, **how: Any) -> Sequence[Row]:
        return super().take(source, **{**how, "lease_s": LEASE_S})

    def settle(self, row: Row, outcome: Outcome, *, now: datetime, jitter: float) -> Row | None:
        stored = super().settle(row, outcome, now=now, jitter=jitter)
        if stored and stored.ended:
            with self._ended.open("a") as note:
                note.write(f"{row.key}\n")
        return stored


def _work(note: Path) -> int:
    """A worker, until it is killed: look again whenever nothing is left."""
    queue = _Noting(note, f"{TABLE}-fire")
    while True:
        _worker(queue, for_s=60.0, heartbeat_s=HEARTBEAT_S).run()
        time.sleep(0.1)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    note = folder / f"{uuid.uuid4().hex}.ended"
    return subprocess.Popen(
        [sys.executable, "-m", "bench.measurement", "--worker", str(note)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "functions"), str(ROOT)])},
    )


def _under_fire(folder: Path, count: int, most_kills: int, chance: random.Random) -> dict[str, Any]:
    table = f"{TABLE}-fire"
    queue = MeasureQueue(client("dynamodb"), table)
    people = [f"person-{n}" for n in range(10)]
    rows = [dataclasses.replace(row, user_id=people[n % 10]) for n, row in enumerate(_rows("", count))]
    queue.put(rows)
    workers = [_start(folder) for _ in range(WORKERS)]
    kills, end = 0, None
    try:
        while (left := count - _done(table)) and (end is None or time.monotonic() < end):
            if kills < most_kills and left < count:  # somebody is at work
                victim = chance.randrange(WORKERS)
                workers[victim].send_signal(signal.SIGKILL)
                workers[victim].wait()
                workers[victim] = _start(folder)
                kills += 1
            elif end is None and kills >= most_kills:
                end = time.monotonic() + STUCK_S
            time.sleep(chance.uniform(0.05, 0.5))
            queue.reclaim(now=utc_now())
        stuck = count - _done(table)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    ended = [name for note in folder.glob("*.ended") for name in note.read_text().split()]
    twice = len(ended) - len(set(ended))
    return {"rows": count, "kills": kills, "done_once": count - stuck - twice, "stuck": stuck}


def _done(table: str) -> int:
    """How many rows are done."""
    pages = (
        client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=table,
            ConsistentRead=True,
            FilterExpression="#s = :done",
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":done": {"S": "done"}},
            Select="COUNT",
        )
    )
    counts: list[Mapping[str, Any]] = list(pages)
    return sum(int(page["Count"]) for page in counts)


if __name__ == "__main__":
    sys.exit(main())
