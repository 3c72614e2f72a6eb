"""DynamoDB item writes, one line each, kept until a snapshot holds them.

A line is in the kernel's hands before the write is answered: a killed process loses nothing, only a machine that
loses power may lose the last second. Segments are numbered; a snapshot starts a new one before it copies the tables,
so the older ones are in it, and replaying the newer ones over it gives the last value of each key.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)


class Journal:
    """An append-only log of item writes in numbered segments."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self.lock = threading.RLock()
        self.size_bytes = 0
        # How to put and to remove an item without noting it again; set by the code that wraps those.
        self.appliers: tuple[Callable[..., Any], Callable[..., Any]] | None = None
        self._number = max(self._numbers(), default=0) + 1
        self._descriptor = self._open()

    def note(self, table_arn: str, table_id: str, pk_val: Any, sk_val: Any, item: Any) -> None:
        """Append one write, whole or not at all (OSError); an item of None is a removal. The caller holds the lock."""
        line = json.dumps([table_arn, table_id, pk_val, sk_val, item], separators=(",", ":")).encode() + b"\n"
        end = os.fstat(self._descriptor).st_size
        try:
            # On a full disk a write may take a part of the line before it fails.
            rest = line
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            # Half a line would hide every line that comes after it.
            os.ftruncate(self._descriptor, end)
            raise
        self.size_bytes += len(line)

    def rotate(self) -> int:
        """Start a new segment; return the number of the one before it."""
        with self.lock:
            os.close(self._descriptor)
            before, self._number = self._number, self._number + 1
            self._descriptor = self._open()
            self.size_bytes = 0
        return before

    def forget(self, upto: int) -> None:
        """Remove the segments that a snapshot holds."""
        for number in self._numbers():
            if number <= upto:
                self._path(number).unlink(missing_ok=True)

    def replay(self, tables: Mapping[str, Any]) -> int:
        """Apply every noted write to the tables that still exist; return how many there were."""
        assert self.appliers is not None
        put, remove = self.appliers
        applied = 0
        for number in sorted(self._numbers()):
            for line in self._path(number).read_bytes().splitlines():
                try:
                    table_arn, table_id, pk_val, sk_val, item = json.loads(line)
                except ValueError:
                    # The process was killed while it wrote this line; its write was never answered.
                    _log.warning("the journal's segment %d ends within a line", number)
                    break
                table = tables.get(table_arn)
                if table is None or table.get("TableId", "") != table_id:
                    continue
                if item is None:
                    remove(table, pk_val, sk_val)
                else:
                    put(table, pk_val, sk_val, item)
                applied += 1
        return applied

    def _numbers(self) -> list[int]:
        return [int(path.stem) for path in self._folder.glob("*.jsonl") if path.stem.isdigit()]

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:09d}.jsonl"

    def _open(self) -> int:
        return os.open(self._path(self._number), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
