"""faster-whisper's calls, bounded: one pass of its encoder at a time, and a look for a stop before each."""

from __future__ import annotations

import threading
from typing import Any

from ml import Stopped


class OnePass:
    """While it is entered, faster-whisper's `transcribe` is broken off, without an error, where its encoder is asked a
    second time. By then it has handed out all that the first pass gave."""

    class _Heard(Exception):
        pass

    def __init__(self, whisper: Any) -> None:
        self._whisper = whisper
        self._begun = False
        self.broken_off = False

    def __enter__(self) -> None:
        encode = self._whisper.encode

        def once(features: Any) -> Any:
            if self._begun:
                raise self._Heard
            self._begun = True
            return encode(features)

        self._whisper.encode = once

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        del self._whisper.encode
        self.broken_off = kind is self._Heard
        return self.broken_off


class Stoppable:
    """CTranslate2's model, which looks for a stop before each of its calls: a call cannot be broken off, but one is
    at most a window of 30 s at one temperature."""

    def __init__(self, model: Any, stop: threading.Event) -> None:
        self._model = model
        self._stop = stop

    def __getattr__(self, name: str) -> Any:
        if self._stop.is_set():
            raise Stopped
        return getattr(self._model, name)
