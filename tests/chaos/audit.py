"""What must hold after any fault: nothing lost, nothing twice, the state true, the slots whole, the person informed.

"Twice" is: a song completed by two executions although only one was requested, or its end pushed with two `seq`; a
stage's engine begun although an earlier run had saved all its results; two runs of a stage of one song at one time;
more songs at work than slots. A stage reckoned again because its results could not be saved is not: work that is not
saved is done again (docs/reliability.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.chaos.people import Guest
from tests.chaos.world import World, wait_for

SETTLE_S = 45.0


@dataclass
class Findings:
    """What was wrong; empty is good."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[str]:
        """Every sentence."""
        return [*self.lost, *self.twice, *self.untrue]


def audit(world: World, guest: Guest, *, settle_s: float = SETTLE_S) -> Findings:
    """Wait for every song's end and look at it from outside."""
    found = Findings()
    for song in guest.sent:
        _one(world, guest, song, found, settle_s)
    try:
        wait_for(world.is_quiet, settle_s, "free slots")
    except AssertionError as error:
        found.untrue.append(str(error))
    busiest = most_at_once(world, guest.sent)
    if busiest > world.slots:
        found.twice.append(f"{busiest} songs ran at once in {world.slots} slots")
    return found


def _one(world: World, guest: Guest, song: str, found: Findings, settle_s: float) -> None:
    end = guest.expected.get(song, "COMPLETED")
    try:
        wait_for(lambda: guest.status(song) == end, settle_s, f"{song} to be {end}")
    except AssertionError as error:
        found.lost.append(f"{error}; it is {guest.status(song)}")
        return
    succeeded = len(world.executions(song, "SUCCEEDED"))
    if succeeded > guest.completed_by.get(song, 1):
        found.twice.append(f"{song} was completed by {succeeded} executions")
    for stage in ("demucs", "whisper"):
        found.twice += [f"{stage} of {song} {what}" for what in twice(world.runs(song), stage)]
        if end == "COMPLETED" and world.count(song, stage) < 1:
            found.untrue.append(f"{song} is COMPLETED, but its {stage} was never done")
    if end == "GONE":
        return
    if not guest.deaf:
        _check_messages(guest, song, end, found)
    row = world.row(guest.user_id, song) or {}
    if end == "COMPLETED" and ("errorCode" in row or row.get("statusSongId") != f"COMPLETED#{song}"):
        found.untrue.append(f"the row of {song} is not that of a complete song: {row}")
    if "line" in row:
        found.untrue.append(f"{song} is {end} and still in the line")


def _check_messages(guest: Guest, song: str, end: str, found: Findings) -> None:
    try:
        wait_for(lambda: guest.messages(song, end), 10, f"the word that {song} is {end}")
    except AssertionError as error:
        found.untrue.append(str(error))
        return
    if len({message["seq"] for message in guest.messages(song, end)}) > 1:
        found.twice.append(f"{song} ended twice as {end}")
    seqs = [message["seq"] for message in guest.messages(song)]
    if len(set(seqs)) < len({(m["type"], m.get("stage"), m.get("progress")) for m in guest.messages(song)}):
        found.untrue.append(f"two different messages of {song} have the same seq: {guest.messages(song)}")
    if guest.messages(song, end)[0]["seq"] < max(seqs):
        found.untrue.append(f"the end of {song} has an older seq than what came before: {seqs}")


def twice(runs: list[dict[str, Any]], stage: str) -> list[str]:
    """What a stage's runs did twice, by their notes in order. Two runs were at one time when one of them is
    done or saved after the next has begun; one that was killed leaves no such note."""
    found = []
    begun: list[int] = []
    saved = False
    for note in (run for run in runs if run["stage"] == stage):
        if note["what"] == "begin":
            begun.append(note["run"])
            if saved:
                found.append("was begun again after its results were saved")
            continue
        if note["run"] != begun[-1]:
            found.append("was run twice at one time")
        saved = saved or note["what"] == "saved"
    return found


def most_at_once(world: World, songs: list[str]) -> int:
    """How many songs' tasks ran at the same time, at most."""
    steps: list[tuple[float, int]] = []
    for song in songs:
        begun: dict[str, float] = {}
        for run in world.runs(song):
            if run["what"] == "begin":
                begun[run["stage"]] = run["at"]
            elif run["stage"] in begun:
                steps += [(begun.pop(run["stage"]), 1), (run["at"], -1)]
    most = now = 0
    for _, step in sorted(steps):
        now += step
        most = max(most, now)
    return most
