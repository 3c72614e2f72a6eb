"""The schemas of Guess The Track."""

from __future__ import annotations

from datetime import date
from typing import Any

from reference.shapes import Schema, closed, nullable
from unplugd.domain.practice import ALL_STEMS, MAX_HINTS, Card, Settings
from unplugd.domain.scheduling import NAMES, Answer, State, fold, scheduler
from unplugd.kernel.ids import SONG_ID_PATTERN
from unplugd.practice import rules, statistics, view

REVIEW_ID: Schema = {"type": "string", "pattern": f"^{SONG_ID_PATTERN}$"}
LIMIT: Schema = {
    "type": "integer",
    "minimum": 1,
    "maximum": rules.MAX_LIMIT,
    "default": rules.DEFAULT_LIMIT,
}
PART: Schema = {
    "type": "string",
    "enum": list(rules.PARTS),
    "description": "A hint, in place of the answer: the first letter of the title, or the year.",
}
_SONG_ID: Schema = {"type": "string", "pattern": f"^{SONG_ID_PATTERN}$"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_DAY: Schema = {"type": "string", "format": "date"}
_LINK: Schema = {"type": "string", "format": "uri"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TEXT: Schema = {"type": ["string", "null"]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _between(least: int, most: int, description: str = "") -> Schema:
    described: Schema = {"description": description} if description else {}
    return {"type": "integer", "minimum": least, "maximum": most} | described


def _card() -> dict[str, Schema]:
    return {
        "songId": _SONG_ID,
        "version": _COUNT | {"description": "Grows with each change."},
        "isNew": {"type": "boolean", "description": "Never answered."},
        "due": nullable(_DAY) | {"description": "The practice day on which it is asked next."},
        "repeat": {"type": "boolean", "description": "To be asked again in this session."},
        "scheduler": {"type": "string", "enum": list(NAMES)},
        "interval": _COUNT | {"description": "Days between the last answer and `due`."},
        "repetitions": _COUNT,
        "ease": {"type": "number", "minimum": 1.3, "description": "SM-2's E-Factor."},
        "stability": {"type": ["number", "null"], "description": "FSRS: days."},
        "difficulty": {"type": ["number", "null"], "description": "FSRS: 1–10."},
        "reviews": _COUNT,
        "lapses": _COUNT | {"description": "Answers that were not known, of a card that had been."},
        "lastReviewedAt": nullable(_TIME),
        "suspended": {"type": "boolean"},
        "buriedUntil": nullable(_DAY),
    }


def _settings() -> dict[str, Schema]:
    return {
        "scheduler": {"type": "string", "enum": list(NAMES)},
        "timeZone": {"type": "string", "description": "An IANA name. A practice day begins at 04:00 there."},
        "newPerDay": _between(0, rules.MAX_NEW_A_DAY),
        "reviewsPerDay": _between(0, rules.MAX_REVIEWS_A_DAY),
    }


def components() -> dict[str, Schema]:
    """The named schemas."""
    hashes = _list({"type": "string", "pattern": "^[0-9a-f]{64}$"})
    clip: dict[str, Schema] = {
        "durationSec": {"type": ["number", "null"]},
        "stems": {
            "type": "object",
            "additionalProperties": closed({"streamUrl": _LINK}),
            "description": "Stem → its stream.",
        },
        "peaksUrl": _LINK,
        "answers": closed(
            {"salt": {"type": "string"}, "title": hashes, "artist": hashes},
            description="SHA-256 of the salt and each right answer in its normal form.",
        ),
    }
    counted = closed({"asked": _COUNT, "known": _COUNT, "share": {"type": ["number", "null"]}})
    settings = _settings()
    return {
        "Card": closed(_card()),
        "DueCards": closed(
            {
                "data": _list(closed(_card() | clip)),
                "today": _DAY,
                "left": closed({"new": _COUNT, "reviews": _COUNT}, description="Of today's limits."),
                "urlsExpireAt": _TIME,
            }
        ),
        "CardAnswer": closed({"songId": _SONG_ID, "title": _TEXT, "artist": _TEXT, "album": _TEXT}),
        "CardHint": closed(
            {
                "songId": _SONG_ID,
                "part": {"type": "string", "enum": list(rules.PARTS)},
                "text": _TEXT | {"description": "Null where it is not known or would be most of the title."},
            }
        ),
        "Grade": closed(
            {
                "songId": _SONG_ID,
                "reviewId": REVIEW_ID
                | {"description": "A ULID that the client makes, once for each answer."},
                "grade": _between(0, 5),
                "reviewedAt": {
                    "type": "string",
                    "pattern": f"^{rules.TIME_PATTERN}$",
                    "description": "At most 30 days ago and five minutes ahead.",
                },
                "latencyMs": nullable(_between(0, rules.MAX_LATENCY_MS)),
                "hints": nullable(_between(0, MAX_HINTS, "Hints in words that were shown.")),
                "mask": nullable(
                    _between(
                        0,
                        ALL_STEMS,
                        "Stems that sounded: 1 drums, 2 bass, 4 other, 8 vocals, 16 and 32 more.",
                    )
                ),
            },
            optional=("latencyMs", "hints", "mask"),
        ),
        "CardOfReview": closed({"songId": _SONG_ID}),
        "CardChanges": closed(
            {"suspended": {"type": ["boolean", "null"]}, "buriedUntil": nullable(_DAY)},
            optional=("suspended", "buriedUntil"),
        ),
        "PracticeSettings": closed(settings),
        "PracticeChanges": closed(settings, optional=tuple(settings)),
        "PracticeStats": closed(
            {
                "today": _DAY,
                "reviews": _COUNT,
                "cards": _COUNT | {"description": "Cards with an answer."},
                "streakDays": _COUNT,
                "retention": counted
                | {"description": "Of 30 days: answers a day or more after the one before."},
                "days": _list(closed({"day": _DAY, "reviews": _COUNT, "asked": _COUNT, "known": _COUNT})),
                "forecast": _list(closed({"day": _DAY, "due": _COUNT})),
                "comparison": {
                    "oneOf": [
                        closed(
                            {"reviews": _COUNT, "sm2": {"type": "number"}, "fsrs": {"type": "number"}},
                            description="Log loss of each scheduler's forecasts of the same answers; less is better.",
                        ),
                        {"type": "null", "description": "Below 100 answers."},
                    ]
                },
            }
        ),
        "SheetPage": closed({"csv": {"type": "string"}, "nextCursor": nullable(_SONG_ID)}),
        "Sheet": closed({"csv": {"type": "string", "minLength": 1}}),
        "SheetImport": closed(
            {
                "imported": _COUNT,
                "known": _COUNT | {"description": "Rows that were here already."},
                "ofOtherSongs": _COUNT | {"description": "Rows of songs that are not in your library."},
                "refused": _list(closed({"line": _COUNT, "problem": {"type": "string"}})),
            }
        ),
        "Changed": closed(
            {
                "error": {"type": "string"},
                "message": {"type": "string"},
                "card": closed(_card(), description="With the code `changed`: the card as it is now."),
                "details": {"type": "array", "items": {"type": "object"}},
            },
            optional=("card", "details"),
        ),
    }


_HERE = "01J9ZQ4X5V8K2M3N4P5Q6R7S8T"
_ANSWER = "01J9ZR0000000000000000000A"
BODIES: dict[str, Any] = {
    "Grade": {
        "songId": _HERE,
        "reviewId": _ANSWER,
        "grade": 4,
        "reviewedAt": "2026-01-31T08:20:00.000Z",
        "latencyMs": 2_300,
        "mask": 3,
    },
    "CardOfReview": {"songId": _HERE},
    "CardChanges": {"suspended": True},
    "PracticeChanges": {"scheduler": "fsrs", "timeZone": "Europe/Berlin"},
    "Sheet": {"csv": f"id,cid,ease\r\n1769847600000,{_HERE},3\r\n"},
}


def _example() -> Card:
    log = [Answer(_ANSWER, "2026-01-31T08:20:00.000Z", date(2026, 1, 31), 4)]
    card = Card("11111111-1111-4111-8111-111111111111", _HERE, 0, "2026-01-31T08:15:00.000Z")
    return card.folded(fold(log, scheduler("sm2")), "sm2")


def answer(name: str, signed: str) -> Any:
    """An answer of the schema `name`; None for a schema of another room. `signed`: a link, with {name} in it."""
    card = view.card(_example())
    new = view.card(Card("", _HERE, 0, "", state=State()))
    clip = {
        "durationSec": 181.2,
        "stems": {"drums": {"streamUrl": signed.format(name="drums.m4a")}},
        "peaksUrl": signed.format(name="peaks.json"),
        "answers": {"salt": "0f" * 16, "title": ["ab" * 32], "artist": []},
    }
    log = [Answer(_ANSWER, "2026-01-31T08:20:00.000Z", date(2026, 1, 31), 4)]
    return {
        "Card": card,
        "DueCards": {
            "data": [new | clip],
            "today": "2026-01-31",
            "left": {"new": 10, "reviews": 200},
            "urlsExpireAt": "2026-01-31T08:35:00.000Z",
        },
        "CardAnswer | CardHint": {
            "songId": _HERE,
            "title": "One More Time",
            "artist": "Unplugd Demo Band",
            "album": None,
        },
        "PracticeSettings": view.settings(Settings()),
        "PracticeStats": statistics.summary([log], ["2026-02-01"], date(2026, 1, 31)),
        "SheetPage": {"csv": "id,cid,usn,ease,ivl,lastIvl,factor,time,type,…\r\n", "nextCursor": None},
        "SheetImport": {"imported": 1, "known": 0, "ofOtherSongs": 0, "refused": []},
    }.get(name)
