"""What changes a card: answers, undos, suspending, burying, and entries of a sheet. Each reads the card and then its
log, folds the log with what is new, and writes both if the card is still the one that was read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from unplugd.domain.practice import Card, Counts, Kind, Review, Settings, practice_day
from unplugd.domain.scheduling import State, fold, scheduler
from unplugd.kernel.clock import to_iso
from unplugd.kernel.errors import Changed, NotFound, Transient
from unplugd.kernel.ids import is_song_id
from unplugd.practice import rules, sheet, view
from unplugd.practice.ports import Practice, Songs

_TRIES = 6  # against a transaction of another call that is at the same rows
_LATER = "Your practice is being changed at this moment. Please try again."
_CHANGED = "Another device changed this card. Look at it, and answer again."
_AT_ONCE = 90  # entries in one transaction, which holds 100 writes


@dataclass(frozen=True)
class Given:
    """An answer as a client sends it."""

    song_id: str
    review_id: str
    grade: int
    at: datetime
    latency_ms: int
    hints: int
    mask: int


def grade_card(
    given: Given, *, owner: str, practice: Practice, songs: Songs, now: datetime
) -> dict[str, Any]:
    """Note an answer; the card that it makes. The same answer again gets what it got the first time. `Changed` when
    another device was faster. A late answer is folded in where it belongs."""
    rules.playable(songs.get(owner, given.song_id) if is_song_id(given.song_id) else None)
    settings = practice.settings(owner)
    day = practice_day(given.at, settings.zone)

    def entry(seen: State) -> Review:
        name = "new" if seen.due is None else None if seen.is_repetition(day) else "reviews"
        return Review(
            given.song_id,
            given.review_id,
            Kind.GRADE,
            to_iso(given.at),
            day,
            given.grade,
            given.latency_ms,
            given.hints,
            given.mask,
            counted_as=name,
        )

    return _note(given.song_id, given.review_id, entry, settings, owner=owner, practice=practice, now=now)


def undo_review(
    review_id: str, song_id: str, *, owner: str, practice: Practice, songs: Songs, now: datetime
) -> dict[str, Any]:
    """Take back an answer, by its id; the card without it. Again: what it got the first time."""
    rules.playable(songs.get(owner, song_id) if is_song_id(song_id) else None)
    settings = practice.settings(owner)
    log = practice.log(owner, song_id)
    undone = next((one for one in log if one.review_id == review_id and one.kind is Kind.GRADE), None)
    if undone is None:
        raise NotFound("There is no such answer of this song.")

    def entry(_seen: State) -> Review:
        return Review(
            song_id,
            f"{review_id}-undo",
            Kind.UNDO,
            to_iso(now),
            undone.day,
            undoes=review_id,
            counted_as=undone.counted_as,
        )

    return _note(song_id, f"{review_id}-undo", entry, settings, owner=owner, practice=practice, now=now)


def _note(
    song_id: str,
    entry_id: str,
    entry: Callable[[State], Review],
    settings: Settings,
    *,
    owner: str,
    practice: Practice,
    now: datetime,
) -> dict[str, Any]:
    """Add an entry to the log of a card."""
    for _ in range(_TRIES):
        seen = practice.card(owner, song_id)
        log = practice.log(owner, song_id)
        if stored := _stored_answer(log, entry_id, seen):
            return stored
        before = seen or new_card(owner, song_id, settings, now)
        new = entry(before.state)
        after = _folded(before, [*log, new], settings)
        shown = view.card(after)
        new = replace(new, answer=json.dumps(shown))
        if practice.write(seen, after, [new], _counts(new)):
            return shown
        latest = practice.card(owner, song_id)
        if latest and (seen is None or latest.version != seen.version):
            if stored := _stored_answer(practice.log(owner, song_id), entry_id, latest):
                return stored
            raise Changed(_CHANGED, card=view.card(latest))
    raise Transient(_LATER)


def _stored_answer(log: Iterable[Review], entry_id: str, card: Card | None) -> dict[str, Any] | None:
    """What the entry of this id was answered with, or the card where that is not stored; None when the log does not
    have the entry."""
    known = next((one for one in log if one.review_id == entry_id), None)
    if known is None or card is None:
        return None
    stored: dict[str, Any] = json.loads(known.answer) if known.answer else view.card(card)
    return stored


def _counts(entry: Review) -> Counts:
    if entry.counted_as is None:
        return ()
    return ((entry.day, entry.counted_as, -1 if entry.kind is Kind.UNDO else 1),)


def new_card(owner: str, song_id: str, settings: Settings, now: datetime) -> Card:
    """The card of a song that has none."""
    return Card(owner, song_id, 0, to_iso(now), settings.scheduler)


def _folded(card: Card, log: Iterable[Review], settings: Settings) -> Card:
    state = fold((one.entry for one in log), scheduler(settings.scheduler))
    return card.folded(state, settings.scheduler)


def update_card(
    song_id: str,
    *,
    suspended: bool | None,
    bury: Callable[[date], date | None] | None,
    owner: str,
    practice: Practice,
    songs: Songs,
    now: datetime,
) -> dict[str, Any]:
    """Suspend a card or bury it until a day. `bury`: the day by today's; None to leave it."""
    rules.playable(songs.get(owner, song_id) if is_song_id(song_id) else None)
    settings = practice.settings(owner)
    for _ in range(_TRIES):
        seen = practice.card(owner, song_id)
        after = seen or new_card(owner, song_id, settings, now)
        if suspended is not None:
            after = replace(after, suspended=suspended)
        if bury:
            after = replace(after, buried_until=bury(practice_day(now, settings.zone)))
        if seen == after:
            return view.card(after)
        after = replace(after, version=after.version + 1)
        if practice.write(seen, after):
            return view.card(after)
    raise Transient(_LATER)


