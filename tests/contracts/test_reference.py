"""The reference says what the code does: no drift, no route forgotten, no example that would be refused."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reference import websocket
from reference.__main__ import pages
from reference.document import MEANINGS, document
from reference.examples import BODIES
from reference.routes import ROOT, routes, template
from tests import answers
from unplugd.domain.measurement import MEASURES
from unplugd.domain.song_view import PUBLIC
from unplugd.kernel import errors
from unplugd.kernel.ids import is_song_id
from unplugd.songs.rules import MAX_LIMIT

DOCUMENT = document()
PAGES = pages()
OPERATIONS = {
    call["operationId"]: call for methods in DOCUMENT["paths"].values() for call in methods.values()
}
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_make_reference_would_write(name: str) -> None:
    assert (ROOT / name).read_text() == PAGES[name], "run `make reference`"


def test_every_route_of_the_templates_is_described() -> None:
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert described == {(route.method, route.path) for route in routes()}
    assert {route.name for route in routes()} == set(OPERATIONS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_shape_is_a_json_schema_that_takes_nothing_unnamed(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["additionalProperties"] is False


def test_a_song_has_exactly_the_public_fields() -> None:
    assert set(SCHEMAS["Song"]["properties"]) == set(PUBLIC) | {"camelot", "etaSec", "queuePosition"}
    secret = {"s3Key", "executionArn", "stemsPrefix", "lyricsKey", "userId", "ttl"}
    assert not secret & set(SCHEMAS["Song"]["properties"])


@pytest.mark.parametrize("call", OPERATIONS.values(), ids=list(OPERATIONS))
def test_every_example_is_valid(call: dict[str, Any]) -> None:
    contents = [one["content"] for one in call["responses"].values() if "content" in one]
    contents += [call["requestBody"]["content"]] if "requestBody" in call else []
    for content in contents:
        if "multipart/form-data" in content:
            continue  # tests/handlers/uploads/test_upload_song.py sends it
        media = content["application/json"]
        assert answers.faults(media["schema"], media["example"]) == []


@pytest.mark.parametrize("call", OPERATIONS.values(), ids=list(OPERATIONS))
def test_every_call_can_be_refused_for_what_any_call_can(call: dict[str, Any]) -> None:
    assert {"400", "401", "403", "429", "500", "503"} <= set(call["responses"])


def test_every_status_of_an_error_has_a_meaning() -> None:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.AppError)
    ]
    assert {kind.status for kind in kinds} <= set(MEANINGS)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("Song", {"songId": "x"}),
        ("NewUpload", BODIES["NewUpload"] | {"filename": " \t\x00"}),
        ("NewUpload", BODIES["NewUpload"] | {"sizeBytes": True}),
        ("NewUpload", BODIES["NewUpload"] | {"model": "gpt"}),
        ("SongChanges", {"titel": "x"}),
        ("SongChanges", {"language": "English"}),
        ("Error", {"error": "x", "message": "x", "stack": "Traceback"}),
    ],
)
def test_the_shapes_refuse(schema: str, value: Any) -> None:
    assert answers.faults({"$ref": f"#/components/schemas/{schema}"}, value)


def test_an_answer_that_is_not_described_fails_the_handlers_test() -> None:
    def say(status: int, body: Any) -> None:
        headers = {"Content-Type": "application/json"}
        answers.check(
            "list_presets", {}, {"statusCode": status, "headers": headers, "body": json.dumps(body)}
        )

    say(401, {"error": "unauthorized", "message": "Sign in."})
    for status, body in ((418, {}), (200, {"data": [{}]}), (401, {"error": "other", "message": "x"})):
        with pytest.raises(AssertionError):
            say(status, body)


def test_path_and_query_limits_are_the_codes() -> None:
    parameters = {
        one["name"]: one["schema"] for call in OPERATIONS.values() for one in call.get("parameters", [])
    }
    listing = {"status", "q", "bpm", "key", "length", "limit", "cursor"}
    assert set(parameters) == {
        "songId",
        "measure",
        "id",
        "sessionId",
        "windowIndex",
        "reviewId",
        "part",
        "fileName",
        *listing,
        "format",
        "version",
    }
    assert is_song_id("01J9ZQ4X5V8K2M3N4P5Q6R7S8T")
    assert re.search(parameters["songId"]["pattern"], "01J9ZQ4X5V8K2M3N4P5Q6R7S8T")
    assert tuple(parameters["measure"]["enum"]) == MEASURES
    assert parameters["limit"]["maximum"] == MAX_LIMIT


def test_the_gateways_model_of_a_body_takes_all_the_code_takes() -> None:
    body = template("api")["Resources"]["Api"]["Properties"]["DefinitionBody"]
    models = body["components"]["schemas"]
    with_body = {route.name: route.request_model for route in routes() if route.request_model}
    bodies = {name: call["requestBody"] for name, call in OPERATIONS.items() if "requestBody" in call}
    needed = {
        name for name, body in bodies.items() if body["required"] and "application/json" in body["content"]
    }
    assert set(with_body) == needed  # the gateway refuses a call without the body that it checks
    assert set(with_body.values()) == set(models)
    for name, model in with_body.items():
        content = OPERATIONS[name]["requestBody"]["content"]["application/json"]
        assert content["schema"] == {"$ref": f"#/components/schemas/{model}"}
        shape = SCHEMAS[str(model)]
        # A model that says more than this would answer before the code can say what is wrong.
        assert models[model]["type"] == shape["type"]
        assert set(models[model]) == {"type", "maxProperties"}
        assert models[model]["maxProperties"] >= len(shape["properties"])


def test_the_websockets_page_knows_every_message_and_moment() -> None:
    tree = ast.parse(Path(websocket.messages.__file__).read_text())
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    kinds = {text for text in texts if re.fullmatch(r"[A-Z_]{4,}", text)}
    assert kinds == set(re.findall(r"^\| ([A-Z_]+) \|", websocket.page(), re.MULTILINE))


def test_the_html_page_is_complete_and_loads_nothing_else() -> None:
    html = PAGES["docs/api.html"]
    anchors = set(re.findall(r'id="(\w+)"', html))
    assert set(re.findall(r'href="#(\w+)"', html)) <= anchors
    assert anchors >= set(OPERATIONS) | set(SCHEMAS)
    assert not re.search(r'(src|href)="(https?:)?//|<script|@import|url\(', html)
