"""Connections that hang: what is sent to one comes to nothing, after as long as our client waits for an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

GIVES_UP_AFTER_S = 7.0  # two tries of three seconds, and the wait between them (aws/clients.py, `quick`)


class Hanging:
    """All connections hang, and `time.monotonic` moves by that alone. `at_send` is called before each send."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at_send: Callable[[], object] = lambda: None) -> None:
        self.took_s = 0.0
        self._at_send = at_send
        monkeypatch.setattr("unplugd.realtime.service.time.monotonic", lambda: 1000.0 + self.took_s)
        monkeypatch.setattr("unplugd.aws.sockets.Sockets.send", self._send)
        monkeypatch.setattr("unplugd.aws.sockets.Sockets.close", self._hang)

    def _send(self, *_: Any) -> None:
        self._at_send()
        self._hang()

    def _hang(self, *_: Any) -> None:
        self.took_s += GIVES_UP_AFTER_S
        raise ConnectionError("timed out")
