"""The measure queue: its worker killed at each step, doubled, too slow or throttled; a failing table; old rows."""

from __future__ import annotations

import time
import uuid
from typing import Any

from tests.chaos.case import Case, case, cases
from tests.chaos.people import Guest
from tests.chaos.world import PREFIX, World, together, wait_for
from tests.plays_server import Answer
from unplugd.aws.measure_queue import MeasureQueue
from unplugd.domain.measure_queue import HISTORICAL, Row
from unplugd.kernel.clock import to_iso, utc_now

TABLE = f"{PREFIX}-measure-queue"
WORKER = "maintain-measurements"
ROWS = 6


class Wanted:
    """Some measurements of one person, by codes that no other case uses."""

    def __init__(self, world: World, guest: Guest, count: int = ROWS) -> None:
        self._world = world
        self.queue = MeasureQueue(world.client("dynamodb"), TABLE)
        self.prefix = uuid.uuid4().hex[:7].upper()
        self.user_id = guest.user_id
        now = to_iso(utc_now())
        codes = [f"{self.prefix}{n:05d}" for n in range(count)]
        self.rows = [Row(guest.user_id, f"isrc:{code}", HISTORICAL, 1, now) for code in codes]

    def put(self) -> Any:
        """Ask for all of them."""
        return self.queue.put(self.rows)

    def states(self) -> list[str]:
        """Their states."""
        found = [self.queue.of_subject(row.user_id, row.subject, HISTORICAL) for row in self.rows]
        return [str(one.state) for each in found for one in each]

    def asked(self) -> list[str]:
        """The codes of this case that the source was asked for, in order."""
        return [code for code in self._world.plays.asked if code.startswith(self.prefix)]

    def wait_until_done(self, within_s: float = 60) -> None:
        """Run the worker, as its schedule does, until all are done."""

        def done() -> bool:
            self._world.invoke(WORKER)
            return self.states() == ["done"] * len(self.rows)

        wait_for(done, within_s, f"{len(self.rows)} measurements to be done; they are {self.states()}")

    def check_asked(self, *, more: int = 0) -> None:
        """Each code was asked for, and at most `more` calls were made twice."""
        asked = self.asked()
        assert set(asked) == {row.code for row in self.rows}, "a measurement is done and was never asked for"
        assert len(asked) <= len(self.rows) + more, f"{len(asked)} calls for {len(self.rows)} measurements"


def _killed_at(step: str, where: str, skip: int) -> Case:
    def run(world: World, guest: Guest) -> None:
        wanted = Wanted(world, guest)
        body = f"{wanted.prefix}00002"
        fault = world.fault("http", r"\.UpdateItem$", f"kill:{WORKER}", body=body, skip=skip)
        wanted.put()
        world.invoke(WORKER)
        fault.wait_until_hit()
        world.set_clock(120)  # the dead worker's leases are over
        wanted.wait_until_done()
        wanted.check_asked(more=1)

    return Case(f"measure-killed-at-{step}", f"maintain_measurements: killed {where}", run)


cases(
    [
        _killed_at("lease", "as it leases a row", 0),
        _killed_at("answer", "between a source's answer and its storing", 1),
    ]
)


@case("measure-killed-at-call", "maintain_measurements: killed while it waits for the source")
def killed_at_call(world: World, guest: Guest) -> None:
    wanted = Wanted(world, guest)
    killed: list[int] = []

    def answer(isrc: str) -> Answer:
        if isrc == f"{wanted.prefix}00003" and not killed:
            killed.append(1)
            world.kill_workers(WORKER)
        return Answer()

    world.plays.answer = answer
    wanted.put()
    world.invoke(WORKER)
    wait_for(lambda: killed, 30, "the worker to ask")
    world.set_clock(120)
    wanted.wait_until_done()
    wanted.check_asked(more=1)


