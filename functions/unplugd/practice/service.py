"""Guess The Track: what is due, the answers, settings, statistics and sheets."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from unplugd.domain.files import LINK_SECONDS, PEAKS, output_prefix, stream_name
from unplugd.domain.practice import Card, Settings, practice_day
from unplugd.domain.scheduling import scheduler
from unplugd.domain.song import Song, Status
from unplugd.kernel.clock import to_iso
from unplugd.kernel.errors import Invalid
from unplugd.kernel.ids import is_song_id
from unplugd.practice import answers, grading, rules, sheet, statistics, view
from unplugd.practice.grading import grade_card as grade_card
from unplugd.practice.grading import import_reviews as import_reviews
from unplugd.practice.grading import undo_review as undo_review
from unplugd.practice.grading import update_card as update_card
from unplugd.practice.ports import Details, Practice, Results, Songs

LOOKED_AT_ONCE = 50  # songs that are looked through for such without a card, at each of two places
SHEET_CARDS = 200  # on one page of the sheet
# The gateway answers 504 after 29 s. What one call did not fold again, the next ones do.
REFOLD_FOR_S = 15.0
REFOLD_MEANWHILE_S = 3.0


def get_due(
    limit: int, *, owner: str, practice: Practice, songs: Songs, results: Results, now: datetime
) -> dict[str, Any]:
    """The cards to ask now: those that are due, the oldest first, then new ones, within the day's limits. Of each song
    what a client needs to play a clip and to judge an answer, and nothing that says which song it is.

    Reads no more cards than `limit`. Only when these are fewer does it look for songs without a card."""
    settings = practice.settings(owner)
    if practice.refold_after(owner):
        _refold_all(settings, owner=owner, practice=practice, until=time.monotonic() + REFOLD_MEANWHILE_S)
    today = practice_day(now, settings.zone)
    new, reviewed = practice.counts(owner, today)
    left = {"new": max(0, settings.new_a_day - new), "reviews": max(0, settings.reviews_a_day - reviewed)}
    due = practice.due(owner, today, limit=limit, only_of_day=not left["reviews"])
    repeated = [card for card in due if card.state.is_repetition(today)]
    others = [card for card in due if card not in repeated][: left["reviews"]]
    cards = [card for card in due if card in repeated or card in others]
    room = limit - len(due)
    fresh = practice.fresh(owner, limit=min(room, left["new"]))
    if room > len(fresh):
        made = _take_up(settings, owner=owner, practice=practice, songs=songs, now=now)
        fresh = [*fresh, *made][: min(room, left["new"])]
    cards = [_current(card, settings, owner=owner, practice=practice) for card in [*cards, *fresh]]
    known = {song.song_id: song for song in songs.find(owner, [card.song_id for card in cards])}
    return {
        "data": [
            view.card(card) | _clip(song, results)
            for card in cards
            if isinstance(song := known.get(card.song_id), Song) and song.status is Status.COMPLETED
        ],
        "today": today.isoformat(),
        "left": left,
        "urlsExpireAt": to_iso(now + timedelta(seconds=LINK_SECONDS)),
    }


def _clip(song: Song, results: Results) -> dict[str, Any]:
    """Streams to play a song from, and hashes of what names it. The files' names and links hold ids only."""
    prefix = song.stems_prefix or output_prefix(song.user_id, song.song_id)
    salt = secrets.token_hex(answers.SALT_BYTES)
    return {
        "durationSec": song.duration_sec,
        "stems": {
            stem: {"streamUrl": results.download_link(f"{prefix}{stream_name(stem)}")} for stem in song.stems
        },
        "peaksUrl": results.download_link(f"{prefix}{PEAKS}"),
        "answers": {
            "salt": salt,
            "title": answers.hashes(answers.titles(song.shown_title or ""), salt),
            "artist": answers.hashes(answers.artists(song.artist or ""), salt),
        },
    }


def _current(card: Card, settings: Settings, *, owner: str, practice: Practice) -> Card:
    """The card by the scheduler that its owner chose."""
    if card.scheduler == settings.scheduler:
        return card
    log = practice.log(owner, card.song_id)
    return grading.refold(card.song_id, log, settings, owner=owner, practice=practice) or card


