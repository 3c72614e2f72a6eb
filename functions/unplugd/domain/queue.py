"""The queue: the lease of a slot, and the order in which waiting songs start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Lease:
    """One taken slot: which attempt of which song runs in it, since when (ISO 8601)."""

    slot_id: str
    user_id: str
    song_id: str
    attempt: int
    execution_arn: str
    leased_at: str


@dataclass(frozen=True)
class Waiting:
    """A song in the queue, as far as its place is concerned. Times are ISO 8601."""

    user_id: str
    song_id: str
    queued_at: str
    turn_at: str | None = None  # when a song of the same person was started last, if this one waited then
    place: int | None = None  # the place that its owner was notified of last


def in_turn(waiting: Iterable[Waiting]) -> list[Waiting]:
    """The order in which waiting songs start: round robin over people, first come first served within one.

    In each round every person gets one song. Within a round people follow each other by their last start; those
    without a start since they joined follow by the time they joined. So a person who just had a turn goes last."""
    people: dict[str, list[Waiting]] = {}
    for song in sorted(waiting, key=lambda song: (song.queued_at, song.song_id)):
        people.setdefault(song.user_id, []).append(song)
    ranked = []
    for songs in people.values():
        turn = max((song.turn_at for song in songs if song.turn_at), default=songs[0].queued_at)
        ranked += [((round_, turn, song.queued_at, song.song_id), song) for round_, song in enumerate(songs)]
    return [song for _, song in sorted(ranked, key=lambda pair: pair[0])]
