"""What is left of something that was deleted."""

from __future__ import annotations

from dataclasses import dataclass

from unplugd.songs.model import output_prefix


@dataclass(frozen=True)
class Tombstone:
    """A deleted song, or, without `song_id`, everything of its owner. `deleted_at` is ISO 8601."""

    owner: str
    song_id: str | None
    deleted_at: str

    @property
    def upload_prefix(self) -> str:
        """Where originals of it may still lie."""
        return f"uploads/{self.owner}/{self.song_id}/" if self.song_id else f"uploads/{self.owner}/"

    @property
    def output_prefix(self) -> str:
        """Where results of it may still lie."""
        return output_prefix(self.owner, self.song_id) if self.song_id else f"output/{self.owner}/"
