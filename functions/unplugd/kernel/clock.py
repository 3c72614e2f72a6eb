"""Time as the product writes it: UTC, ISO 8601, milliseconds, a trailing Z."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment, timezone-aware."""
    return datetime.now(UTC)


def to_iso(moment: datetime) -> str:
    """`2026-01-31T08:15:00.000Z`. Fixed width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """The inverse of `to_iso`."""
    return datetime.fromisoformat(text)
