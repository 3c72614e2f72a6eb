"""A Stripe of our own: an HTTP server that tests start."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CHECKOUT = "https://checkout.stripe.example/c/pay/1"
KEY = "sk_test_key"  # pragma: allowlist secret - of the server below


@dataclass
class Seen:
    """One request that arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    form: dict[str, list[str]]
    headers: dict[str, str]


@dataclass
class Service:
    """A Stripe of our own. `subscriptions`: the states that a person has; `answers`: (status, body, headers) by path,
    instead of the usual ones."""

    url: str = ""
    subscriptions: list[str] = field(default_factory=list)
    answers: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    def answer(self, one: Seen) -> tuple[int, bytes, dict[str, str]]:
        self.seen.append(one)
        if one.path in self.answers:
            return self.answers[one.path]
        body: dict[str, Any] = {"url": CHECKOUT}
        if one.path.endswith("/search"):
            body = {"object": "search_result", "data": [{"status": state} for state in self.subscriptions]}
        return 200, json.dumps(body).encode(), {}


@contextmanager
def running() -> Iterator[Service]:
    """The service, until the block ends."""
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts, form = urlsplit(self.path), self.rfile.read(length).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen(self.command, parts.path, parse_qs(parts.query), parse_qs(form), headers)
            status, body, more = made.answer(seen)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - http.server calls it by this name

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
