"""Who runs: frees the slots of what is over, starts who is next, tells the others their place.

Every step is one conditional write, and every run begins by looking at what is, so any number of starters may run at
once, and each of them may die anywhere: the next one finds the same rows and goes on. People are told when everything
is written, so that nobody's connections keep anybody else from a slot or a turn."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from unplugd.domain.job import Kind, kind_of, owed_kind
from unplugd.domain.notify import Push, notify_owner
from unplugd.domain.queue import Lease, Waiting, in_turn
from unplugd.domain.queueing import join_queue
from unplugd.domain.song import Song, Status
from unplugd.domain.unreadable import Unreadable, UnreadableSong
from unplugd.kernel import metrics
from unplugd.kernel.clock import from_iso, to_iso
from unplugd.kernel.errors import Transient
from unplugd.kernel.log import logger
from unplugd.processing import rules

# A lease without an execution may belong to a starter that is at work this moment. One this old does not: a starter is
# ended after 30 s (its timeout in templates/queue.yaml).
ORPHAN_AFTER = timedelta(seconds=40)
# Of the songs whose place has changed, the first so many are told after a wake-up. The others see their place when they
# look.
PLACES_TOLD = 20
# All telling together takes no longer than this and the one call that is under way (7 s, when nothing answers): with
# what is written before it, a starter stays within its 30 s.
TELL_FOR_S = 10.0


class Songs(Protocol):
    """What starting needs of the songs table."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...
    def mark_processing(self, song: Song, *, execution_arn: str, now: str) -> Song | None: ...
    def mark_queued_again(self, song: Song, *, kind: Kind, now: str) -> Song | None: ...
    def mark_back_in_line(self, song: Song, *, now: str, attempt: int, place: int | None) -> Song | None: ...
    def mark_failed(self, song: Song, *, code: str, message: str, now: str) -> Song | None: ...


class Line(Protocol):
    """Who waits and who runs, over all people."""

    def waiting(self) -> Sequence[Waiting]: ...
    def running(self) -> Sequence[tuple[str, str]]: ...
    def place(self, song: Song) -> int: ...
    def give_turn(self, entry: Waiting, *, at: str) -> object: ...
    def note_place(self, entry: Waiting, place: int) -> Song | None: ...


class Slots(Protocol):
    """The leases."""

    def leases(self) -> Sequence[Lease]: ...
    def look(self) -> tuple[Sequence[Lease], Sequence[Any]]: ...
    def release_unreadable(self, lease: Any) -> None: ...
    def free(self, leases: Sequence[Lease]) -> Sequence[str]: ...
    def take(self, lease: Lease) -> bool: ...
    def release(self, lease: Lease) -> None: ...


class Executions(Protocol):
    """The state machine."""

    def arn(self, name: str) -> str: ...
    def start(self, name: str, payload: Mapping[str, Any]) -> None: ...
    def stop(self, execution_arn: str) -> None: ...
    def status(self, execution_arn: str) -> str | None: ...


