"""The HTTP edge: an API Gateway proxy event in, one use case called, a JSON answer out."""

from __future__ import annotations

import base64
import binascii
import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from unplugd.edge.fields import Fields
from unplugd.kernel import settings
from unplugd.kernel.errors import AppError, Invalid, TooLarge, Unauthorized
from unplugd.kernel.log import logger

# Our largest legitimate body is a title, an artist and a file name.
MAX_BODY_BYTES = 64 * 1024


@dataclass(frozen=True)
class Request:
    """One authenticated call: who asks, and the parts of the URL and body."""

    user_id: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    raw_body: str | None = field(repr=False)
    is_base64: bool = False
    email: str | None = field(default=None, repr=False)

    def fields(self) -> Fields:
        """The JSON object in the body, ready to be read field by field."""
        return Fields(_json_object(self.raw_body, self.is_base64))

    def query_only(self, *known: str) -> Mapping[str, str]:
        """The query string, which may hold `known` names only."""
        for name in self.query:
            if name not in known:
                raise Invalid(f"{name[:100]} is not a known query parameter")
        return self.query


@dataclass(frozen=True)
class Response:
    """A status and a JSON-ready body."""

    status: int
    body: Any


def ok(body: Any) -> Response:
    return Response(200, body)


def created(body: Any) -> Response:
    return Response(201, body)


def accepted(body: Any) -> Response:
    return Response(202, body)


def handler(use: Callable[[Request], Response]) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Make `use` a Lambda handler behind API Gateway with the Cognito authorizer."""

    @functools.wraps(use)
    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        log = logger()
        log.set_correlation_id((event.get("requestContext") or {}).get("requestId"))
        try:
            answer = use(_request(event))
        except AppError as error:
            log.info("refused", extra={"code": error.code, "status": error.status, "reason": error.message})
            answer = _error(error)
        except Exception:
            log.exception("unexpected fault")
            answer = Response(
                500, {"error": "internal", "message": "Something went wrong on our side. Please try again."}
            )
        return _encode(answer)

    return handle


def _request(event: dict[str, Any]) -> Request:
    claims = ((event.get("requestContext") or {}).get("authorizer") or {}).get("claims") or {}
    # The gateway's authorizer lets an access token pass too; only an ID token says who a person is.
    if claims.get("token_use") != "id" or not claims.get("sub"):
        raise Unauthorized("Sign in again: this call needs an ID token.")
    return Request(
        user_id=claims["sub"],
        path=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        raw_body=event.get("body"),
        is_base64=bool(event.get("isBase64Encoded")),
        email=claims.get("email"),
    )


def _json_object(raw: str | None, is_base64: bool) -> dict[str, Any]:
    if not raw:
        raise Invalid("The request needs a JSON body.", code="invalid_json")
    if len(raw) > MAX_BODY_BYTES:
        raise TooLarge(f"The request body may have at most {MAX_BODY_BYTES // 1024} KB.")
    try:
        text = base64.b64decode(raw, validate=True).decode("utf-8") if is_base64 else raw
        body = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError, binascii.Error):
        raise Invalid("The request body is not valid JSON.", code="invalid_json") from None
    if not isinstance(body, dict):
        raise Invalid("The request body must be a JSON object.", code="invalid_json")
    return body


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _error(error: AppError) -> Response:
    body: dict[str, Any] = {"error": error.code, "message": error.message}
    if error.details is not None:
        body["details"] = error.details
    return Response(error.status, body)


def _encode(answer: Response) -> dict[str, Any]:
    return {
        "statusCode": answer.status,
        "headers": {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",  # answers hold private data and short-lived links
            "Access-Control-Allow-Origin": settings.cors_origin(),
            "Vary": "Origin",
            "X-Content-Type-Options": "nosniff",
        },
        "body": json.dumps(answer.body, ensure_ascii=False, allow_nan=False),
    }
