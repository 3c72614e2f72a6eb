"""What the sweep, and what follows an accepted upload, need of the outside world."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


class Listing(Protocol):
    """The uploads bucket, to look through."""

    def listed(self, prefix: str, after: str = "") -> Iterator[tuple[str, int, datetime]]: ...
    def delete(self, key: str) -> None: ...


class Place(Protocol):
    """Where a sweep stopped."""

    def read(self) -> str: ...
    def note(self, after: str) -> None: ...


class Accepted(Protocol):
    """What looks further into an upload that was accepted: to call it twice for a song does no harm."""

    def __call__(self, user_id: str, song_id: str) -> None: ...


class Events(Protocol):
    """The notifications by which the validator learns of uploads."""

    def repeat(self, key: str, size_bytes: int) -> None: ...
