"""A server that answers as the outside service of plays may: with each status, late, never, too much, or not JSON."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "the-key"


@dataclass(frozen=True)
class Answer:
    """One answer. `hangs`: nothing is sent until the server ends. `drips`: the body comes in single bytes, for ever."""

    status: int = 200
    body: bytes = b'{"plays": {"spotify": 1234}}'
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    drips: bool = False


@dataclass
class PlaysServer:
    """`answer`: from the code that is asked for. `asked`: the codes, in order."""

    url: str = ""
    answer: Callable[[str], Answer] = lambda _isrc: Answer()
    asked: list[str] = field(default_factory=list)
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def always(self, status: int = 200, body: Any = None, **headers: str) -> None:
        """Answer everything so. `headers`: with underscores for hyphens."""
        sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = lambda _isrc: Answer(status, sent, named)


@contextmanager
def serving() -> Iterator[PlaysServer]:
    """The server, on a free port of this machine."""
    service = PlaysServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            where = urlsplit(self.path)
            isrc = unquote(where.path.rsplit("/", 1)[1])
            service.asked.append(isrc)
            service.queries.append(parse_qs(where.query))
            if self.headers["Authorization"] != f"Bearer {KEY}":
                self._send(Answer(401, b""))
            else:
                self._send(service.answer(isrc))

        def _send(self, answer: Answer) -> None:
            if answer.hangs:
                service.over.wait()
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.drips:
                self.end_headers()
                self.close_connection = True
                while not service.over.wait(0.02):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                return
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that hung up is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
