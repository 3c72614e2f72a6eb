"""What is left of something that was deleted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tombstone:
    """A deleted song, or, without `song_id`, everything of its owner. `deleted_at` is ISO 8601."""

    owner: str
    song_id: str | None
    deleted_at: str