@dataclass(frozen=True)
class Starter:
    """One look at the line. `run` is all there is to call."""

    songs: Songs
    line: Line
    slots: Slots
    executions: Executions
    push: Push
    now: datetime
    news: list[Song] = field(default_factory=list, init=False)  # as written, in this order, and not yet told

    def run(self, ended: Collection[str]) -> int:
        """`ended`: ARNs of executions that an event says are over. Answers how many songs were started."""
        # Before anything that may fail: a starter that fails each time is noticed by the age of the line.
        age = rules.line_age_s(self.line.waiting(), self.now)
        metrics.put("LineAgeSeconds", age, unit="Seconds")
        left: Sequence[Waiting] = ()
        try:
            taken, unreadable = self.slots.look()
            leases = self._one_each([lease for lease in taken if not self._is_over(lease, ended)])
            unleased = self._recover_unleased(leases)
            for lease in unreadable[unleased:]:  # as many as there are songs that run without a slot stay
                self.slots.release_unreadable(lease)
            order = in_turn(self.line.waiting())
            running = {lease.song_id for lease in leases}
            started = self._fill(order, running, list(self.slots.free(leases)))
            left = [entry for entry in order if entry.song_id not in running]
            left = in_turn(self._pass_turns(left, started))
        finally:
            self._tell_all(left)  # also when this run fails: what is written is so
        return len(started)

    # --- slots that nobody needs any more -------------------------------------------------------------------

    def _is_over(self, lease: Lease, ended: Collection[str]) -> bool:
        """Release a lease whose execution is known not to run, and see to its song. Whether it was released."""
        if lease.execution_arn not in ended:
            status = self.executions.status(lease.execution_arn)
            if status == "RUNNING":
                self._stop_unwanted(lease)
                return False
            if status is None and not self._is_old(lease):
                return False
            if status is None and (song := self._interrupted(lease)):
                logger().warning("finishing an interrupted start", extra={"songId": song.song_id})
                return not self._start(song, lease)
        after = self._look(lease.user_id, lease.song_id)
        if not isinstance(after, UnreadableSong):  # once it can be read, `_recover_unleased` sees to it
            self._recover(after, lease.execution_arn)
            self._queue_owed(after)
        self.slots.release(lease)
        return True

    def _is_old(self, lease: Lease) -> bool:
        """Whether the starter that took this slot is surely no longer at work."""
        return self.now - from_iso(lease.leased_at) >= ORPHAN_AFTER

    def _interrupted(self, lease: Lease) -> Song | None:
        """The song that a starter left behind between its slot and its execution, if it is still to run: it is started
        under the same name, which starts nothing twice."""
        song = self._look(lease.user_id, lease.song_id)
        if not isinstance(song, Song) or song.attempt != lease.attempt:
            return None
        return song if song.waits or (song.runs and song.execution_arn == lease.execution_arn) else None

    def _one_each(self, leases: Sequence[Lease]) -> list[Lease]:
        """Give back what starters that died left behind of several slots for one attempt: the first of them stays."""
        first: dict[str, Lease] = {}
        kept = []
        for lease in sorted(leases, key=_number):
            earlier = first.setdefault(lease.execution_arn, lease)
            if earlier is not lease and self._is_old(earlier) and self._is_old(lease):
                self.slots.release(lease)
            else:
                kept.append(lease)
        return kept

    def _stop_unwanted(self, lease: Lease) -> None:
        """Stop what still runs for a song that was cancelled or deleted: whoever did that may have died half-way."""
        song = self._look(lease.user_id, lease.song_id)
        if isinstance(song, UnreadableSong):
            return
        if song is None or song.status is Status.CANCELLED or song.attempt > lease.attempt:
            self.executions.stop(lease.execution_arn)

    def _recover_unleased(self, leases: Sequence[Lease]) -> int:
        """Find songs that say they run and hold no slot, recover those that do not run, and answer how many may run.
        There are none, unless rows were lost (a restored table) or a slot's row cannot be read."""
        leased = {lease.song_id for lease in leases}
        running = 0
        for user_id, song_id in self.line.running():
            if song_id in leased:
                continue
            song = self._look(user_id, song_id)
            if isinstance(song, UnreadableSong):
                running += self.executions.status(song.execution_arn or "") == "RUNNING"
                continue
            if song is None or not song.runs or not song.execution_arn or not song.started_at:
                continue
            if self.now - from_iso(song.started_at) < ORPHAN_AFTER:
                running += 1  # between the two reads a starter may have been at work
            elif self.executions.status(song.execution_arn) == "RUNNING":
                running += 1
            else:
                self._recover(song, song.execution_arn)
        return running

    def _look(self, user_id: str, song_id: str) -> Song | UnreadableSong | None:
        """A song, also when its row cannot be read: that is reported where it is read, and stops no other song."""
        try:
            return self.songs.get(user_id, song_id)
        except Unreadable as error:
            return error.song

    def _recover(self, song: Song | None, execution_arn: str) -> None:
        """A song that still says PROCESSING although its execution is over was interrupted (a restart, an abort): it
        goes back in line. Finished stages are in S3, so the next attempt takes up where this one stopped."""
        if song is None or not song.runs or song.execution_arn != execution_arn:
            return
        if song.recoveries >= rules.MAX_RECOVERIES:
            judged = rules.verdict("INTERRUPTED")
            after = self.songs.mark_failed(
                song, code=judged.code, message=judged.message, now=to_iso(self.now)
            )
        else:
            now = to_iso(self.now)
            after = join_queue(
                replace(song, queued_at=song.queued_at or now),
                write=lambda waiting: self.songs.mark_back_in_line(
                    waiting, now=now, attempt=song.attempt + 1, place=waiting.queue_position
                ),
                place_of=self.line.place,
            )
        logger().warning(
            "an execution ended without a result", extra={"songId": song.song_id, "attempt": song.attempt}
        )
        self._note(after)

    def _queue_owed(self, song: Song | None) -> None:
        """Queue the job that the song needs next: words that a person gave during a run are timed by another one."""
        kind = owed_kind(song) if song else None
        if song and kind:
            now = to_iso(self.now)
            write = partial(self.songs.mark_queued_again, kind=kind, now=now)
            self._note(join_queue(replace(song, queued_at=now), write=write, place_of=self.line.place))

    # --- who is next ----------------------------------------------------------------------------------------

    def _fill(self, order: Sequence[Waiting], running: set[str], free: list[str]) -> list[Waiting]:
        """Start songs in order while there are slots. Those that started, or have left the line, join `running`."""
        started = []
        for entry in order:
            if not free:
                break
            if entry.song_id in running:
                continue
            song = self._look(entry.user_id, entry.song_id)
            # The index is a moment behind, or the row cannot be read.
            if not isinstance(song, Song) or not song.waits:
                running.add(entry.song_id)
                continue
            lease = self._take(song, free)
            if lease is None:
                break
            running.add(entry.song_id)
            if not self._start(song, lease):
                free.insert(0, lease.slot_id)
                continue
            started.append(entry)
        return started

    def _take(self, song: Song, free: list[str]) -> Lease | None:
        """Lease the first slot that no other starter is quicker to take; those tried leave `free`."""
        arn = self.executions.arn(f"{song.song_id}-{song.attempt}")
        while free:
            lease = Lease(free.pop(0), song.user_id, song.song_id, song.attempt, arn, to_iso(self.now))
            if self.slots.take(lease):
                return lease
        return None

    def _start(self, song: Song, lease: Lease) -> bool:
        """Start a song in its slot; False when it was not to be started and the slot was given back."""
        started = song
        if song.waits:
            marked = self.songs.mark_processing(song, execution_arn=lease.execution_arn, now=to_iso(self.now))
            if marked is None:  # another starter was first, or the person cancelled
                return self._keep_first(lease, wanted=self._is_run_of(lease))
            started = marked
        try:
            self.executions.start(f"{song.song_id}-{song.attempt}", _payload(started))
        except Transient:
            # Whether it runs is not known, so neither slot nor song is given away: a later wake-up asks.
            raise
        except Exception:
            # Refused: nothing runs under this name, so the song may take its place again, and at once.
            self.songs.mark_back_in_line(
                started, now=to_iso(self.now), attempt=song.attempt, place=song.queue_position
            )
            self.slots.release(lease)
            raise
        logger().info("started", extra={"songId": song.song_id, "attempt": song.attempt})
        after = self._look(song.user_id, song.song_id)
        if after is None or (isinstance(after, Song) and after.status is Status.CANCELLED):
            self.executions.stop(
                lease.execution_arn
            )  # cancelled or deleted before there was anything to stop
            return True  # the slot is held until the execution has ended
        self._note(started)
        return self._keep_first(lease, wanted=True)

    def _is_run_of(self, lease: Lease) -> bool:
        song = self._look(lease.user_id, lease.song_id)
        return isinstance(song, Song) and song.runs and song.execution_arn == lease.execution_arn

    def _keep_first(self, lease: Lease, *, wanted: bool) -> bool:
        """Two starters may each have taken a slot for the same attempt of a song: all of them keep the first of these
        slots and give back the others. Whether this one was kept."""
        same = [other for other in self.slots.leases() if other.execution_arn == lease.execution_arn]
        if wanted and all(_number(lease) <= _number(other) for other in same):
            return True
        self.slots.release(lease)
        return False

    def _pass_turns(self, left: Sequence[Waiting], started: Sequence[Waiting]) -> list[Waiting]:
        """The line without those who started; their owners' next songs now carry when that was."""
        turns: dict[str, str] = {}
        for order, entry in enumerate(started):
            at = to_iso(self.now + timedelta(milliseconds=order))
            following = next((e for e in left if e.user_id == entry.user_id), None)
            turns[entry.user_id] = at
            if following is not None:
                self.line.give_turn(following, at=at)
        return [replace(e, turn_at=turns[e.user_id]) if e.user_id in turns else e for e in left]

    # --- telling --------------------------------------------------------------------------------------------

    def _note(self, song: Song | None) -> None:
        if song is not None:
            self.news.append(song)

    def _tell_all(self, order: Sequence[Waiting]) -> None:
        """Tell what has happened, then who stands where. Each message may use an equal share of the time that is left:
        the connections of one person take nothing of what others need."""
        places = enumerate(order[:PLACES_TOLD], start=1)
        moved = [(entry, place) for place, entry in places if entry.place != place]
        deadline = time.monotonic() + TELL_FOR_S
        to_tell = len(self.news) + len(moved)
        for told, song in enumerate(self.news):
            self._tell(song, deadline, to_tell - told)
        for told, (entry, place) in enumerate(moved, start=len(self.news)):
            if time.monotonic() >= deadline:
                break  # neither stored nor told: the next wake-up does both
            self._tell(self.line.note_place(entry, place), deadline, to_tell - told)

    def _tell(self, song: Song | None, deadline: float, shares: int) -> None:
        if song:
            left_s = max(0.0, deadline - time.monotonic())
            notify_owner(song, push=self.push, now=self.now, within_s=left_s / shares)


def _payload(song: Song) -> dict[str, Any]:
    """The execution's input (docs/architecture.md)."""
    return {
        "userId": song.user_id,
        "songId": song.song_id,
        "key": song.s3_key,
        "attempt": song.attempt,
        "durationSec": song.duration_sec,
        "model": song.model,
        "lyricsModel": song.lyrics_model,
        "language": song.language,
        **kind_of(song).execution_input,
        "textKey": (song.lyrics_text_key or "") if song.lyrics_run_version else "",
    }


def _number(lease: Lease) -> int:
    return int(lease.slot_id.rsplit("-", 1)[-1])
