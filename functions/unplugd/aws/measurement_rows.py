"""What the songs table knows of a song's measurements: a person's changes, and what a job of measuring asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from unplugd.aws import rows
from unplugd.aws.song_table import SongTable
from unplugd.aws.table import key
from unplugd.domain.measurable import Measurable
from unplugd.domain.song import Song, Status

_FIELDS = (
    "edits_key",
    "edits_version",
    "tempo_bpm",
    "tempo_confidence",
    "music_key",
    "key_confidence",
    "loudness_lufs",
    "own_tempo_bpm",
    "own_music_key",
    "own_loudness_lufs",
)
_MEASURABLE = {
    "durationSec": lambda stored: max(0.0, float(stored["N"])),
    "album": rows.text,
    "isrc": rows.text,
    "measuredAt": rows.time,
    "engineVersion": rows.whole_number,
}


class MeasurementRows(SongTable):
    """The songs table, where a version of a person's changes becomes the current one."""

    def save_edits(self, song: Song, *, seen: Song, now: str) -> Song | None:
        """Point the row at the changes that `song` names, with the figures that follow from them. None if another
        change, or another measurement, came after `seen` was read. Not a step of the song's life: `seq` stays."""
        changes: dict[str, Any] = {name: getattr(song, name) for name in _FIELDS}
        when = {"edits_key": seen.edits_key, "measured_at": seen.measured_at}
        return self._change(song, changes, now=now, when=when, counts=False)

    def measurable(self, owner: str, *, complete: bool) -> Iterator[Measurable]:
        """The songs of a library, newest first; `complete`: only those that have stems. Rows that cannot be read are
        left out, and reported where a person's library is read."""
        condition = key("userId").eq(owner)
        if complete:
            condition = condition & key("statusSongId").begins_with(f"{Status.COMPLETED}#")
        pages = self._table.pages(
            condition,
            index="StatusIndex" if complete else None,
            ScanIndexForward=False,
            ProjectionExpression=", ".join(["songId", "statusSongId", *_MEASURABLE]),
            doing="read your library",
        )
        return (song for page in pages for item in page["Items"] if (song := _measurable(item)))

    def one_measurable(self, owner: str, song_id: str) -> Measurable | None:
        """One song of a library, or None."""
        item = self._table.get(owner, song_id, doing="read the song")
        return _measurable(item) if item else None


def _measurable(item: Mapping[str, Any]) -> Measurable | None:
    known, problems = rows.read(item, songId=rows.text, statusSongId=rows.text)
    if problems:
        return None
    optional = {name: reader for name, reader in _MEASURABLE.items() if name in item}
    found, _ = rows.read(item, **optional)
    version = found.get("engineVersion", 0)
    return Measurable(
        known["songId"],
        known["statusSongId"].startswith(f"{Status.COMPLETED}#"),
        found.get("durationSec", 0.0),
        found.get("album"),
        found.get("isrc"),
        max(version, 1)
        if found.get("measuredAt")
        else 0,  # rows from before there was a second version have none
    )
