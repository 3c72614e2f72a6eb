"""The rules of what goes wrong, as files in a folder that the test writes and the stack's launcher reads.

A rule is `<number>.json`; each time it bites, a byte is added to `<number>.hits`, so that a test can see that its fault
really came, and a restarted stack knows how often it has. A rule ends by its file's removal."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

# On a busy machine everything takes longer, and nothing here is about speed: CHAOS_PATIENCE=4 waits four times as long.
PATIENCE = float(os.environ.get("CHAOS_PATIENCE", "1"))
HELD_S = 60.0 * PATIENCE
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Rule:
    """One fault.

    `at` and `match`: "function" (its name, `mark-completed`), "task" (its definition), "http" (`METHOD path target`,
    target being the AWS operation of JSON protocols) or "edit" (the same; `do` is then the name of an edit of
    `edits.py`). `body`: a text that the payload must hold. `do`: "fail" (before any work; "throttle" and "deny" with a
    refusal of that name), "lose" (the work is done, the answer is a fault), "hold" (wait until the rule is gone,
    then go on), "late" (go on, and answer only when the rule is gone), "count" (a request goes on),
    "kill:<function>" (kill that function's workers, then fault), "keys" (answer with a key set of other keys). `skip`
    bites are let pass first, then `times` bite. One that `guards` keeps others away: it need not bite.
    One with a `share` bites by chance, in so many cases of one."""

    at: str
    match: str
    do: str
    body: str = ""
    times: int = 1
    skip: int = 0
    guards: bool = False
    share: float = 1.0


@dataclass(frozen=True)
class Placed:
    """A rule in force."""

    path: Path
    rule: Rule

    @property
    def hits(self) -> int:
        """How often it bit."""
        return max(0, self.met - self.rule.skip)

    @property
    def met(self) -> int:
        """How often it matched, skipped ones among them."""
        try:
            return self.path.with_suffix(".hits").stat().st_size
        except OSError:
            return 0

    def lift(self) -> None:
        """End it."""
        self.path.unlink(missing_ok=True)

    def wait_until_hit(self, within_s: float = 30.0) -> None:
        """Wait until it has bitten; AssertionError when it has not."""
        end = time.monotonic() + within_s * PATIENCE
        while self.hits == 0:
            assert time.monotonic() < end, f"the fault never came: {self.rule}"
            time.sleep(0.02)


def place(folder: Path, rule: Rule) -> Placed:
    """Put a rule in force."""
    path = folder / f"{time.time_ns()}{next(_NUMBERS):04}.json"
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(asdict(rule)))
    scratch.replace(path)
    return Placed(path, rule)


def biting(folder: Path, at: str, what: str, body: str) -> Iterator[Placed]:
    """The rules that bite here and now, each noted as having done so."""
    for path in sorted(folder.glob("*.json")):
        try:
            rule = Rule(**json.loads(path.read_text()))
        except (OSError, ValueError):
            continue
        placed = Placed(path, rule)
        if rule.at != at or not re.search(rule.match, what) or rule.body not in body:
            continue
        if placed.met >= rule.skip + rule.times or random.random() >= rule.share:
            continue
        with path.with_suffix(".hits").open("ab") as note:
            note.write(b".")
        if placed.met > rule.skip:
            yield placed


def held(placed: Placed) -> None:
    """Wait until the rule is lifted."""
    end = time.monotonic() + HELD_S
    while placed.path.exists() and time.monotonic() < end:
        time.sleep(0.02)
