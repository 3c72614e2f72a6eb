"""Symptom: a WebSocket message {"action": "$disconnect"} runs the function that takes a connection's row away.

ministack takes the message's action for a route key as it is. On AWS `$connect` and `$disconnect` run only when a
connection opens and closes; a message that names a key of API Gateway's own goes to `$default`.
"""

from __future__ import annotations

from local import upstream
from local.workarounds import Context

_DEFAULT = "$default"


def check() -> None:
    gateway = upstream.service("apigateway")
    upstream.need(gateway, "_evaluate_route_selection", by=__name__)
    upstream.need_parameters(gateway._evaluate_route_selection, "expr", "payload_text", by=__name__)


def apply(_: Context) -> None:
    gateway = upstream.service("apigateway")
    evaluate = gateway._evaluate_route_selection

    def evaluate_message(expr: str, payload_text: str) -> str:
        key: str = evaluate(expr, payload_text)
        return _DEFAULT if key.startswith("$") else key

    gateway._evaluate_route_selection = evaluate_message
