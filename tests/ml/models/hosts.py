"""A server on 127.0.0.1 that replaces the hosts of weights: ranges, cut connections, and answers by script."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ml.models.sources import Hosts

REVISION = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Host:
    """`files` by path. `cuts`: bytes after which the next connections for a path are dropped, in turn."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cuts: dict[str, list[int]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    @property
    def hosts(self) -> Hosts:
        """This server in place of the public ones."""
        return Hosts(demucs=f"{self.url}/demucs", hub=f"{self.url}/hub")

    def publish_on_hub(self, repository: str, files: dict[str, bytes], large: tuple[str, ...] = ()) -> None:
        """A repository as the hub lists and serves it; `large` files have a SHA-256 for an etag."""
        tree: list[dict[str, Any]] = [{"type": "directory", "path": "assets", "oid": "0" * 40, "size": 0}]
        for name, content in files.items():
            git_name = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            entry: dict[str, Any] = {"type": "file", "path": name, "oid": git_name, "size": len(content)}
            if name in large:
                entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
            tree.append(entry)
            self.files[f"/hub/{repository}/resolve/{REVISION}/{name}"] = content
        api = f"/hub/api/models/{repository}"
        self.files[f"{api}/revision/main"] = json.dumps({"sha": REVISION}).encode()
        self.files[f"{api}/tree/{REVISION}"] = json.dumps(tree).encode()


@contextmanager
def serving() -> Iterator[Host]:
    """The server, for as long as the block lasts."""
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            host.asked.append((self.path, wanted))
            status = host.statuses.get(self.path, 200 if self.path in host.files else 404)
            body = host.files.get(self.path, b"") if status == 200 else b"no"
            start = 0
            if wanted and host.ranges and status == 200:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                status = 206 if start < len(body) else 416
                body = body[start:]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            cuts = host.cuts.get(self.path)
            self.wfile.write(body[: cuts.pop(0)] if cuts else body)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
