"""Songs as DynamoDB rows and back: names, numbers, the attributes that exist for the indexes only."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from unplugd.domain.song import LyricsStatus, Song, Status


@cache
def to_attribute(field: str) -> str:
    """`song_id` → `songId`: the stored name of a field."""
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)


def search_text(text: str) -> str:
    """What the text filter compares: without case, also for ß and İ, and however an é is composed."""
    return " ".join(unicodedata.normalize("NFC", text.casefold()).split())


def to_row(value: Song | Mapping[str, Any]) -> dict[str, Any]:
    """A song, or plain values, in DynamoDB's own form. None is not stored."""
    from boto3.dynamodb.types import TypeSerializer

    if isinstance(value, Song):
        plain: dict[str, Any] = {
            to_attribute(f.name): getattr(value, f.name) for f in dataclasses.fields(value)
        }
        plain["statusSongId"] = f"{value.status}#{value.song_id}"
        plain["searchText"] = search_text(f"{value.title or ''} {value.artist or ''}") or None
    else:
        plain = dict(value)
    serialize = TypeSerializer().serialize
    return {name: serialize(_storable(v)) for name, v in plain.items() if v is not None}


def _storable(value: Any) -> Any:
    return Decimal(str(round(value, 3))) if isinstance(value, float) else value


def from_row(row: Mapping[str, Any]) -> Song:
    """The song a row holds; attributes that only serve an index are left out."""
    from boto3.dynamodb.types import TypeDeserializer

    deserialize = TypeDeserializer().deserialize
    plain: dict[str, Any] = {}
    for field in dataclasses.fields(Song):
        stored = row.get(to_attribute(field.name))
        if stored is not None:
            plain[field.name] = deserialize(stored)
    plain["status"] = Status(plain["status"])
    if plain.get("lyrics_status"):
        plain["lyrics_status"] = LyricsStatus(plain["lyrics_status"])
    if plain.get("duration_sec") is not None:
        plain["duration_sec"] = float(plain["duration_sec"])
    whole = {name: int(value) for name, value in plain.items() if isinstance(value, Decimal)}
    return Song(**(plain | whole))
