"""The web app's page of the local stack: the built files, their settings, and the start link.

Static, on this machine only. A built app knows nothing of where it is served: `/config.json` tells it, and is made
here for each start. What CloudFront says on AWS (templates/web.yaml) is said here too: the same policy and caching.
"""

from __future__ import annotations

import errno
import functools
import gzip
import json
import re
import secrets
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from local.datadir import StackError

# What a page may load and reach. `connect-src` also gets the places of the stack; templates/web.yaml has the same list.
POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "font-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    # No string becomes HTML or script; src/lib/trusted.ts lets our own files become workers.
    "require-trusted-types-for": "'script'",
    "trusted-types": "default",
}
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(self), payment=(), usb=()",
}
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".mp3": "audio/mpeg",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_SQUEEZED = frozenset(
    {".html", ".js", ".mjs", ".css", ".json", ".map", ".svg", ".webmanifest", ".wasm", ".txt"}
)
_MAX_BODY = 1024
_LENGTH = re.compile(r"[0-9]{1,9}")


class StartCode:
    """A code that is valid for one exchange: the printed link signs in once."""

    def __init__(self, email: str, password: str) -> None:
        self.value = secrets.token_urlsafe(24)
        self._credentials: dict[str, str] | None = {"email": email, "password": password}
        self._lock = threading.Lock()

    def exchange(self, code: object) -> dict[str, str]:
        """The user's address and password, the first time that the right code comes; else raise StartLinkRefused."""
        # JSON can hold half a surrogate pair, which has no bytes.
        sent = code.encode(errors="replace") if isinstance(code, str) else b""
        if not secrets.compare_digest(sent, self.value.encode()):
            raise StartLinkRefused("This start link is incomplete, or is from an earlier start.")
        with self._lock:
            credentials, self._credentials = self._credentials, None
        if credentials is None:
            raise StartLinkRefused("This start link has been used already; each works once.")
        return credentials


class StartLinkRefused(Exception):
    """Why a start link is refused, in one sentence."""


def settings(url: str, outputs: Mapping[str, str]) -> dict[str, object]:
    """The settings of the page for a local stack at `url` (web/src/lib/config.ts)."""
    return {
        "apiUrl": outputs["ApiUrl"],
        "webSocketUrl": outputs["WebSocketUrl"],
        "region": outputs["Region"],
        "userPoolId": outputs["UserPoolId"],
        "userPoolClientId": outputs["UserPoolClientId"],
        "cognitoEndpoint": url,
        "local": True,
    }


@contextmanager
def serve(
    sockets: Sequence[socket.socket], dist: Path, config: Mapping[str, object], start: StartCode
) -> Iterator[None]:
    """Serve the built page on these sockets (of `listen`) for as long as the block lasts."""
    stack = str(config["cognitoEndpoint"])
    page = _Page(
        dist=dist.resolve(),
        port=int(sockets[0].getsockname()[1]),
        config=json.dumps(config).encode(),
        policy=policy(stack, stack.replace("http://", "ws://")),
        start=start,
    )
    servers = [_server(listener, page) for listener in sockets]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.2,), daemon=True, name="web").start()
    try:
        yield
    finally:
        for server in servers:
            server.shutdown()


def policy(*reaches: str) -> str:
    """The Content-Security-Policy of a page that calls these origins."""
    directives = {**POLICY, "connect-src": " ".join((POLICY["connect-src"], *reaches))}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


@contextmanager
def listen(port: int) -> Iterator[Sequence[socket.socket]]:
    """Sockets on 127.0.0.1 and, where the machine has it, on ::1: browsers try both for `localhost`.

    Opened before the stack starts, so that a taken port is said at once, as StackError.
    """
    with ExitStack() as held:
        first = held.enter_context(_bind(socket.AF_INET, "127.0.0.1", port))
        sockets = [first]
        if socket.has_ipv6:
            with suppress(_NoIPv6):
                sockets.append(held.enter_context(_bind(socket.AF_INET6, "::1", first.getsockname()[1])))
        yield sockets


class _NoIPv6(Exception):
    """This machine has no ::1."""


def _bind(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES) and family is socket.AF_INET6:
            raise _NoIPv6 from error
        raise StackError(
            f"Port {port} on {host}, where the page should be, cannot be used ({error.strerror}): stop the program "
            "that has it, or choose another with --web-port."
        ) from None
    return listener


@dataclass(frozen=True)
class _Answer:
    status: HTTPStatus
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def _json(status: HTTPStatus, content: Mapping[str, object], **headers: str) -> _Answer:
    return _Answer(
        status,
        json.dumps(content).encode(),
        {"Content-Type": _TYPES[".json"], "Cache-Control": "no-store", **headers},
    )


def _refused(status: HTTPStatus, message: str, **headers: str) -> _Answer:
    return _json(status, {"error": status.name.lower(), "message": message}, **headers)


