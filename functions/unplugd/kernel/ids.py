"""Identifiers. A song's id is a ULID: it sorts by the moment of its making."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

NewId = Callable[[], str]

SONG_ID_PATTERN = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_ULID = re.compile(SONG_ID_PATTERN)


def new_song_id() -> str:
    """A fresh ULID (26 characters, Crockford base 32)."""
    from ulid import ULID

    return str(ULID())


def is_song_id(text: str) -> bool:
    """Whether `text` can be a song's id, so that no other string ever reaches a key or a query."""
    return _ULID.fullmatch(text) is not None


def created_at(song_id: str) -> datetime:
    """The moment at which a song's id was made; the Unix epoch for a string that is no song id."""
    from ulid import ULID

    return ULID.from_str(song_id).datetime if is_song_id(song_id) else datetime.fromtimestamp(0, UTC)