@case("measure-twice-at-once", "maintain_measurements: six workers take the same rows at once")
def twice_at_once(world: World, guest: Guest) -> None:
    wanted = Wanted(world, guest, 20)
    others = world.fault("function", f"^{WORKER}$", "hold", body="aws.events", times=1000, guards=True)
    late = world.fault("http", r"\.Query$", "late", body="pending#historical", times=6)
    wanted.put()

    def let_go() -> None:
        wait_for(lambda: late.hits == 6, 60, "all workers to have read the queue")
        late.lift()

    together(*[lambda: world.invoke(WORKER)] * 6, let_go)
    others.lift()
    wanted.wait_until_done()
    wanted.check_asked()


@case("measure-asked-again", "measure queue: what is done is asked for again, ten times at once")
def asked_again(world: World, guest: Guest) -> None:
    wanted = Wanted(world, guest)
    together(*[wanted.put] * 10)
    wanted.wait_until_done()
    together(*[wanted.put] * 10)
    world.invoke(WORKER)
    assert wanted.states() == ["done"] * ROWS, wanted.states()
    wanted.check_asked()


@case("measure-late-answer", "maintain_measurements: the source answers after the lease was taken over")
def late_answer(world: World, guest: Guest) -> None:
    wanted = Wanted(world, guest, 1)
    row = wanted.rows[0]
    # The first worker has its answer, and is slow to store it: its write is held until the second is through.
    held = world.fault("http", r"\.UpdateItem$", "hold", body='"values"')
    world.plays.answer = lambda _: Answer(body=b'{"plays": {"spotify": %d}}' % len(wanted.asked()))
    wanted.put()

    def second() -> None:
        held.wait_until_hit()
        world.set_clock(120)
        wanted.wait_until_done()
        held.lift()

    together(lambda: world.invoke(WORKER), second)
    time.sleep(1)
    (found,) = wanted.queue.of_subject(row.user_id, row.subject, HISTORICAL)
    assert found.values == {"plays": {"spotify": 2}}, f"the late worker wrote {found.values}"


@case("measure-throttled", "outside source: 429 at first, and a fault each third time")
def throttled(world: World, guest: Guest) -> None:
    wanted = Wanted(world, guest)
    calls: list[str] = []

    def answer(isrc: str) -> Answer:
        if not isrc.startswith(wanted.prefix):
            return Answer()
        calls.append(isrc)
        if len(calls) == 1:
            return Answer(429, b"", {"Retry-After": "2"})
        return Answer(503, b"", {"Retry-After": "1"}) if len(calls) % 3 == 0 else Answer()

    world.plays.answer = answer
    wanted.put()
    wanted.wait_until_done()
    assert len(calls) >= ROWS + 1, calls


@case("measure-table-fails", "measure queue: its table fails; the run fails, and says no zero")
def table_fails(world: World, guest: Guest) -> None:
    wanted = Wanted(world, guest)
    wanted.put()
    fault = world.fault("http", r"\.Query$", "fail", body="leased#", times=1000)
    answer = world.invoke(WORKER)
    assert answer.get("errorType") == "Transient", f"the run answered {answer}"
    fault.lift()
    wanted.wait_until_done()
    wanted.check_asked()


@case("measure-old-rows", "measure queue: rows of an earlier version, in no index and without a lease's end")
def old_rows(world: World, guest: Guest) -> None:
    wanted = Wanted(world, guest, 4)
    for n, row in enumerate(wanted.rows):
        old = {"userId": row.user_id, "job": row.key, "subject": row.subject, "source": row.source}
        old |= {"state": "leased" if n % 2 else "pending", "requestedAt": row.requested_at}
        item = {name: {"S": value} for name, value in old.items()} | {"version": {"N": "1"}}
        world.client("dynamodb").put_item(TableName=TABLE, Item=item)
    wanted.wait_until_done()
    wanted.check_asked()


@case("measure-cap-at-once", "measure queue: the calls of a day are counted by twenty at once")
def cap_at_once(world: World, guest: Guest) -> None:
    queue, now = MeasureQueue(world.client("dynamodb"), TABLE), utc_now()
    source = f"{HISTORICAL}-{uuid.uuid4().hex[:6]}"
    assert queue.spend(source, cap=7, now=now)
    allowed = together(*[lambda: queue.spend(source, cap=7, now=now)] * 20)
    assert allowed.count(True) == 6, f"{allowed.count(True) + 1} calls of at most 7 were allowed"
