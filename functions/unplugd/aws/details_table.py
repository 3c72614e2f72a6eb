"""What songs' files say of them, in DynamoDB. A value that cannot be read is left out, and reported."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from unplugd.aws import rows
from unplugd.aws.rows import to_attribute
from unplugd.aws.table import Table, attr, key
from unplugd.domain.details import ANNOTATIONS, Details

_ROWS_A_PAGE = 250


class DetailsTable:
    """`{app}-{env}-song-details`, and the marks in the songs table that say what it has."""

    def __init__(self, client: Any, table: str, songs_table: str | None = None) -> None:
        self._table = Table(client, table, "userId", "songId")
        self._songs = Table(client, songs_table, "userId", "songId") if songs_table else None

    def get(self, user_id: str, song_id: str) -> Details:
        """A song's details; without any value when its file was not read yet."""
        row = self._table.get(user_id, song_id, doing="read the song's details")
        return _read(row) if row else Details()

    def find(self, user_id: str, song_ids: Sequence[str]) -> dict[str, Details]:
        """Those of up to 100 songs of a person that have any, by the song's id."""
        keys = [(user_id, song_id) for song_id in song_ids]
        found = self._table.get_all(keys, doing="read the songs' details")
        return {row["songId"]["S"]: _read(row) for row in found}

    def save(self, user_id: str, song_id: str, details: Details, *, has_artwork: bool) -> bool:
        """Keep a song's details and mark its row, in one transaction. False, and nothing is written, when the song is
        gone."""
        assert self._songs
        row = {to_attribute(field.name): getattr(details, field.name) for field in fields(Details)}
        marks = {"detailsAt": details.read_at, "artworkAt": details.read_at if has_artwork else None}
        exists = attr("songId").exists()
        return self._table.together(
            [
                self._songs.changed_row(user_id, song_id, changes=marks, add={"seq": 1}, when=exists),
                self._table.changed_row(user_id, song_id, changes=row),
            ],
            doing="keep the song's details",
        )

    def remove(self, user_id: str, song_id: str | None = None, *, until: float | None = None) -> bool:
        """Remove a person's rows, or the one of a song; whether there was any. After `until` (time.monotonic) it stops,
        with rows left."""
        doing = "remove the details"
        of = key("userId").eq(user_id)
        if song_id is not None:
            of &= key("songId").eq(song_id)
        found = False
        for page in self._table.pages(of, Limit=_ROWS_A_PAGE, ConsistentRead=True, doing=doing):
            keys = [(row["userId"]["S"], row["songId"]["S"]) for row in page["Items"]]
            self._table.delete_all(keys, doing=doing)
            found = found or bool(keys)
            if until is not None and time.monotonic() > until:
                return found
        return found


_READERS = {"str": rows.text, "int": rows.whole_number, "float": rows.number}


def _read(row: Mapping[str, Any]) -> Details:
    names = {to_attribute(name): (name, kind) for name, kind in ANNOTATIONS.items()}
    known = {name: _READERS[kind] for name, (_, kind) in names.items() if name in row}
    known |= {"readAt": rows.time} if "readAt" in row else {}
    values, problems = rows.read(row, **known)
    if problems:
        rows.report("details", {str(row["songId"]["S"]): problems})
    return Details(**{names[name][0]: value for name, value in values.items()})
