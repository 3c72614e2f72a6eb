"""What is left of something that was deleted."""

from __future__ import annotations

from dataclasses import dataclass

from unplugd.domain import files


@dataclass(frozen=True)
class Tombstone:
    """A deleted song, or, without `song_id`, everything of its owner. `deleted_at` is ISO 8601."""

    owner: str
    song_id: str | None
    deleted_at: str

    @property
    def upload_prefix(self) -> str:
        """The prefix under which originals may remain."""
        return (
            files.upload_prefix(self.owner, self.song_id) if self.song_id else files.user_uploads(self.owner)
        )

    @property
    def output_prefix(self) -> str:
        """The prefix under which results may remain."""
        return (
            files.output_prefix(self.owner, self.song_id) if self.song_id else files.user_output(self.owner)
        )
