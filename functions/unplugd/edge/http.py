"""The HTTP edge: an API Gateway proxy event in, one use case called, a JSON answer out."""

from __future__ import annotations

import base64
import binascii
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from unplugd.edge import form
from unplugd.edge.fields import Fields
from unplugd.kernel import settings
from unplugd.kernel.errors import AppError, Invalid, TooLarge, Unauthorized
from unplugd.kernel.log import invocation_logger

# A title, an artist and a file name; a call that takes more says so.
MAX_BODY_BYTES = 64 * 1024

_FORM_AROUND = 128 * 1024  # what a form has besides its file

Handle = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Request:
    """One authenticated call: who asks, and the parts of the URL and body."""

    user_id: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    raw_body: str | None = field(repr=False)
    is_base64: bool = False
    email: str | None = field(default=None, repr=False)
    content_type: str = ""

    def fields(self, *, max_bytes: int = MAX_BODY_BYTES) -> Fields:
        """The JSON object in the body, ready to be read field by field."""
        return Fields(_json_object(self.raw_body, self.is_base64, max_bytes))

    def form(
        self, file_field: str, *, max_bytes: int, too_large: str
    ) -> tuple[form.SentFile, dict[str, Any]]:
        """The file and the other fields of a multipart body. `too_large`: what to say of a longer body."""
        bytes_ = len(self.raw_body or "") * (3 / 4 if self.is_base64 else 1)
        if bytes_ > max_bytes + _FORM_AROUND:
            raise TooLarge(too_large)
        found = form.read(self.raw_body, self.is_base64, self.content_type, file_field)
        if len(found[0].data) > max_bytes:
            raise TooLarge(too_large)
        return found


@dataclass(frozen=True)
class Response:
    """A status and a JSON-ready body, or with `file_name` a text that is to be saved as a file."""

    status: int
    body: Any
    content_type: str = "application/json"
    file_name: str | None = None


Use = Callable[[Request], Response]


def ok(body: Any) -> Response:
    return Response(200, body)


def created(body: Any) -> Response:
    return Response(201, body)


def accepted(body: Any) -> Response:
    return Response(202, body)


def each(results: Sequence[Mapping[str, Any] | AppError], *, status: int = 200) -> Response:
    """One result for each thing that was asked for, in that order: its own status, and what it answers or its error.
    `status`: of a result that does not say its own."""
    shown = [
        {"status": one.status, **_described(one)} if isinstance(one, AppError) else {"status": status, **one}
        for one in results
    ]
    return Response(207, {"data": shown})


def download(text: str, content_type: str, file_name: str) -> Response:
    """A text file to be saved under `file_name`."""
    return Response(200, text, content_type, file_name)


def handler(use: Use) -> Handle:
    """Make `use` a Lambda handler behind API Gateway with the Cognito authorizer. It takes no query parameters."""
    return query_handler()(use)


def query_handler(*known: str) -> Callable[[Use], Handle]:
    """As `handler`, for a call with query parameters of the `known` names. Any other name is refused: a mistyped filter
    must not look like one that found everything."""
    return lambda use: _handler(use, known)


def query_text(query: Mapping[str, str], name: str, *, max_length: int) -> str:
    """A required text of the query string, as `Fields.text` would keep it."""
    fields = Fields({name: query.get(name)})
    text = fields.text(name, max_length=max_length, required=True)
    fields.done()
    return text or ""


def _handler(use: Use, known: tuple[str, ...]) -> Handle:
    @functools.wraps(use)
    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        log = invocation_logger(context)
        log.set_correlation_id((event.get("requestContext") or {}).get("requestId"))
        try:
            answer = use(_request(event, known))
        except AppError as error:
            log.info("refused", extra={"code": error.code, "status": error.status, "reason": error.message})
            answer = _error(error)
        except Exception:
            log.exception("unexpected fault")
            answer = Response(
                500, {"error": "internal", "message": "Something went wrong on our side. Please try again."}
            )
        return _encode(answer)

    handle.query = known  # type: ignore[attr-defined]  # for docs/openapi.json, which is made from the code
    return handle


def _request(event: dict[str, Any], known: tuple[str, ...]) -> Request:
    claims = ((event.get("requestContext") or {}).get("authorizer") or {}).get("claims") or {}
    # The gateway's authorizer lets an access token pass, and one made for another client of the same user pool: it
    # looks at the issuer, the signature and the time. Only an ID token made for this app says who a person is.
    if (
        claims.get("token_use") != "id"
        or claims.get("aud") != settings.token_audience()
        or not claims.get("sub")
    ):
        raise Unauthorized("Sign in again: this call needs an ID token.")
    query = event.get("queryStringParameters") or {}
    for name in query:
        if name not in known:
            raise Invalid(f"{name[:100]} is not a known query parameter")
    return Request(
        user_id=claims["sub"],
        path=event.get("pathParameters") or {},
        query=query,
        raw_body=event.get("body"),
        is_base64=bool(event.get("isBase64Encoded")),
        email=claims.get("email"),
        content_type=_header(event, "content-type"),
    )


def _header(event: Mapping[str, Any], name: str) -> str:
    headers = event.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")


def _json_object(raw: str | None, is_base64: bool, max_bytes: int) -> dict[str, Any]:
    if not raw:
        raise Invalid("The request needs a JSON body.", code="invalid_json")
    if len(raw) > max_bytes:
        raise TooLarge(f"The request body may have at most {max_bytes // 1024} KB.")
    try:
        text = base64.b64decode(raw, validate=True).decode("utf-8") if is_base64 else raw
        body = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_twins)
    except (ValueError, RecursionError, binascii.Error):
        raise Invalid("The request body is not valid JSON.", code="invalid_json") from None
    if not isinstance(body, dict):
        raise Invalid("The request body must be a JSON object.", code="invalid_json")
    return body


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that names a field twice means one thing to this parser and another to the next."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is named twice")
    return found


def _error(error: AppError) -> Response:
    return Response(error.status, _described(error))


def _described(error: AppError) -> dict[str, Any]:
    body: dict[str, Any] = {"error": error.code, "message": error.message, **error.more}
    if error.details is not None:
        body["details"] = error.details
    return body


def _encode(answer: Response) -> dict[str, Any]:
    text = answer.body if answer.file_name else json.dumps(answer.body, ensure_ascii=False, allow_nan=False)
    return {
        "statusCode": answer.status,
        "headers": {
            "Content-Type": answer.content_type,
            "Cache-Control": "no-store",  # answers hold private data and short-lived links
            "Access-Control-Allow-Origin": settings.cors_origin(),
            "Vary": "Origin",
            "X-Content-Type-Options": "nosniff",
            **_as_file(answer.file_name),
        },
        # Half a surrogate pair, in a field name that an error quotes, is text to Python and to no encoder.
        "body": text.encode("utf-8", "replace").decode("utf-8"),
    }


def _as_file(name: str | None) -> dict[str, str]:
    """The headers by which a browser saves the answer, under a name of any script (RFC 6266)."""
    if name is None:
        return {}
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in name)
    encoded = quote(name, safe="")
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}",
        "Access-Control-Expose-Headers": "Content-Disposition",
    }
