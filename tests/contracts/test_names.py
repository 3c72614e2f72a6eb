"""One name everywhere: template, handler, use case, recorded event and test agree, in both directions."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.documents import template_from

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "account",
    "uploads",
    "processing",
    "realtime",
    "songs",
    "lyrics",
    "measurement",
    "capture",
    "practice",
    "details",
)

# Modules that importing a handler must not load: they cost most of a cold start, or belong to one call only.
HEAVY = ("boto3", "botocore", "av", "mutagen", "cryptography", "jwt", "numpy", "pydantic", "fsrs")


@dataclass(frozen=True)
class Function:
    """A function as a template declares it."""

    template: str
    logical_id: str
    properties: dict[str, Any]

    @property
    def room(self) -> str:
        return self.handler.split(".")[1]

    @property
    def name(self) -> str:
        return self.handler.split(".")[3]

    @property
    def handler(self) -> str:
        return str(self.properties["Handler"])


def functions() -> list[Function]:
    found = []
    for path in sorted((ROOT / "templates").glob("*.yaml")):
        for logical_id, resource in template_from(path.read_text())["Resources"].items():
            if resource["Type"] == "AWS::Serverless::Function":
                found.append(Function(path.name, logical_id, resource["Properties"]))
    return found


FUNCTIONS = functions()
HANDLERS = {
    (room, path.stem)
    for room in ROOMS
    for path in (ROOT / "functions/unplugd" / room / "handlers").glob("[!_]*.py")
}


def stems(folder: str, pattern: str, prefix: str = "") -> set[tuple[str, str]]:
    """(room, name) of the files that `pattern` finds under each room of `folder`."""
    return {
        (room, path.stem.removeprefix(prefix))
        for room in ROOMS
        for path in (ROOT / folder / room).glob(pattern)
    }


def ids(function: Function) -> str:
    return function.logical_id


def test_handlers_and_template_functions_correspond() -> None:
    assert HANDLERS
    assert {(function.room, function.name) for function in FUNCTIONS} == HANDLERS


@pytest.mark.parametrize("function", FUNCTIONS, ids=ids)
def test_a_template_calls_it_by_its_name(function: Function) -> None:
    assert function.handler == f"unplugd.{function.room}.handlers.{function.name}.handler"
    assert function.logical_id == "".join(word.title() for word in function.name.split("_")) + "Function"
    expected = f"${{AppName}}-${{Environment}}-{function.name.replace('_', '-')}"
    assert function.properties["FunctionName"] == {"Fn::Sub": expected}


def test_every_handler_has_a_recorded_event() -> None:
    assert stems("events", "*.json") == HANDLERS


@pytest.mark.parametrize("path", sorted((ROOT / "events").rglob("*.json")), ids=lambda path: path.stem)
def test_a_recorded_event_is_an_object(path: Path) -> None:
    assert isinstance(json.loads(path.read_text()), dict)


def test_every_handler_has_its_test() -> None:
    assert stems("tests/handlers", "test_*.py", "test_") == HANDLERS


def called_use_cases(room: str, name: str) -> set[str]:
    """The `service.<function>` names that a handler calls."""
    tree = ast.parse((ROOT / f"functions/unplugd/{room}/handlers/{name}.py").read_text())
    return {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "service"
    }


@pytest.mark.parametrize(("room", "name"), sorted(HANDLERS))
def test_a_handler_calls_the_use_case_of_its_name(room: str, name: str) -> None:
    """And no other handler's; it may call what reads its input."""
    called = called_use_cases(room, name)
    assert name in called
    assert called & {its_name for _room, its_name in HANDLERS} == {name}


@pytest.mark.parametrize("room", ROOMS)
def test_the_machine_and_the_page_of_names_agree(room: str) -> None:
    """docs/architecture.md lists the functions of each room."""
    row = re.search(rf"^\| {room} \| (.+) \|$", (ROOT / "docs/architecture.md").read_text(), re.MULTILINE)
    assert row is not None
    assert set(re.findall(r"`(\w+)`", row[1])) == {name for its_room, name in HANDLERS if its_room == room}


@pytest.mark.slow
def test_importing_a_handler_does_nothing() -> None:
    """Each handler, in a fresh interpreter without any environment: no AWS library, no socket, no thread."""
    probe = f"""
import importlib, socket, sys, threading

sys.path.insert(0, {str(ROOT / "functions")!r})

def refuse(*_args, **_kwargs):
    raise AssertionError("a socket was opened while importing")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
importlib.import_module(sys.argv[1])
loaded = sorted(set({HEAVY!r}) & set(sys.modules))
assert not loaded, f"importing it loads {{loaded}}"
assert threading.active_count() == 1, "importing it starts a thread"
"""
    faults = {}
    for room, name in sorted(HANDLERS):
        run = subprocess.run(
            [sys.executable, "-I", "-c", probe, f"unplugd.{room}.handlers.{name}"],
            env={},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            faults[name] = run.stderr.strip().splitlines()[-1]
    assert faults == {}
