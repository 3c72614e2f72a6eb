"""Guess The Track under fire: `python -m bench.practice` writes bench/results/practice.json.

- `sm2_differences`: answers of 10,000 random histories after which SM-2 differs from the second implementation of its
  test.
- `fold_differences`: cards of the races below whose row is not the fold of their log, by either scheduler.
- `duplicate_reviews`: reviews beyond the first that 100 calls with one id leave, from eight threads.
- `races_lost`: of `races` in which two devices answer one card at the same moment, the answers that are not in the log
  after both sent theirs until it was taken; `rebased`: how often a device had to send again.
- `due_scanned_per_page`: the most rows beyond the limit that a page of what is due read, of 10,000 cards; less than 0
  when it read fewer.
- `title_leaks`: of 100 songs, those of which a page of what is due holds a word.

The table is that of templates/storage.yaml, in memory behind HTTP (bench/table_server.py)."""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ulid import ULID

from tests.documents import template_of
from tests.unit.practice.test_sm2 import Reference
from unplugd.aws.clients import client
from unplugd.aws.practice_rows import card_row
from unplugd.aws.practice_table import PracticeTable
from unplugd.aws.table import serialized
from unplugd.domain.practice import Card
from unplugd.domain.scheduling import NAMES, Memory, Sm2, State, fold, scheduler
from unplugd.domain.song import Song, Status
from unplugd.kernel.errors import Changed, Transient
from unplugd.practice import service
from unplugd.practice.grading import Given

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "bench/results/practice.json"
REGION, TABLE = "us-east-1", "unplugd-bench-practice"
OWNER = "11111111-1111-4111-8111-111111111111"
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
CARDS = 20


class _Songs:
    """A library of finished songs in memory, each with words of its own in its title."""

    def __init__(self, count: int) -> None:
        self.all = [_song(number) for number in range(count)]
        self._by_id = {song.song_id: song for song in self.all}

    def get(self, user_id: str, song_id: str) -> Song | None:
        return self._by_id.get(song_id) if user_id == OWNER else None

    def find(self, user_id: str, song_ids: Sequence[str]) -> list[Any]:
        return [song for one in song_ids if (song := self.get(user_id, one))]

    def page(self, owner: str, *, status: Status | None, after: str | None, limit: int) -> Sequence[Any]:
        newest = [song for song in reversed(self.all) if after is None or song.song_id < after]
        return newest[:limit]


class _Results:
    """Links that name what they link to."""

    def download_link(self, key: str) -> str:
        return f"https://storage.example/{key}"


