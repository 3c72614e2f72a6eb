"""Practice cards and entries of their log as DynamoDB rows and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from unplugd.aws import rows
from unplugd.aws.table import Row, plain
from unplugd.domain.practice import Card, Kind, Review, Settings
from unplugd.domain.scheduling import NAMES, Memory, Name, State

CARD, REVIEW, DAY, SETTINGS, PLACE = "card#", "review#", "day#", "settings", "place"


def card_row(card: Card) -> dict[str, Any]:
    state, memory = card.state, card.state.memory
    return {
        "userId": card.user_id,
        "item": CARD + card.song_id,
        "songId": card.song_id,
        "version": card.version,
        "createdAt": card.created_at,
        "scheduler": card.scheduler,
        "dueKey": card.due_key,
        "due": state.due and state.due.isoformat(),
        "repeat": int(state.repeat),
        "lastDay": state.last_day and state.last_day.isoformat(),
        "lastAt": state.last_at,
        "answers": state.answers,
        "lapses": state.lapses,
        "interval": memory.interval,
        "repetitions": memory.repetitions,
        "ease": memory.ease,
        # As text, because a stored number keeps three decimals.
        "stability": None if memory.stability is None else repr(memory.stability),
        "difficulty": None if memory.difficulty is None else repr(memory.difficulty),
        "suspended": int(card.suspended),
        "buriedUntil": card.buried_until and card.buried_until.isoformat(),
    }


def entry_row(user_id: str, entry: Review) -> dict[str, Any]:
    return {
        "userId": user_id,
        "item": f"{REVIEW}{entry.song_id}#{entry.review_id}",
        "songId": entry.song_id,
        "reviewId": entry.review_id,
        "kind": str(entry.kind),
        "reviewedAt": entry.reviewed_at,
        "day": entry.day.isoformat(),
        "grade": entry.grade,
        "latencyMs": entry.latency_ms,
        "hints": entry.hints,
        "mask": entry.mask,
        "undoes": entry.undoes,
        "countedAs": entry.counted_as,
        "answer": entry.answer,
    }


def _name(stored: Mapping[str, Any]) -> Name:
    value = rows.text(stored)
    for name in NAMES:
        if name == value:
            return name
    raise ValueError(value)


def _day(stored: Mapping[str, Any]) -> date:
    return date.fromisoformat(rows.text(stored))


def _flag(stored: Mapping[str, Any]) -> bool:
    return rows.whole_number(stored) == 1


def _float(stored: Mapping[str, Any]) -> float:
    return float(rows.text(stored))


def _zone(stored: Mapping[str, Any]) -> str:
    name = rows.text(stored)
    Settings(time_zone=name).zone  # noqa: B018 - raises for a zone that is not known
    return name


SETTING: Mapping[str, Any] = {
    "scheduler": (_name, "scheduler"),
    "timeZone": (_zone, "time_zone"),
    "newPerDay": (rows.whole_number, "new_a_day"),
    "reviewsPerDay": (rows.whole_number, "reviews_a_day"),
}
_CARD: Mapping[str, Any] = {
    "userId": rows.text,
    "songId": rows.text,
    "version": rows.whole_number,
    "createdAt": rows.time,
    "scheduler": _name,
    "repeat": _flag,
    "answers": rows.whole_number,
    "lapses": rows.whole_number,
    "interval": rows.whole_number,
    "repetitions": rows.whole_number,
    "ease": rows.whole_number,
    "suspended": _flag,
}
_CARD_MAY: Mapping[str, Any] = {
    "due": _day,
    "lastDay": _day,
    "lastAt": rows.time,
    "stability": _float,
    "difficulty": _float,
    "buriedUntil": _day,
}
_REVIEW: Mapping[str, Any] = {
    "songId": rows.text,
    "reviewId": rows.text,
    "kind": lambda stored: Kind(rows.text(stored)),
    "reviewedAt": rows.time,
    "day": _day,
    "grade": rows.whole_number,
    "latencyMs": rows.whole_number,
    "hints": rows.whole_number,
    "mask": rows.whole_number,
}
_REVIEW_MAY: Mapping[str, Any] = {"undoes": rows.text, "countedAs": rows.text, "answer": rows.text}


def _read(row: Row, needed: Mapping[str, Any], may: Mapping[str, Any], kind: str) -> dict[str, Any] | None:
    readers = {**needed, **{name: reader for name, reader in may.items() if name in row}}
    values, problems = rows.read(row, **readers)
    if problems:
        rows.report(kind, {str(row["item"].get("S", "?")): problems})
        return None
    return values


def read_card(row: Row) -> Card | None:
    """The card that a row holds; None, and a report, when it cannot be read."""
    values = _read(row, _CARD, _CARD_MAY, "card")
    if values is None:
        return None
    memory = Memory(
        values["interval"],
        values["repetitions"],
        values["ease"],
        values.get("stability"),
        values.get("difficulty"),
    )
    state = State(
        memory,
        values.get("due"),
        values["repeat"],
        values.get("lastDay"),
        values.get("lastAt"),
        values["answers"],
        values["lapses"],
    )
    return Card(
        values["userId"],
        values["songId"],
        values["version"],
        values["createdAt"],
        values["scheduler"],
        state,
        values["suspended"],
        values.get("buriedUntil"),
    )


def read_review(row: Row) -> Review | None:
    """The entry that a row holds; None, and a report, when it cannot be read."""
    values = _read(row, _REVIEW, _REVIEW_MAY, "review")
    if values is None:
        return None
    return Review(
        values["songId"],
        values["reviewId"],
        values["kind"],
        values["reviewedAt"],
        values["day"],
        values["grade"],
        values["latencyMs"],
        values["hints"],
        values["mask"],
        values.get("undoes"),
        values.get("answer"),
        values.get("countedAs"),
    )


def shown(row: Row) -> dict[str, Any]:
    """A row as it is handed over: every value that JSON can hold, without what serves the index alone."""
    values = {name: plain(value) for name, value in row.items() if name not in ("userId", "dueKey", "answer")}
    return json.loads(json.dumps(values, default=_json))  # type: ignore[no-any-return]


def _json(value: Decimal) -> Any:
    return int(value) if value == value.to_integral_value() else float(value)
