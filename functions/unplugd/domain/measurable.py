"""What a measurement job needs to know of a song, without reading all of its row."""

from __future__ import annotations

from dataclasses import dataclass

from unplugd.kernel.ids import created_at


@dataclass(frozen=True)
class Measurable:
    """A song that can be measured. `measured_by`: the version of the engine that measured it, 0 if none did."""

    song_id: str
    is_complete: bool
    duration_s: float = 0.0
    album: str | None = None
    isrc: str | None = None
    measured_by: int = 0

    @property
    def rank(self) -> int:
        """Its rank in the measure queue, as Unix seconds: the newest first. It becomes the number of times that a song
        was practised once the app counts that."""
        return int(created_at(self.song_id).timestamp())
