"""What a request must look like before ministack sees it.

ministack was made for a developer's throw-away stack: its admin pages are open to anybody who reaches the port, and
a web page in the user's browser does reach 127.0.0.1. Here the port is somebody's music library. So: only our own
Host names (a foreign name that resolves to 127.0.0.1 is DNS rebinding), only our own Origins, and no path that
serves administration, instance credentials or a login page to whoever asks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

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


class Gate:
    """An ASGI application that refuses before the inner one is asked."""

    def __init__(self, app: App, *, port: int, origins: frozenset[str]) -> None:
        self._app = app
        self._port = port
        own = {f"http://{host}:{port}" for host in ("127.0.0.1", "localhost")}
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins | own)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403 with the reason."""
        reason = None if scope["type"] == "lifespan" else self.refusal(scope)
        if reason is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _forbid(send, reason)

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


async def _forbid(send: Send, reason: str) -> None:
    body = json.dumps({"error": "FORBIDDEN", "message": reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
