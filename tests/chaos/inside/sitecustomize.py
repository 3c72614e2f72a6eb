"""Python runs this at the start of every Lambda worker of the chaos stack: it lets a clock go wrong, and switches the
deadline of messages off.

`CHAOS_FOLDER`/clock holds by how many seconds the clock is wrong; `CHAOS_FOLDER`/no-deadline exists while no message
has a deadline. Both are read each time, so that warm workers obey too."""

import datetime
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

_REAL = datetime.datetime
_FOLDER = Path(os.environ.get("CHAOS_FOLDER", "/nonexistent"))
_NOTE = _FOLDER / "clock"
_NO_DEADLINE = _FOLDER / "no-deadline"
_SENDER = "unplugd.realtime.service"


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


class _Sender(importlib.abc.MetaPathFinder):
    """Finds the module that sends messages as Python does, and puts `_NO_DEADLINE` before its deadline."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(name, path) if name == _SENDER else None
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_change(module: ModuleType) -> None:
            execute(module)
            is_late = module._is_late
            module._is_late = lambda until: not _NO_DEADLINE.exists() and is_late(until)  # type: ignore[attr-defined]

        spec.loader.exec_module = execute_and_change  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, _Sender())
