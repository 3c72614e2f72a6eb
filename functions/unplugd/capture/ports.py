"""What the way of windows needs of the outside world: a table, two buckets, and a function to start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from unplugd.domain.session import Kind, Session, State
from unplugd.kernel.clock import Clock


class Sessions(Protocol):
    """The sessions table."""

    def get(self, user_id: str, session_id: str) -> Session | None: ...
    def live(self, after: str = "") -> Iterator[tuple[str, Session]]: ...
    def register(
        self, session_key: tuple[str, str], index: int, kind: Kind, *, now: str
    ) -> Session | None: ...
    def claim(self, session: Session, index: int) -> bool: ...
    def unclaim(self, session: Session, index: int) -> None: ...
    def note_ingested(self, session: Session, index: int, *, now: str) -> Session | None: ...
    def note_failed(self, session: Session, index: int, code: str, *, now: str) -> Session | None: ...
    def change(
        self, session: Session, changes: Mapping[str, Any], *, status: Sequence[State], now: str
    ) -> Session | None: ...
    def take_join(self, session: Session, *, before: State, now: str) -> Session | None: ...
    def finish(self, session: Session) -> None: ...


class Windows(Protocol):
    """The uploads bucket."""

    def fetch(self, key: str, target: Path) -> bool: ...
    def metadata(self, key: str) -> dict[str, str]: ...
    def listed(self, prefix: str, after: str = "") -> Iterator[tuple[str, int, datetime]]: ...
    def delete(self, key: str) -> None: ...
    def empty(self, prefix: str, until: float | None = None) -> bool: ...


class Results(Protocol):
    """The output bucket."""

    def write_json(self, key: str, document: Mapping[str, Any]) -> None: ...
    def put_file(self, key: str, source: Path, *, content_type: str) -> None: ...


class Place(Protocol):
    """Where a sweep stopped."""

    def read(self) -> str: ...
    def note(self, after: str) -> None: ...


# Starts the function that reads a window, or the one that joins a session, with this payload, and does not wait.
Invoke = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Tools:
    """What every step of arrival works with."""

    sessions: Sessions
    windows: Windows
    clock: Clock