def refold(
    song_id: str, log: Sequence[Review], settings: Settings, *, owner: str, practice: Practice
) -> Card | None:
    """Fold a card by the scheduler that its owner chose. None when it has gone."""
    for _ in range(_TRIES):
        seen = practice.card(owner, song_id)
        if seen is None or seen.scheduler == settings.scheduler:
            return seen
        after = _folded(seen, log, settings)
        if practice.write(seen, after):
            return after
        log = practice.log(owner, song_id)
    raise Transient(_LATER)


def import_reviews(
    text: str, *, owner: str, practice: Practice, songs: Songs, now: datetime
) -> dict[str, Any]:
    """Take the answers of a sheet into the log. Rows that cannot be read are named, those that are known are counted,
    and all others are kept. It may be sent again."""
    settings = practice.settings(owner)
    found, refused = sheet.read(text, now=now, zone=settings.zone)
    by_song: dict[str, list[Review]] = {}
    for entry in found:
        by_song.setdefault(entry.song_id, []).append(entry)
    ids = sorted(by_song)
    owned = {
        song.song_id
        for start in range(0, len(ids), 100)
        for song in songs.find(owner, ids[start : start + 100])
    }
    added = 0
    for song_id in ids:
        if song_id in owned:
            added += _import(song_id, by_song[song_id], settings, owner=owner, practice=practice, now=now)
    strange = sum(len(by_song[song_id]) for song_id in ids if song_id not in owned)
    return {
        "imported": added,
        "known": len(found) - strange - added,
        "ofOtherSongs": strange,
        "refused": refused,
    }


def _import(
    song_id: str,
    entries: Sequence[Review],
    settings: Settings,
    *,
    owner: str,
    practice: Practice,
    now: datetime,
) -> int:
    added = 0
    for _ in range(_TRIES + len(entries) // _AT_ONCE):
        seen = practice.card(owner, song_id)
        log = practice.log(owner, song_id)
        known = {one.review_id for one in log}
        fresh = list({one.review_id: one for one in entries if one.review_id not in known}.values())[
            :_AT_ONCE
        ]
        if not fresh:
            return added
        before = seen or new_card(owner, song_id, settings, now)
        after = _folded(before, [*log, *fresh], settings)
        shown = json.dumps(view.card(after))
        if practice.write(seen, after, [replace(one, answer=shown) for one in fresh]):
            added += len(fresh)
    raise Transient(_LATER)