def _take_up(
    settings: Settings, *, owner: str, practice: Practice, songs: Songs, now: datetime
) -> list[Card]:
    """Make cards of finished songs that have none: of the newest, and of a further page of the library, which is
    another one each time. So no event is needed that could be lost, and songs from before there were cards are found
    too."""
    after = practice.looked_after(owner)
    newest = songs.page(owner, status=Status.COMPLETED, after=None, limit=LOOKED_AT_ONCE)
    older: Sequence[Any] = []
    last = newest[-1].song_id if len(newest) == LOOKED_AT_ONCE else None
    if last:
        older = songs.page(
            owner, status=Status.COMPLETED, after=min(after or last, last), limit=LOOKED_AT_ONCE
        )
        last = older[-1].song_id if len(older) == LOOKED_AT_ONCE else None
    if last != after:
        practice.note_looked(owner, last)
    made = []
    for page in (newest, older):
        ids = [song.song_id for song in page if isinstance(song, Song)]
        known = practice.known(owner, ids)
        cards = [grading.new_card(owner, song_id, settings, now) for song_id in ids if song_id not in known]
        made += [card for card in cards if practice.create(card)]
    return made


def get_answer(
    song_id: str,
    part: str | None,
    *,
    owner: str,
    practice: Practice,
    songs: Songs,
    details: Details,
    now: datetime,
) -> dict[str, Any]:
    """Which song a card is, and a note that this was asked. `part`: a hint, and nothing more than it. A year that the
    person wrote comes before the one that the file says."""
    song = rules.playable(songs.get(owner, song_id) if is_song_id(song_id) else None)
    title = song.shown_title or ""
    if part == "year":
        known = song.year if song.year is not None else details.get(owner, song_id).year
        return {"songId": song_id, "part": part, "text": answers.year(known, title)}
    if part:
        return {"songId": song_id, "part": part, "text": answers.initial(title)}
    practice.note_reveal(owner, song_id, now=to_iso(now))
    return {"songId": song_id, "title": song.shown_title, "artist": song.artist, "album": song.album}


def get_practice_settings(*, owner: str, practice: Practice) -> dict[str, Any]:
    """How a person practises."""
    return view.settings(practice.settings(owner))


def put_practice_settings(changes: Mapping[str, Any], *, owner: str, practice: Practice) -> dict[str, Any]:
    """Change the settings; what is not named stays. Another scheduler folds every card again, now or with the next
    calls. Another time zone changes no answer: each was given on the day that it was then."""
    before = practice.settings(owner)
    after = replace(before, **changes)
    refold = after.scheduler != before.scheduler
    practice.put_settings(owner, after, refold=refold)
    if refold:
        _refold_all(after, owner=owner, practice=practice, until=time.monotonic() + REFOLD_FOR_S)
    return view.settings(after)


def _refold_all(settings: Settings, *, owner: str, practice: Practice, until: float) -> None:
    after = practice.refold_after(owner)
    for song_id, log in practice.logs(owner, after):
        grading.refold(song_id, log, settings, owner=owner, practice=practice)
        if time.monotonic() > until:
            practice.note_refold(owner, song_id)
            return
    practice.note_refold(owner, None)


def get_practice_stats(*, owner: str, practice: Practice, now: datetime) -> dict[str, Any]:
    """Retention, streak, forecast, and how well each scheduler would have foretold the answers."""
    today = practice_day(now, practice.settings(owner).zone)
    logs = [[one.entry for one in log] for _, log in practice.logs(owner)]
    last = today + timedelta(days=statistics.DAYS - 1)
    return statistics.summary(logs, practice.due_days(owner, last), today)


def export_reviews(cursor: str | None, *, owner: str, practice: Practice) -> dict[str, Any]:
    """A page of the log as CSV, 200 cards at once; only the first page has the line of names."""
    if cursor is not None and not is_song_id(cursor):
        raise Invalid("This cursor is not one we gave out. Start again without it.", code="bad_cursor")
    logs = list(islice(practice.logs(owner, cursor), SHEET_CARDS + 1))
    page = logs[:SHEET_CARDS]
    rule = scheduler(practice.settings(owner).scheduler)
    return {
        "csv": sheet.written(page, rule, header=cursor is None),
        "nextCursor": page[-1][0] if len(logs) > SHEET_CARDS else None,
    }
