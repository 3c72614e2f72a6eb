"""docs/openapi.json: the routes of the templates with the schemas of the code."""

from __future__ import annotations

import json
from typing import Any

from reference import capture, examples, jobs, measurement, practice
from reference.operations import OPERATIONS, Operation
from reference.routes import Route, routes, template
from reference.schemas import SONG_ID, components
from reference.shapes import Schema
from unplugd.kernel import errors

TITLES = {
    "account": "Account",
    "songs": "Songs",
    "lyrics": "Lyrics",
    "measurement": "Measurements",
    "capture": "Recordings",
    "practice": "Guess The Track",
    "details": "Details",
    "uploads": "Uploads",
}
_INTRODUCTION = """\
A private karaoke and practice studio: upload a song, get its four stems and its lyrics, play them in a mixer.

Sign in with Cognito and send the **ID token** as the `Authorization` header. An access token is 401. Another user's
song is answered like one that does not exist. Every error has the same shape: `error` for programs, `message` for
people, and `details` if several fields are wrong. Changes of a song are pushed over a WebSocket: see websocket.md.

`make reference` generates this document from the code; a test fails if it is out of date."""


_IN_PATH: dict[str, Schema] = {
    "songId": SONG_ID,
    "measure": measurement.MEASURE,
    "id": jobs.ID,
    "sessionId": capture.SESSION_ID,
    "reviewId": practice.REVIEW_ID,
}


class Undescribed(Exception):
    """A route or parameter without a description, or a description without a route."""


def document() -> dict[str, Any]:
    """The whole OpenAPI document."""
    all_routes = routes()
    names = {route.name for route in all_routes}
    if names != set(OPERATIONS):
        raise Undescribed(
            f"reference/operations.py and the templates differ: {sorted(names ^ set(OPERATIONS))}"
        )
    paths: dict[str, dict[str, Any]] = {}
    for route in all_routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, OPERATIONS[route.name])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Unplugd",
            "version": "1",
            "description": _INTRODUCTION,
            "license": {"name": "MIT"},
        },
        "servers": [
            {
                "url": "{apiUrl}",
                "variables": {
                    "apiUrl": {
                        "default": "https://api.example.com/dev",
                        "description": "The stack's output ApiUrl.",
                    }
                },
            }
        ],
        "security": [{"idToken": []}],
        "tags": [{"name": name} for name in TITLES.values()],
        "paths": paths,
        "components": {
            "schemas": components(),
            "responses": _responses(all_routes),
            "securitySchemes": {
                "idToken": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "The Cognito ID token, without a prefix.",
                }
            },
        },
    }


def to_text(described: dict[str, Any]) -> str:
    """The document as it is committed."""
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def _operation(route: Route, operation: Operation) -> dict[str, Any]:
    if set(route.query) != set(operation.query):
        raise Undescribed(
            f"{route.name} knows the query parameters {route.query}, not {sorted(operation.query)}"
        )
    if set(route.path_parameters) - set(_IN_PATH):
        raise Undescribed(f"{route} has a path parameter that the reference does not know")
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _IN_PATH[name]}
        for name in route.path_parameters
    ] + [
        {"name": name, "in": "query", "schema": schema}
        | ({"required": True} if name in operation.required_query else {})
        for name, schema in operation.query.items()
    ]
    described: dict[str, Any] = {
        "operationId": route.name,
        "tags": [TITLES[route.room]],
        "summary": route.summary,
    }
    if operation.notes:
        described["description"] = operation.notes
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        described["requestBody"] = {
            "required": not operation.may_lack_body,
            "content": _json(_ref(operation.body), examples.BODIES[operation.body]),
        }
    if operation.form:
        described["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": _ref(operation.form)}},
        }
    described["responses"] = {
        **{
            str(status): _answer(status, name, operation.files) | _links(name)
            for status, name in operation.answers.items()
        },
        **{
            str(status): {"$ref": f"#/components/responses/{_name(codes)}"}
            for status, codes in _refusals(route, operation).items()
        },
    }
    return described