@dataclass(frozen=True)
class _Page:
    """What is served: every answer, without the connection."""

    dist: Path
    port: int
    config: bytes
    policy: str
    start: StartCode

    def get(self, host: str, target: str, *, gzipped: bool) -> _Answer:
        """A file, the settings, or the page."""
        if host != f"localhost:{self.port}":
            # The API and the buckets answer one origin, so the page has one name.
            same = f"http://localhost:{self.port}/{target.lstrip('/')}"
            return _Answer(HTTPStatus.TEMPORARY_REDIRECT, headers={"Location": same})
        try:
            path = unquote(urlsplit(target).path)
            file = self._file(path)
        except (OSError, ValueError, RuntimeError):
            # A name that is too long, an address that is none, a link to itself: no file can be meant.
            return _refused(HTTPStatus.NOT_FOUND, "There is no such file.")
        if path == "/config.json":
            headers = {"Content-Type": _TYPES[".json"], "Cache-Control": "no-store"}
            return _Answer(HTTPStatus.OK, self.config, headers)
        if file is None:
            return _refused(HTTPStatus.NOT_FOUND, "There is no such file.")
        # Names below /assets carry a hash of their content.
        caching = "public, max-age=31536000, immutable" if path.startswith("/assets/") else "no-cache"
        headers = {"Content-Type": _TYPES[file.suffix], "Cache-Control": caching}
        if file.suffix not in _SQUEEZED:
            return _Answer(HTTPStatus.OK, file.read_bytes(), headers)
        headers["Vary"] = "Accept-Encoding"
        if not gzipped:
            return _Answer(HTTPStatus.OK, file.read_bytes(), headers)
        headers["Content-Encoding"] = "gzip"
        stat = file.stat()
        return _Answer(HTTPStatus.OK, _squeezed(file, stat.st_mtime_ns, stat.st_size), headers)

    def post(self, target: str, origin: str | None, body: bytes) -> _Answer:
        """Exchange a start link's code; nothing else can be posted here."""
        if target != "/local-start":
            return _refused(
                HTTPStatus.METHOD_NOT_ALLOWED, "This address can only be read.", Allow="GET, HEAD"
            )
        if origin != f"http://localhost:{self.port}":
            return _refused(HTTPStatus.FORBIDDEN, "Only the page itself may ask for this.")
        try:
            sent = json.loads(body)
        except (ValueError, RecursionError):
            sent = None
        if not isinstance(sent, dict):
            return _refused(HTTPStatus.BAD_REQUEST, "Send the code as a JSON object.")
        try:
            return _json(HTTPStatus.OK, self.start.exchange(sent.get("code")))
        except StartLinkRefused as reason:
            how = "Sign in with the user and password that the terminal shows."
            return _refused(HTTPStatus.FORBIDDEN, f"{reason} {how}")

    def _file(self, path: str) -> Path | None:
        """The file of a path; a path without an extension is the app's own affair, so it gets index.html."""
        wanted = (self.dist / path.lstrip("/")).resolve()
        if not wanted.is_relative_to(self.dist):
            return None
        if wanted.suffix == "" and not path.startswith("/assets/"):
            wanted = self.dist / "index.html"
        return wanted if wanted.suffix in _TYPES and wanted.is_file() else None


@functools.lru_cache(maxsize=128)
def _squeezed(file: Path, _changed_ns: int, _size: int) -> bytes:
    """The file by gzip; its time and size are arguments so that a changed file is read again."""
    return gzip.compress(file.read_bytes(), 6, mtime=0)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up in the middle is no event; anything else is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _server(listener: socket.socket, page: _Page) -> _Server:
    handler = type("Handler", (_Handler,), {"page": page})
    server = _Server(listener.getsockname()[:2], handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    return server


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    page: _Page
    protocol_version = "HTTP/1.1"
    server_version = "unplugd"
    sys_version = ""
    timeout = 60.0

    def do_GET(self) -> None:
        """Read something."""
        host = self._own_host()
        if host:
            gzipped = "gzip" in self.headers.get("Accept-Encoding", "")
            self._send(self.page.get(host, self.path, gzipped=gzipped))

    def do_HEAD(self) -> None:
        """The same without the body."""
        self.do_GET()

    def do_POST(self) -> None:
        """The start link."""
        self.close_connection = True  # what may be left of a refused body is not the next request
        if not self._own_host():
            return
        length = self.headers.get("Content-Length", "")
        if not _LENGTH.fullmatch(length) or int(length) > _MAX_BODY:
            self._send(_refused(HTTPStatus.BAD_REQUEST, f"Send at most {_MAX_BODY} bytes, and say how many."))
            return
        self._send(self.page.post(self.path, self.headers.get("Origin"), self.rfile.read(int(length))))

    def _own_host(self) -> str | None:
        """The request's Host, or None and it is refused: a foreign name for this machine is DNS rebinding."""
        hosts = self.headers.get_all("Host") or []
        if len(hosts) == 1 and hosts[0] in (f"localhost:{self.page.port}", f"127.0.0.1:{self.page.port}"):
            return str(hosts[0])
        self.close_connection = True
        self._send(_refused(HTTPStatus.FORBIDDEN, "This Host is not the local page's."))
        return None

    def _send(self, answer: _Answer) -> None:
        self.send_response(answer.status)
        everywhere = {**HEADERS, "Content-Security-Policy": self.page.policy}
        length = {"Content-Length": str(len(answer.body))}
        for name, value in {**answer.headers, **everywhere, **length}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - http.server's signature
        """What http.server refuses by itself: another method, a broken request."""
        self.close_connection = True
        self._send(_refused(HTTPStatus(code), message or "This is not a request for a page."))

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the terminal is for the person."""