def main() -> int:
    """Measure; 1 when something was lost, doubled, wrong or named."""
    parser = argparse.ArgumentParser(prog="python -m bench.practice", description=__doc__)
    parser.add_argument("--histories", type=int, default=10_000)
    parser.add_argument("--races", type=int, default=1_000)
    parser.add_argument("--cards", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    found: dict[str, Any] = {"sm2_differences": sm2_differences(options.histories, chance)}
    with _table() as table:
        found |= _races(table, options.races, chance)
        found |= {"duplicate_reviews": _duplicates(table), "title_leaks": _leaks(table)}
        found |= {"cards": options.cards, "due_scanned_per_page": _scanned(table, options.cards)}
    found |= {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
    # Other figures of the report come from a browser (web/bench/practice.bench.ts) and from other benchmarks.
    known = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    REPORT.write_text(json.dumps(known | found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    counted = ("sm2_differences", "fold_differences", "races_lost", "duplicate_reviews", "title_leaks")
    return int(any(found[name] for name in counted) or found["due_scanned_per_page"] > 1)


def sm2_differences(histories: int, chance: random.Random) -> int:
    """Answers after which SM-2 and its second implementation differ."""
    differences = 0
    for _ in range(histories):
        reference, memory = Reference(), Memory()
        for _ in range(chance.randint(1, 25)):
            grade = chance.randint(0, 5)
            reference.answer(grade)
            memory = Sm2().answer(memory, grade, 1)
            same = (memory.interval, memory.repetitions) == (reference.interval, reference.n)
            differences += not (same and memory.ease == reference.ef * 100)
    return differences


def _races(table: PracticeTable, races: int, chance: random.Random) -> dict[str, Any]:
    songs = _Songs(CARDS)
    now, sent, rebased = START, dict[str, set[str]](), 0

    def device(given: Given) -> int:
        again = 0
        while True:
            try:
                service.grade_card(given, owner=OWNER, practice=table, songs=songs, now=now)
            except Changed:
                again += 1
            except Transient:
                continue
            else:
                return again

    with ThreadPoolExecutor(2) as devices:
        for number in range(races):
            if number == races // 2:
                service.put_practice_settings({"scheduler": "fsrs"}, owner=OWNER, practice=table)
            song = chance.choice(songs.all).song_id
            both = [_given(song, chance, now) for _ in range(2)]
            sent.setdefault(song, set()).update(given.review_id for given in both)
            rebased += sum(devices.map(device, both))
            now += timedelta(hours=3)
    lost = wrong = 0
    for song, ids in sent.items():
        log = table.log(OWNER, song)
        lost += len(ids - {entry.review_id for entry in log})
        card = table.card(OWNER, song)
        assert card
        for name in NAMES:
            state = fold([entry.entry for entry in log], scheduler(name))
            wrong += name == card.scheduler and state != card.state
    return {"races": races, "rebased": rebased, "races_lost": lost, "fold_differences": wrong}


def _duplicates(table: PracticeTable) -> int:
    songs = _Songs(CARDS)
    chance = random.Random(1)
    given = _given(songs.all[0].song_id, chance, START + timedelta(days=400))
    before = len(table.log(OWNER, given.song_id))

    def send(_: int) -> None:
        while True:
            try:
                service.grade_card(given, owner=OWNER, practice=table, songs=songs, now=given.at)
            except (Changed, Transient):
                continue
            return

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(send, range(100)))
    return len(table.log(OWNER, given.song_id)) - before - 1


def _leaks(table: PracticeTable) -> int:
    songs = _Songs(100)
    changes = {"new_a_day": 1000, "reviews_a_day": 10_000}
    service.put_practice_settings(changes, owner=OWNER, practice=table)
    now = START + timedelta(days=800)
    answers = [
        service.get_due(100, owner=OWNER, practice=table, songs=songs, results=_Results(), now=now)
        for _ in range(2)
    ]
    assert len(answers[-1]["data"]) == len(songs.all)
    text = json.dumps(answers).lower()
    words = [(song.title or "").lower().split() + (song.artist or "").lower().split() for song in songs.all]
    return sum(any(word in text for word in own) for own in words)


def _scanned(table: PracticeTable, cards: int) -> int:
    """Beyond the limit, at most."""
    db, today = client("dynamodb"), START.date()
    rows = []
    for number in range(cards):
        due = today + timedelta(days=number % 300 - 150)
        state = State() if number % 10 == 0 else State(Memory(interval=9), due=due, last_day=due)
        card = Card("crowd", _id(number), 1, "2026-01-01T00:00:00.000Z", state=state)
        rows.append({"PutRequest": {"Item": serialized(card_row(card))}})
    for start in range(0, cards, 25):
        db.batch_write_item(RequestItems={TABLE: rows[start : start + 25]})
    counts: list[int] = []
    db.meta.events.register(
        "after-call.dynamodb.Query", lambda parsed, **_: counts.append(parsed["ScannedCount"])
    )
    worst = -100
    for limit in (1, 20, 100):
        counts.clear()
        found = len(table.due("crowd", today, limit=limit))
        found += len(table.fresh("crowd", limit=limit - found))
        assert found == limit
        worst = max(worst, sum(counts) - limit)
    return worst


def _given(song_id: str, chance: random.Random, now: datetime) -> Given:
    at = now - timedelta(days=chance.randint(0, 20))
    return Given(song_id, _id(chance.getrandbits(79)), chance.randint(0, 5), at, 900, 0, 1)


def _id(number: int) -> str:
    return str(ULID(int(START.timestamp() * 1000).to_bytes(6, "big") + number.to_bytes(10, "big")))


def _song(number: int) -> Song:
    moment = "2026-01-01T00:00:00.000Z"
    title, artist = f"Zanzibar{number}q Quicksilver{number}q", f"Featherstonehaugh{number}q"
    return Song(OWNER, _id(number), Status.COMPLETED, moment, moment, title, artist, duration_sec=180.0)


@contextmanager
def _table() -> Iterator[PracticeTable]:
    """The table, and an environment in which boto3 finds it."""
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
        properties = template_of(ROOT / "templates/storage.yaml")["Resources"]["PracticeTable"]["Properties"]
        known = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        client("dynamodb").create_table(TableName=TABLE, **{key: properties[key] for key in known})
        yield PracticeTable(client("dynamodb"), TABLE)
    finally:
        server.stdin.close()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
