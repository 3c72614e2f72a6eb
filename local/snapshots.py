"""Saves what changed, soon after it changed, and only that.

A service is looked at when a request or an execution touched it; it is written when its saved form differs. The
pause after a round is as long as the round was costly, so that saving never takes more than a tenth of the time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local import upstream
from local.journal import Journal

_log = logging.getLogger(__name__)

_PAUSE_S = 0.25
_COST_SHARE = 0.1
# Log lines grow without end and are worth little: they are saved now and then.
_SLOW = {"cloudwatch_logs": 30.0, "cloudwatch": 30.0}
# Changed from inside, without a request, by nearly everything else: functions log, and pollers delete messages.
_ALWAYS = frozenset({"sqs", *_SLOW})
_JOURNAL_LIMIT_BYTES = 8 * 1024 * 1024
# Which services change which others: executions run tasks, send messages and raise events without a request.
_ALONG = {
    "stepfunctions": ("stepfunctions", "ecs", "sqs", "eventbridge"),
    "eventbridge": ("eventbridge", "sqs"),
    "lambda_svc": (),
}


class Snapshots:
    """A thread that keeps the state on disk close behind the state in memory."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self._folder = folder
        self._journal = journal
        self._touched: set[str] = set()
        self._touching = threading.Lock()
        self._everything = False
        self._wake = threading.Event()
        self._saving = threading.Lock()
        self._saved: dict[str, bytes] = {}
        self._slow_at: dict[str, float] = {}
        self._tables = b""

    def start(self) -> None:
        """Begin to save."""
        threading.Thread(target=self._loop, daemon=True, name="snapshots").start()

    def touch(self, service: str) -> None:
        """Note that a service may have changed."""
        module = upstream.module("app").SERVICE_REGISTRY.get(service, {}).get("module", service)
        with self._touching:
            self._everything = self._everything or module == "cloudformation"
            self._touched.update(_ALONG.get(module, (module,)))
        self._wake.set()

    def tables_replaced(self) -> None:
        """Note that a table's items changed as a whole, which the journal cannot tell."""
        self._tables = b""
        self.touch("dynamodb")

    def save_everything(self) -> None:
        """Save every service now; the orderly stop's last act."""
        with self._saving:
            for key, get_state in self._services().items():
                self._save(key, get_state)
            self._save_tables()

    def _loop(self) -> None:
        while True:
            # The timeout is for what was too soon to be saved when the last request came.
            self._wake.wait(max(_SLOW.values()))
            self._wake.clear()
            began = time.perf_counter()
            try:
                with self._saving:
                    self._round()
            except Exception:
                # The next round tries again; what it missed is still touched or will differ then too.
                _log.exception("a snapshot failed")
                self._everything = True
                self._wake.set()
            cost = time.perf_counter() - began
            time.sleep(max(_PAUSE_S, cost / _COST_SHARE))

    def _round(self) -> None:
        with self._touching:
            everything, self._everything = self._everything, False
            touched, self._touched = self._touched, set()
        if not (everything or touched):
            return
        modules = upstream.module("app")._state_map
        for key, get_state in self._services().items():
            if not (everything or modules[key] in touched | _ALWAYS):
                continue
            if self._is_too_soon(key):
                with self._touching:
                    self._touched.add(modules[key])
                continue
            self._save(key, get_state)
        if everything or "dynamodb" in touched or self._journal.size_bytes > _JOURNAL_LIMIT_BYTES:
            self._save_tables_if_due()

    def _is_too_soon(self, key: str) -> bool:
        pause = _SLOW.get(key)
        if pause is None:
            return False
        now = time.monotonic()
        if now - self._slow_at.get(key, 0.0) < pause:
            return True
        self._slow_at[key] = now
        return False

    def _services(self) -> dict[str, Callable[[], Any]]:
        services: dict[str, Callable[[], Any]] = upstream.module("app")._build_persistence_save_dict()
        services.pop("dynamodb", None)  # it has a way of its own, `_save_tables`
        return services

    def _save(self, key: str, get_state: Callable[[], Any]) -> None:
        state = _steady(get_state)
        if state is None:
            return
        persistence = upstream.module("core.persistence")
        wrapped = {"__ministack_format__": persistence._state_format_version(key), "payload": state}
        text = json.dumps(wrapped, default=persistence._json_default).encode()
        digest = hashlib.blake2b(text, digest_size=16).digest()
        if self._saved.get(key) == digest:
            return
        path = self._folder / f"{key}.json"
        scratch = path.with_suffix(".new")
        scratch.write_bytes(text)
        scratch.replace(path)
        self._saved[key] = digest

    def _save_tables_if_due(self) -> None:
        """Save the tables when one was made, changed or removed, or when the journal has grown long."""
        dynamodb = upstream.service("dynamodb")
        left_out = {"items", "ItemCount", "TableSizeBytes", dynamodb._INDEX_MEMBERS}
        shapes = [
            {name: value for name, value in table.items() if name not in left_out}
            for table in list(dynamodb._tables._data.values())
        ]
        rest = [list(store._data.items()) for store in (dynamodb._ttl_settings, dynamodb._tags)]
        text = repr((shapes, rest)).encode()
        shape = hashlib.blake2b(text, digest_size=16).digest()
        if shape != self._tables or self._journal.size_bytes > _JOURNAL_LIMIT_BYTES:
            self._save_tables()
            self._tables = shape

    def _save_tables(self) -> None:
        before = self._journal.rotate()
        self._save("dynamodb", upstream.service("dynamodb").get_state)
        self._journal.forget(before)


def _steady(get_state: Callable[[], Any]) -> Any:
    """Copy a service's state although requests change it at the same time."""
    for _ in range(20):
        try:
            return get_state()
        except RuntimeError:  # "dictionary changed size during iteration"
            time.sleep(0.002)
    return get_state()
