"""The outside service that knows how often a recording was played, over HTTP.

`GET {url}/{isrc}?platforms=spotify,…` with a bearer key answers `{"plays": {"spotify": 1234}}`."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from unplugd.domain.measure_queue import MAX_RETRY_AFTER_S, Again, Final, Outcome, Pause, Values
from unplugd.kernel.clock import Clock

TIMEOUT_S = 10.0
MAX_BYTES = 64 * 1024
PAUSE_S = 60.0  # after a 429 that names no time
REFUSED_PAUSE = timedelta(hours=1)  # after a refused key, so that it costs one row and not the whole queue
NO_DATA = "The source has no data."


class _NoRedirect(HTTPRedirectHandler):
    """urllib would send our key along to wherever it is sent."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class PlaysService:
    """`key`: gives the key of the service; asked before each call. `timeout_s`: of one whole call."""

    def __init__(
        self,
        url: str,
        key: Callable[[], str],
        clock: Clock,
        *,
        timeout_s: float = TIMEOUT_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not url.startswith(("https://", "http://127.0.0.1:")):
            raise ValueError("The key must go over TLS")
        self._url, self._key, self._clock = url.rstrip("/"), key, clock
        self._timeout_s, self._monotonic = timeout_s, monotonic
        # No proxy either: it would see the key of a call without TLS.
        self._opener: OpenerDirector = build_opener(ProxyHandler({}), _NoRedirect)

    def ask(self, isrc: str, platforms: Sequence[str]) -> Outcome:
        """What the service answers, as an outcome of the row that asks. Raises what reading the key raises."""
        where = f"{self._url}/{quote(isrc, safe='')}?{urlencode({'platforms': ','.join(platforms)})}"
        headers = {"Authorization": f"Bearer {self._key()}", "Accept": "application/json"}
        request = Request(where, headers=headers)  # noqa: S310 - the scheme is checked above
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                return self._of(answer.status, self._read(answer), platforms)
        except HTTPError as error:
            with error:
                return self._refused(error.code, error.headers)
        except TimeoutError:
            return Again("The source did not answer in time.")
        except (OSError, HTTPException) as error:
            late = isinstance(getattr(error, "reason", None), TimeoutError)
            return Again("The source did not answer in time." if late else "The source cannot be reached.")

    def _read(self, answer: Any) -> bytes | None:
        """The body; None when it is too large. `TimeoutError` for one that drips."""
        until = self._monotonic() + self._timeout_s
        body = b""
        while len(body) <= MAX_BYTES:
            part: bytes = answer.read1(16 * 1024)
            if not part:
                return body
            body += part
            if self._monotonic() > until:
                raise TimeoutError
        return None

    def _of(self, status: int, body: bytes | None, platforms: Sequence[str]) -> Outcome:
        if body is None:
            return Again(f"The source's answer is larger than {MAX_BYTES} bytes.")
        if status == 204:
            return Final(NO_DATA)
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            return Again("The source's answer is no JSON.")
        plays = answer.get("plays") if isinstance(answer, Mapping) else None
        if answer is None or (isinstance(answer, Mapping) and not plays):
            return Final(NO_DATA)
        if not isinstance(plays, Mapping) or not all(_is_count(plays.get(name)) for name in platforms):
            return Again("The source's answer is not as expected.")
        known = {name: plays[name] for name in platforms if plays.get(name) is not None}
        return Values({"plays": known}) if known else Final(NO_DATA)

    def _refused(self, status: int, headers: Message) -> Outcome:
        asked = self._retry_after_s(headers.get("Retry-After"))
        if status == 429:
            pause_s = PAUSE_S if asked is None else min(asked, MAX_RETRY_AFTER_S)
            return Pause(self._clock() + timedelta(seconds=pause_s))
        if status == 404:
            return Final("The source does not know this recording.")
        if status in (401, 403):
            return Final(f"The source refuses our key ({status}).", self._clock() + REFUSED_PAUSE)
        if 400 <= status < 500 and status != 408:
            return Final(f"The source refuses the question ({status}).")
        return Again(f"The source answered {status}.", asked)

    def _retry_after_s(self, text: str | None) -> float | None:
        """Seconds, or a date (RFC 9110, 10.2.3); None for anything else."""
        if text is None:
            return None
        if text.strip().isdecimal() and text.isascii():
            return float(text.strip()[:12])
        try:
            moment: datetime = parsedate_to_datetime(text)
            return max(0.0, (moment - self._clock()).total_seconds())
        except (ValueError, TypeError, OverflowError):
            return None


def _is_count(value: Any) -> bool:
    """Whether it can be a number of plays, or unknown."""
    if value is None:
        return True
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    )
