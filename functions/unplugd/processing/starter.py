"""The starter: frees the slots of executions that are over, starts the next songs, notifies the others of their place.

Every step is one conditional write, and every run begins by reading the present state. So any number of starters may
run at once, and each may die at any point: the next one reads the same rows and continues. People are notified when
everything is written, so that one person's connections cannot keep another's song from a slot or a turn. A fault of
one song or slot is counted (StarterFaults) and stops no other song."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from unplugd.domain.job import kind_of, owed_kind
from unplugd.domain.notify import Push, notify_owner
from unplugd.domain.queue import Lease, Waiting, in_turn
from unplugd.domain.queueing import join_queue
from unplugd.domain.song import Song, Status
from unplugd.domain.unreadable import Unreadable, UnreadableSong
from unplugd.kernel import metrics
from unplugd.kernel.clock import Clock, from_iso, to_iso
from unplugd.kernel.errors import Transient
from unplugd.kernel.log import logger
from unplugd.processing import rules
from unplugd.processing.ports import Executions, Queue, Slots, Songs

# A lease without an execution may belong to a starter that is at work this moment. One this old does not: a starter is
# ended after 30 s (its timeout in templates/queue.yaml).
ORPHAN_AFTER = timedelta(seconds=40)
# After a wake-up, the owners of the first so many songs whose place has changed are notified. The others see their
# place when they ask.
PLACES_NOTIFIED = 20
# All notifying together takes no longer than this and the one send that is under way (7 s, when nothing answers): with
# what is written before it, a starter stays within its 30 s.
NOTIFY_FOR_S = 10.0
# A starter gives up after so many faults: they are then hardly those of single songs, and each costs time.
MAX_FAULTS = 10


@dataclass(frozen=True)
class Starter:
    """One wake-up. Call `run`."""

    songs: Songs
    queue: Queue
    slots: Slots
    executions: Executions
    push: Push
    clock: Clock
    news: list[Song] = field(
        default_factory=list, init=False
    )  # as written, in this order; owners to be notified
    faults: list[Exception] = field(default_factory=list, init=False)

    @property
    def now(self) -> datetime:
        """The present: a starter may be at work for seconds, as others are, and a row has the time of its write."""
        return self.clock()

    def run(self, ended: Collection[str]) -> int:
        """`ended`: ARNs of executions that an event says are over. Answers how many songs were started."""
        # Before anything that may fail: a starter that fails each time is noticed by the age of the queue.
        age = rules.queue_age_s(self.queue.waiting(), self.now)
        metrics.put("QueueAgeSeconds", age, unit="Seconds")
        left: Sequence[Waiting] = ()
        try:
            taken, unreadable = self.slots.look()
            processing = self.queue.running()
            at_work = self._at_work(taken, ended, {song_id for _, song_id in processing})
            leases = self._one_each(
                [lease for lease in taken if lease in at_work or not self._ends(lease, ended)]
            )
            unleased = self._recover_unleased(processing, leases)
            for lease in unreadable[unleased:]:  # as many as there are songs that run without a slot stay
                self.slots.release_unreadable(lease)
            order = in_turn(self.queue.waiting())
            running = {lease.song_id for lease in leases}
            started = self._fill(order, running, list(self.slots.free(leases)))
            left = [entry for entry in order if entry.song_id not in running]
            left = in_turn(self._pass_turns(left, started))
            # In slots of their own, so that a song which is uploaded now need not wait for any of them.
            if not left and (free := list(self.slots.free_in_background(leases))):
                started += self._fill(self.queue.later(), running, free, in_background=True)
        finally:
            self._notify_all(left)  # also when this run fails: what is written is so
            if self.faults:
                metrics.put("StarterFaults", len(self.faults))
        return len(started)

    def _count(self, fault: Exception, song_id: str) -> None:
        logger().error("a fault of one song", extra={"songId": song_id}, exc_info=fault)
        self.faults.append(fault)
        if len(self.faults) >= MAX_FAULTS:
            raise fault

    # --- slots that are no longer needed --------------------------------------------------------------------

    def _at_work(
        self, taken: Sequence[Lease], ended: Collection[str], processing: Collection[str]
    ) -> Collection[Lease]:
        """The leases that need no further look: their execution runs, and so does their song, once. One call says this
        of all executions. It may be a moment old, as `processing` may be: all other leases are looked at one by one."""
        try:
            running = set(self.executions.running()) - set(ended)
        except Exception as fault:
            self._count(fault, "")
            return ()
        leases_of = Counter(lease.song_id for lease in taken)
        return {
            lease
            for lease in taken
            if lease.execution_arn in running
            and lease.song_id in processing
            and leases_of[lease.song_id] == 1
        }

    def _ends(self, lease: Lease, ended: Collection[str]) -> bool:
        """As `_is_over`; after a fault the lease stays, and the next wake-up looks again."""
        try:
            return self._is_over(lease, ended)
        except Exception as fault:
            self._count(fault, lease.song_id)
            return False

    def _is_over(self, lease: Lease, ended: Collection[str]) -> bool:
        """Release a lease whose execution is known not to run, and recover its song. Whether it was released."""
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
        """Release all but the first of several slots that dead starters took for one attempt."""
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
        """Stop an execution whose song was cancelled or deleted: the call that did so may have died before it could."""
        song = self._look(lease.user_id, lease.song_id)
        if isinstance(song, UnreadableSong):
            return
        if _is_unwanted(song, lease):
            self.executions.stop(lease.execution_arn)

    def _recover_unleased(self, processing: Sequence[tuple[str, str]], leases: Sequence[Lease]) -> int:
        """Find songs that say they run and hold no slot, recover those that do not run, and answer how many may run.
        There are none, unless rows were lost (a restored table) or a slot's row cannot be read."""
        leased = {lease.song_id for lease in leases}
        running = 0
        for user_id, song_id in processing:
            if song_id in leased:
                continue
            try:
                running += self._may_run(self._look(user_id, song_id))
            except Exception as fault:
                self._count(fault, song_id)
                running += 1
        return running

    def _may_run(self, song: Song | UnreadableSong | None) -> bool:
        """Whether a song without a lease runs; one that only says so is recovered."""
        if isinstance(song, UnreadableSong):
            return self.executions.status(song.execution_arn or "") == "RUNNING"
        if song is None or not song.runs or not song.execution_arn or not song.started_at:
            return False
        if self.now - from_iso(song.started_at) < ORPHAN_AFTER:
            return True  # between the two reads a starter may have been at work
        if self.executions.status(song.execution_arn) == "RUNNING":
            return True
        self._recover(song, song.execution_arn)
        return False

    def _look(self, user_id: str, song_id: str) -> Song | UnreadableSong | None:
        """A song, also when its row cannot be read: that is reported where it is read, and stops no other song."""
        try:
            return self.songs.get(user_id, song_id)
        except Unreadable as error:
            return error.song

    def _recover(self, song: Song | None, execution_arn: str) -> None:
        """A song that still says PROCESSING although its execution is over was interrupted (a restart, an abort): it
        goes back in the queue. Finished stages are in S3, so the next attempt continues where this one stopped."""
        if song is None or not song.runs or song.execution_arn != execution_arn:
            return
        if song.recoveries >= rules.MAX_RECOVERIES:
            judged = rules.verdict("INTERRUPTED")
            after = self.songs.mark_failed(
                song, code=judged.code, message=judged.message, now=to_iso(self.now)
            )
        else:
            earlier = song.queued_at
            after = join_queue(
                song,
                write=lambda waiting: self.songs.mark_back_in_queue(
                    waiting, now=to_iso(self.now), attempt=song.attempt + 1, place=waiting.queue_position
                ),
                place_of=self.queue.place,
                since=(lambda: from_iso(earlier)) if earlier else self.clock,
            )
        logger().warning(
            "an execution ended without a result", extra={"songId": song.song_id, "attempt": song.attempt}
        )
        self._note(after)

    def _queue_owed(self, song: Song | None) -> None:
        """Queue the job that the song needs next: words that a person gave during a run are timed by another one."""
        kind = owed_kind(song) if song else None
        if song and kind:
            write = partial(self.songs.mark_queued_again, kind=kind)
            self._note(join_queue(song, write=write, place_of=self.queue.place, since=self.clock))

    # --- who is next ----------------------------------------------------------------------------------------

    def _fill(
        self, order: Sequence[Waiting], running: set[str], free: list[str], *, in_background: bool = False
    ) -> list[tuple[Waiting, str]]:
        """Start songs in order while there are slots; answers them with the time of their start. Those that started, or
        have left the queue, join `running`."""
        started: list[tuple[Waiting, str]] = []
        for entry in order:
            if not free:
                break
            if entry.song_id in running:
                continue
            running.add(entry.song_id)
            try:
                if self._start_next(entry, free, in_background):
                    started.append((entry, to_iso(self.now)))
            except Exception as fault:
                self._count(fault, entry.song_id)
        return started

    def _start_next(self, entry: Waiting, free: list[str], in_background: bool) -> bool:
        """Start a song that waits, in a slot that then leaves `free`."""
        song = self._look(entry.user_id, entry.song_id)
        if not isinstance(song, Song) or not song.waits or song.is_busy is in_background:
            return False  # the index is a moment behind, or the row cannot be read
        lease = self._take(song, free)
        if lease is None:
            return False
        started = self._start(song, lease)
        if not started:
            free.insert(0, lease.slot_id)
        return started

    def _take(self, song: Song, free: list[str]) -> Lease | None:
        """Lease the first slot that no other starter takes first; those tried leave `free`."""
        arn = self.executions.arn(f"{song.song_id}-{song.attempt}")
        while free:
            lease = Lease(free.pop(0), song.user_id, song.song_id, song.attempt, arn, to_iso(self.now))
            if self.slots.take(lease):
                return lease
        return None

    def _start(self, song: Song, lease: Lease) -> bool:
        """Start a song in its slot; False when it was not started and the slot was released."""
        started = song
        if song.waits:
            marked = self.songs.mark_processing(song, execution_arn=lease.execution_arn, now=to_iso(self.now))
            if marked is None:  # another starter was first, or the person cancelled
                return self._keep_first(lease, wanted=self._is_run_of(lease))
            started = marked
        try:
            self.executions.start(f"{song.song_id}-{song.attempt}", _payload(started))
        except Transient:
            # Whether it runs is not known, so both the slot and the song stay as they are: a later wake-up asks.
            raise
        except Exception as fault:
            # Refused: nothing runs under this name, so the song takes its place again at once.
            self.songs.mark_back_in_queue(
                started, now=to_iso(self.now), attempt=song.attempt, place=song.queue_position
            )
            self.slots.release(lease)
            self._count(fault, song.song_id)
            return False
        logger().info("started", extra={"songId": song.song_id, "attempt": song.attempt})
        after = self._look(song.user_id, song.song_id)
        if not isinstance(after, UnreadableSong) and _is_unwanted(after, lease):
            # Cancelled or deleted before there was anything to stop. The slot is held until the execution has ended.
            self.executions.stop(lease.execution_arn)
            return True
        self._note(started)
        return self._keep_first(lease, wanted=True)

    def _is_run_of(self, lease: Lease) -> bool:
        song = self._look(lease.user_id, lease.song_id)
        return isinstance(song, Song) and song.runs and song.execution_arn == lease.execution_arn

    def _keep_first(self, lease: Lease, *, wanted: bool) -> bool:
        """Two starters may each have taken a slot for the same attempt of a song: all of them keep the first of these
        slots and release the others. Whether this one was kept."""
        same = [other for other in self.slots.leases() if other.execution_arn == lease.execution_arn]
        if wanted and all(_number(lease) <= _number(other) for other in same):
            return True
        self.slots.release(lease)
        return False

    def _pass_turns(self, left: Sequence[Waiting], started: Sequence[tuple[Waiting, str]]) -> list[Waiting]:
        """The queue without the started songs; the next songs of their owners now carry the time of that start."""
        turns: dict[str, str] = {}
        for entry, at in started:
            following = next((e for e in left if e.user_id == entry.user_id), None)
            turns[entry.user_id] = at
            if following is not None:
                self.queue.give_turn(following, at=at)
        return [replace(e, turn_at=turns[e.user_id]) if e.user_id in turns else e for e in left]

    # --- notifying ------------------------------------------------------------------------------------------

    def _note(self, song: Song | None) -> None:
        if song is not None:
            self.news.append(song)

    def _notify_all(self, order: Sequence[Waiting]) -> None:
        """Send what was written, then the places that have changed. Each message may use an equal share of the time
        that is left: the connections of one person take nothing of what others need."""
        places = enumerate(order[:PLACES_NOTIFIED], start=1)
        moved = [(entry, place) for place, entry in places if entry.place != place]
        deadline = time.monotonic() + NOTIFY_FOR_S
        messages = len(self.news) + len(moved)
        for sent, song in enumerate(self.news):
            self._notify(song, deadline, messages - sent)
        for sent, (entry, place) in enumerate(moved, start=len(self.news)):
            if time.monotonic() >= deadline:
                break  # neither stored nor sent: the next wake-up does both
            self._notify(self.queue.note_place(entry, place), deadline, messages - sent)

    def _notify(self, song: Song | None, deadline: float, shares: int) -> None:
        if song:
            left_s = max(0.0, deadline - time.monotonic())
            notify_owner(song, push=self.push, now=self.now, within_s=left_s / shares)


def _is_unwanted(song: Song | None, lease: Lease) -> bool:
    """Whether nobody wants the execution of a lease any more: its song is gone or cancelled, or has a later attempt."""
    return song is None or song.status is Status.CANCELLED or song.attempt > lease.attempt


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
