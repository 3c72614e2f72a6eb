"""What the songs table knows of a person's changes to a song's measurements."""

from __future__ import annotations

from typing import Any

from unplugd.aws.song_table import SongTable
from unplugd.domain.song import Song

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


class MeasurementRows(SongTable):
    """The songs table, where a version of a person's changes becomes the current one."""

    def save_edits(self, song: Song, *, seen: Song, now: str) -> Song | None:
        """Point the row at the changes that `song` names, with the figures that follow from them. None if another
        change, or another measurement, came after `seen` was read. Not a step of the song's life: `seq` stays."""
        changes: dict[str, Any] = {name: getattr(song, name) for name in _FIELDS}
        when = {"edits_key": seen.edits_key, "measured_at": seen.measured_at}
        return self._change(song, changes, now=now, when=when, counts=False)
