"""HTTP: one pool of connections, and every fault as one of the client's errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

import urllib3

from cli.client.errors import Unreachable

CONNECT_S = 10.0
ANSWER_S = 40.0  # API Gateway gives up after 29 s


@dataclass(frozen=True)
class Answer:
    """A status and the bytes that came with it."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Transport:
    """Sends requests. It never retries by itself: the caller knows whether a second request is harmless."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_S, read=ANSWER_S), retries=False, maxsize=4
        )

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | IO[bytes] | None = None
    ) -> Answer:
        """One request; its whole answer."""
        try:
            # http.client sends a file in small blocks and takes any object with read()
            got = self._pool.request(method, url, headers=dict(headers), body=body)
        except urllib3.exceptions.HTTPError as error:
            raise unreachable(url, error) from error
        return Answer(got.status, got.data)

    def open(self, url: str, *, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """A GET whose body the caller reads in pieces."""
        try:
            return self._pool.request("GET", url, headers=dict(headers), preload_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise unreachable(url, error) from error

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


def unreachable(url: str, error: Exception) -> Unreachable:
    """The sentence for a connection that failed; no path or query of the URL, which may hold a signature."""
    parts = urllib3.util.parse_url(url)
    return Unreachable(f"No answer from {parts.scheme}://{parts.netloc} ({type(error).__name__}).")
