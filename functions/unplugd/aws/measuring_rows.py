"""What the songs table knows of songs that are to be measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from unplugd.aws import rows
from unplugd.aws.queue_index import LATER
from unplugd.aws.song_table import SongTable
from unplugd.domain.job import MEASUREMENT
from unplugd.domain.song import Song


class MeasuringRows(SongTable):
    """The songs table, where a complete song begins to wait to be measured."""

    def queue_measuring(self, song: Song, *, row: str, now: str) -> Song | None:
        """Let a complete song wait to be measured, for the row `row` of the measure queue. The row after it names the
        execution that this will be. None when the song has changed since it was read. Not a step that its owner is told
        of: `seq` stays."""
        changes = MEASUREMENT.queued(song, now) | {
            "queue_position": None,
            "measure_row": row,
            "measure_execution": f"{song.song_id}-{song.attempt + 1}",
        }
        when = MEASUREMENT.when(song)
        return self._change(song, changes, now=now, when=when, queue=(LATER, now), counts=False)

    def measured_before(
        self, version: int, *, after: str, limit: int
    ) -> tuple[Sequence[tuple[str, str]], str]:
        """The songs (user id, song id) that an engine before `version` measured, among the `limit` rows behind `after`;
        and the place behind which the next ones are, empty at the end."""
        seen = list(
            islice(
                self._table.scan(
                    after=_key(after),
                    Limit=limit,
                    ProjectionExpression="userId, songId, measuredAt, engineVersion",
                    doing="look for songs to measure again",
                ),
                limit,
            )
        )
        end = json.dumps([seen[-1]["userId"]["S"], seen[-1]["songId"]["S"]]) if len(seen) == limit else ""
        found = [one for one in seen if "measuredAt" in one and _engine(one) < version]
        return [(one["userId"]["S"], one["songId"]["S"]) for one in found], end


def _engine(stored: Mapping[str, Any]) -> int:
    """The version of the engine that a row names. Rows without one were written when there was only the first."""
    return int(rows.read(stored, engineVersion=rows.whole_number)[0].get("engineVersion", 1))


def _key(after: str) -> dict[str, str] | None:
    return dict(zip(("userId", "songId"), json.loads(after), strict=True)) if after else None
