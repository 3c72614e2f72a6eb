"""Python runs this at the start of every Lambda worker of the chaos stack: it lets a clock go wrong.

`CHAOS_FOLDER`/clock holds by how many seconds; it is read at each look at the clock, so warm workers go wrong too."""

import datetime
import os
from pathlib import Path

_REAL = datetime.datetime
_NOTE = Path(os.environ.get("CHAOS_FOLDER", "/nonexistent")) / "clock"


class _Clock(type):
    """Times made before and after count as the same kind."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _REAL)


class Wrong(_REAL, metaclass=_Clock):
    """datetime, off by what the note says."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
        try:
            off = float(_NOTE.read_text())
        except (OSError, ValueError):
            off = 0.0
        return _REAL.now(tz) + datetime.timedelta(seconds=off)

    @classmethod
    def utcnow(cls) -> datetime.datetime:  # type: ignore[override]
        return cls.now(datetime.UTC).replace(tzinfo=None)


datetime.datetime = Wrong  # type: ignore[misc]
