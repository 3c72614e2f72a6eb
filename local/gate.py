"""What a request must look like before ministack sees it.

ministack was made for a developer's throw-away stack: its admin pages are open to anybody who reaches the port, and
a web page in the user's browser does reach 127.0.0.1. Here the port is somebody's music library. So: only our own
Host names (a foreign name that resolves to 127.0.0.1 is DNS rebinding), only our own Origins, and no path that
serves administration, instance credentials or a login page without a signature.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from local.disk import SENTENCE

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS = frozenset({"/_ministack/health", "/_ministack/ready"})
# Admin and introspection; hosted login pages; instance and task metadata, which hand out role credentials; the
# container registry, Iceberg and load-balancer doors. None of them asks for a signature, and Unplugd uses none.
CLOSED_PREFIXES = (
    "/_ministack",
    "/_localstack",
    "/_alb",
    "/_aws/lambda-url",
    "/oauth2",
    "/saml2",
    "/login",
    "/logout",
    "/oidc",
    "/latest/",
    "/v2/credentials",
    "/v3/",
    "/v4/",
    "/iceberg",
    "/v1/chat/completions",
    "/writegetobjectresponse",
)
# The container registry's protocol shares /v2/ with API Gateway and SES, which do ask for a signature.
_REGISTRY = re.compile(r"/v2/?$|/v2/.+/(manifests|blobs|tags|referrers)(/|$)")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# DELETE makes room.
_STORING_METHODS = frozenset({"POST", "PUT", "PATCH"})
_LENGTH = re.compile(r"[0-9]{1,18}")


class Gate:
    """An ASGI application that refuses before the inner one is asked."""

    def __init__(
        self, app: App, *, port: int, origins: frozenset[str], has_room: Callable[[int], bool]
    ) -> None:
        self._app = app
        self._port = port
        self._has_room = has_room
        own = {f"http://{host}:{port}" for host in ("127.0.0.1", "localhost")}
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins | own)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403 (507 on a full disk) with the reason."""
        reason = None if scope["type"] == "lifespan" else self.refusal(scope)
        if reason is None and scope["type"] == "http" and self._needs_room(scope):
            await _refuse(send, 507, "DISK_FULL", SENTENCE, origin=_header(scope, "origin"))
        elif reason is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _refuse(send, 403, "FORBIDDEN", reason)

    def _needs_room(self, scope: Scope) -> bool:
        """Whether this stores something of a client's and the disk has no room for it.

        What the stack and its functions ask for is signed by a header; it uses the reserve.
        """
        if scope["method"] not in _STORING_METHODS:
            return False
        if (_header(scope, "authorization") or "").startswith("AWS4-"):
            return False
        length = _header(scope, "content-length") or ""
        return not self._has_room(int(length) if _LENGTH.fullmatch(length) else 0)

    def refusal(self, scope: Scope) -> str | None:
        """Say why this request is refused, or None."""
        headers = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
        ]
        hosts = [value for name, value in headers if name == "host"]
        if len(hosts) != 1 or not self._is_own_host(hosts[0]):
            return "This Host is not the local stack's."
        origins = [value for name, value in headers if name == "origin"]
        if any(origin.lower() not in self._origins for origin in origins):
            return "This Origin may not use the local stack."
        if not origins and scope.get("method", "GET") not in _SAFE_METHODS:
            sites = [value for name, value in headers if name == "sec-fetch-site"]
            if any(site not in ("same-origin", "none") for site in sites):
                return "A page of another site may not change anything here."
        path = str(scope["path"]).lower()
        if path in OPEN_PATHS:
            return None
        if path.startswith(CLOSED_PREFIXES) or _REGISTRY.match(path):
            return "This address is closed in the local stack."
        return None

    def _is_own_host(self, host: str) -> bool:
        name, _, port = host.lower().rpartition(":")
        if not name:
            name, port = host.lower(), ""
        if port not in ("", str(self._port)):
            return False
        # *.localhost always resolves to this machine (RFC 6761): virtual-hosted buckets and API hosts.
        return name in ("127.0.0.1", "localhost") or name.endswith(".localhost")


def _header(scope: Scope, name: str) -> str | None:
    wanted = name.encode()
    values = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == wanted]
    return values[0] if values else None


async def _refuse(send: Send, status: int, error: str, message: str, origin: str | None = None) -> None:
    """Answer with the reason; `origin`, one of ours, may read it."""
    body = json.dumps({"error": error, "message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if origin:
        headers.append((b"access-control-allow-origin", origin.encode("latin-1")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