def _answer(status: int, name: str, files: tuple[str, ...]) -> dict[str, Any]:
    names = name.split(" | ")
    schema = _ref(name) if len(names) == 1 else {"oneOf": [_ref(one) for one in names]}
    texts: dict[str, Any] = {one: {"schema": {"type": "string"}} for one in files}
    return {"description": MEANINGS[status], "content": _json(schema, examples.answer(name)) | texts}


def _links(name: str) -> dict[str, Any]:
    """The calls that can follow an answer: every call about the song that it names."""
    if name != "UploadLink":
        return {}
    about = [route.name for route in routes() if route.path_parameters == ("songId",)]
    return {
        "links": {
            one: {"operationId": one, "parameters": {"songId": "$response.body#/songId"}} for one in about
        }
    }


def _refusals(route: Route, operation: Operation) -> dict[int, frozenset[str]]:
    """Status → the codes it can carry: the use case's errors, the edge's, the gateway's."""
    codes: dict[int, set[str]] = {}
    kinds: list[type[errors.AppError]] = [
        errors.Invalid,
        errors.Unauthorized,
        errors.Transient,
        *operation.refusals,
    ]
    kinds += [errors.NotFound] if route.path_parameters else []
    kinds += [errors.TooLarge] if operation.body else []
    for kind in kinds:
        codes.setdefault(kind.status, set()).add(kind.code)
    if operation.body:
        codes[400].add("invalid_json")
    if operation.form:
        codes[400].add("invalid_form")
    if "cursor" in operation.query:
        codes[400].add("bad_cursor")
    for status, code in gateway_refusals().items():
        if status in _GATEWAY_ANYWHERE:
            codes.setdefault(status, set()).add(code)
    return {status: frozenset(codes[status]) for status in sorted(codes)}


def _responses(all_routes: list[Route]) -> dict[str, Any]:
    """Each refusal of any call, once."""
    every = {
        (status, codes)
        for route in all_routes
        for status, codes in _refusals(route, OPERATIONS[route.name]).items()
    }
    return {
        _name(codes): {"description": MEANINGS[status], "content": _json(_error(status, codes))}
        for status, codes in sorted(every, key=lambda one: (one[0], _name(one[1])))
    }


def _name(codes: frozenset[str]) -> str:
    return "_or_".join(sorted(codes))


MEANINGS = {
    200: "Done",
    201: "Created",
    202: "Accepted: the work continues in the background",
    207: "A result for each",
    400: "The request is invalid",
    401: "No valid ID token",
    402: "This needs a subscription",
    403: "Not allowed",
    404: "Nothing of the caller's has this id",
    409: "The state of the song does not allow this",
    413: "Over a size limit",
    415: "The content type is not supported",
    429: "Too many requests: wait a moment",
    500: "An internal error",
    503: "Try again in a moment",
}

# Any call can get these from the gateway, or from the edge for an internal error.
_GATEWAY_ANYWHERE = (403, 429, 500)


def gateway_refusals() -> dict[int, str]:
    """Status → code of the errors that the gateway answers itself, in our shape."""
    codes = {500: "internal"}
    for response in template("api")["Resources"]["Api"]["Properties"]["GatewayResponses"].values():
        if "StatusCode" in response:
            code = json.loads(response["ResponseTemplates"]["application/json"])["error"]
            codes[int(response["StatusCode"])] = code
    return codes


def _error(status: int, codes: frozenset[str]) -> Schema:
    shape = "PaymentRequired" if status == errors.PaymentRequired.status else "Error"
    shape = "Changed" if errors.Changed.code in codes else shape
    return {"allOf": [_ref(shape), {"type": "object", "properties": {"error": {"enum": sorted(codes)}}}]}


def _json(schema: Schema, example: Any = None) -> dict[str, Any]:
    content = {"schema": schema} if example is None else {"schema": schema, "example": example}
    return {"application/json": content}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
