"""Symptom: a WebSocket that $connect refuses is answered with 403, not with the status of the function.

ministack closes the socket before it is open, which its server answers with 403. On AWS the handshake ends with the
function's own status: 401 for a bad token, 503 for keys that could not be read.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

from local import upstream
from local.workarounds import Context

_REFUSED: ContextVar[int | None] = ContextVar("refused", default=None)


def check() -> None:
    gateway = upstream.service("apigateway")
    upstream.need(gateway, "handle_websocket", "_invoke_ws_lambda", "_refuse_ws_handshake", by=__name__)
    upstream.need_parameters(gateway.handle_websocket, "scope", "receive", "send", by=__name__)
    names = ("api_id", "account_id", "region", "route", "stage", "connection_id", "event_type", "message_id")
    upstream.need_parameters(gateway._invoke_ws_lambda, *names, by=__name__)
    refusing = ("scope", "send", "status", "message", "connection_id", "request_id")
    upstream.need_parameters(gateway._refuse_ws_handshake, *refusing, by=__name__)


def apply(_: Context) -> None:
    gateway = upstream.service("apigateway")
    invoke, drive = gateway._invoke_ws_lambda, gateway.handle_websocket

    async def invoke_and_note(*args: Any, **kwargs: Any) -> Any:
        answer = await invoke(*args, **kwargs)
        if args[6] == "CONNECT":
            status = int((answer or {}).get("statusCode", 200))
            _REFUSED.set(None if 200 <= status < 300 else status)
        return answer

    async def drive_and_answer(scope: Any, receive: Any, send: Any, *rest: Any, **kwargs: Any) -> None:
        async def answer(message: MutableMapping[str, Any]) -> None:
            status = _REFUSED.get()
            if message["type"] == "websocket.close" and status is not None:
                phrase = HTTPStatus(status).phrase
                await gateway._refuse_ws_handshake(scope, send, status, phrase, "", "")
            else:
                await send(message)

        _REFUSED.set(None)
        await drive(scope, receive, answer, *rest, **kwargs)

    gateway._invoke_ws_lambda = invoke_and_note
    gateway.handle_websocket = drive_and_answer
