"""A stored song that this version of the code cannot read: one that a newer version wrote before a rollback, or that
was edited by hand. It is reported and skipped; its owner can still see, export and delete it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from unplugd.kernel.errors import Conflict

UNREADABLE = "UNREADABLE"  # the status that the API shows; it is never stored
MESSAGE = "This song's record cannot be read. Contact the operator, or delete the song."


@dataclass(frozen=True)
class UnreadableSong:
    """What is known of a song whose row cannot be read.

    `readable` has the fields of `Song` that could be read, by their names; `problems` the stored names of the
    attributes that could not."""

    user_id: str
    song_id: str
    problems: tuple[str, ...]
    readable: Mapping[str, Any] = field(default_factory=dict)

    @property
    def execution_arn(self) -> str | None:
        """The execution that may work on the song, if its name could be read."""
        return self.readable.get("execution_arn")


class Unreadable(Conflict):
    """The song's row cannot be read (409), so nothing but deleting it is possible."""

    def __init__(self, song: UnreadableSong) -> None:
        super().__init__(MESSAGE)
        self.song = song
