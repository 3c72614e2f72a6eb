"""Cards and the log of their answers in DynamoDB. An answer and the card that it makes are written together, if the
card is still the one that was seen."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from unplugd.aws import rows
from unplugd.aws.practice_rows import (
    CARD,
    DAY,
    PLACE,
    REVIEW,
    SETTING,
    SETTINGS,
    card_row,
    entry_row,
    read_card,
    read_review,
    shown,
)
from unplugd.aws.table import Table, equal, key
from unplugd.domain.practice import DUE, NEW, Card, Counts, Review, Settings, due_key
from unplugd.kernel.errors import Conflict

_INDEX = "DueIndex"
_FROM_THE_FIRST = "0"  # a place before every song's id
_ROWS_A_PAGE = 250
_DOING = "read your cards"
_WRITING = "keep your answer"


class PracticeTable:
    """`{app}-{env}-practice`."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table, "userId", "item")

    # --- settings, and where work stopped ------------------------------------------------------------------------

    def settings(self, user_id: str) -> Settings:
        """A person's settings; the defaults for a person without any, and for a value that cannot be read."""
        row = self._table.get(user_id, SETTINGS, doing="read your settings") or {}
        known, problems = rows.read(row, **{name: SETTING[name][0] for name in SETTING if name in row})
        if problems:
            rows.report("practice settings", {"settings": problems})
        return Settings(**{SETTING[name][1]: value for name, value in known.items()})

    def put_settings(self, user_id: str, settings: Settings, *, refold: bool) -> None:
        """Keep a person's settings; with `refold` also note that their cards are to be folded again."""
        row = {"userId": user_id, "item": SETTINGS}
        row |= {name: getattr(settings, field) for name, (_, field) in SETTING.items()}
        if refold:
            self._note(user_id, "refoldAfter", _FROM_THE_FIRST)
        self._table.put(row, doing="keep your settings")

    def refold_after(self, user_id: str) -> str | None:
        """Where folding the cards again has come to; None when it is done."""
        return self._noted(user_id).get("refoldAfter")

    def note_refold(self, user_id: str, after: str | None) -> None:
        """Note it."""
        self._note(user_id, "refoldAfter", after)

    def looked_after(self, user_id: str) -> str | None:
        """The song behind which to look for songs without a card; None for the newest."""
        return self._noted(user_id).get("lookedAfter")

    def note_looked(self, user_id: str, after: str | None) -> None:
        """Note it."""
        self._note(user_id, "lookedAfter", after)

    def _noted(self, user_id: str) -> dict[str, str]:
        row = self._table.get(user_id, PLACE, doing=_DOING) or {}
        readers = {name: rows.text for name in ("refoldAfter", "lookedAfter") if name in row}
        return rows.read(row, **readers)[0]

    def _note(self, user_id: str, name: str, value: str | None) -> None:
        write = self._table.changed_row(user_id, PLACE, changes={name: value})
        self._table.together([write], doing=_WRITING)

    # --- cards ---------------------------------------------------------------------------------------------------

    def due(self, user_id: str, day: date, *, limit: int, only_of_day: bool = False) -> list[Card]:
        """Up to `limit` cards that are due on `day`, the oldest first; reads no more rows than it answers.
        `only_of_day`: none from days before."""
        last = due_key(day)
        where = key("dueKey").eq(last) if only_of_day else key("dueKey").between(DUE, last)
        return self._indexed(user_id, where, limit)

    def fresh(self, user_id: str, *, limit: int) -> list[Card]:
        """Up to `limit` cards that were never answered, the first songs first."""
        return self._indexed(user_id, key("dueKey").begins_with(NEW), limit)

    def _indexed(self, user_id: str, where: Any, limit: int) -> list[Card]:
        if limit <= 0:
            return []
        mine = key("userId").eq(user_id) & where
        page = next(self._table.pages(mine, index=_INDEX, Limit=limit, doing=_DOING))
        return [card for row in page["Items"] if (card := read_card(row))]

    def due_days(self, user_id: str, last: date) -> Iterator[str]:
        """The day of each card that is due until `last`, in order."""
        mine = key("userId").eq(user_id) & key("dueKey").between(DUE, due_key(last))
        for page in self._table.pages(mine, index=_INDEX, doing=_DOING, ProjectionExpression="dueKey"):
            for row in page["Items"]:
                yield str(row["dueKey"]["S"]).removeprefix(DUE)

    def known(self, user_id: str, song_ids: Sequence[str]) -> set[str]:
        """Which of these songs have a card. Reads the cards between the least and the greatest id."""
        if not song_ids:
            return set()
        mine = key("userId").eq(user_id)
        mine &= key("item").between(CARD + min(song_ids), CARD + max(song_ids))
        pages = self._table.pages(mine, ConsistentRead=True, doing=_DOING)
        return {str(row["item"]["S"]).removeprefix(CARD) for page in pages for row in page["Items"]}

    def card(self, user_id: str, song_id: str) -> Card | None:
        """A card; `Conflict` when its row cannot be read."""
        row = self._table.get(user_id, CARD + song_id, doing=_DOING)
        if row is None:
            return None
        card = read_card(row)
        if card is None:
            raise Conflict("The stored record of this card cannot be read.")
        return card

    def create(self, card: Card) -> bool:
        """Write a new card; False when the song has one."""
        return self._table.put_if_absent(card_row(card), doing="make the card")

    def note_reveal(self, user_id: str, song_id: str, *, now: str) -> None:
        """Note that the answer was shown."""
        changes = {"revealedAt": now}
        self._table.change(user_id, CARD + song_id, changes=changes, add={"reveals": 1}, doing="note it")

    # --- the log -------------------------------------------------------------------------------------------------

    def log(self, user_id: str, song_id: str) -> list[Review]:
        """The log of a card (a consistent read). `Conflict` when an entry cannot be read: a fold without it would be
        another card."""
        mine = key("userId").eq(user_id) & key("item").begins_with(f"{REVIEW}{song_id}#")
        pages = self._table.pages(mine, ConsistentRead=True, doing=_DOING)
        log = [read_review(row) for page in pages for row in page["Items"]]
        if not all(log):
            raise Conflict("A stored answer of this card cannot be read.")
        return [entry for entry in log if entry]

    def logs(self, user_id: str, after: str | None = None) -> Iterator[tuple[str, list[Review]]]:
        """Each card's log by its song, in the order of their ids; those behind the song `after`. A log with an entry
        that cannot be read is reported and left out."""
        behind = f"{REVIEW}{after}#~" if after else REVIEW
        mine = key("userId").eq(user_id) & key("item").between(behind, f"{REVIEW}~")
        pages = self._table.pages(mine, ConsistentRead=True, doing=_DOING)
        stored = (row for page in pages for row in page["Items"])
        for song_id, group in groupby(stored, key=lambda row: str(row["item"]["S"]).split("#")[1]):
            log = [read_review(row) for row in group]
            if all(log):
                yield song_id, [entry for entry in log if entry]

    def write(
        self, seen: Card | None, card: Card, entries: Sequence[Review] = (), counts: Counts = ()
    ) -> bool:
        """Write a card and new entries of its log, if the card is still the one that was `seen` (None: there was none)
        and no entry is there. `counts`: (day, name, how many to add). False when nothing was written."""
        where = (card.user_id, CARD + card.song_id)
        if seen is None:
            writes = [self._table.new_row(card_row(card))]
        else:
            changes = {
                name: value for name, value in card_row(card).items() if name not in ("userId", "item")
            }
            writes = [self._table.changed_row(*where, changes=changes, when=equal({"version": seen.version}))]
        writes += [self._table.new_row(entry_row(card.user_id, entry)) for entry in entries]
        for day, name, number in counts:
            row = (card.user_id, f"{DAY}{day.isoformat()}")
            writes.append(self._table.changed_row(*row, changes={}, add={name: number}))
        return self._table.together(writes, doing=_WRITING)

    def counts(self, user_id: str, day: date) -> tuple[int, int]:
        """How many new cards and how many others were answered on a day."""
        row = self._table.get(user_id, f"{DAY}{day.isoformat()}", doing=_DOING) or {}
        readers = {name: rows.whole_number for name in ("new", "reviews") if name in row}
        known, _ = rows.read(row, **readers)
        return known.get("new", 0), known.get("reviews", 0)

    # --- everything of a person, or of a song ---------------------------------------------------------------------

    def page(self, user_id: str, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """Up to `limit` rows behind the row `after`, as plain values, and the key behind which there are more."""
        begin = {"userId": user_id, "item": after} if after else None
        pages = self._table.pages(
            key("userId").eq(user_id), after=begin, Limit=limit, ConsistentRead=True, doing=_DOING
        )
        page = next(pages)
        more = page.get("LastEvaluatedKey")
        return [shown(row) for row in page["Items"]], more["item"]["S"] if more else None

    def remove(self, user_id: str, song_id: str | None = None, *, until: float | None = None) -> bool:
        """Remove a person's rows, or those of one of their songs; whether there were any. After `until`
        (time.monotonic) it stops, with rows left."""
        mine = key("userId").eq(user_id)
        parts = [mine]
        if song_id is not None:
            parts = [mine & key("item").eq(CARD + song_id)]
            parts.append(mine & key("item").begins_with(f"{REVIEW}{song_id}#"))
        found = False
        for part in parts:
            doing = "remove your cards"
            for page in self._table.pages(part, Limit=_ROWS_A_PAGE, ConsistentRead=True, doing=doing):
                keys = [(row["userId"]["S"], row["item"]["S"]) for row in page["Items"]]
                self._table.delete_all(keys, doing=doing)
                found = found or bool(keys)
                if until is not None and time.monotonic() > until:
                    return found
        return found
