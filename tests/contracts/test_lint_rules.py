"""House rules that no linter has: what a file may be called and hold; and that the linter's own bite."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 400

# A file may be longer where cutting it would hide something; the reason is the value.
LONGER = {"web/src/api/schema.d.ts": "generated from docs/openapi.json"}

# Words that name a place and not a content.
EMPTY_WORDS = {"utils", "util", "common", "shared", "helpers", "helper", "manager", "misc"}

SOURCE = (".py", ".ts", ".tsx", ".mjs", ".js")


def tracked(*suffixes: str) -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    return [ROOT / name for name in names if name.endswith(suffixes) and (ROOT / name).is_file()]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls_at_import(tree: ast.Module) -> list[ast.Call]:
    """The calls that importing a module makes: those outside functions and decorators."""
    found: list[ast.Call] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return
        if isinstance(node, ast.Call):
            found.append(node)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


def handler_faults(source: str) -> list[str]:
    """What a handler may not do: catch, call while being imported, or read the environment."""
    tree = ast.parse(source)
    faults = [f"line {node.lineno}: try/except" for node in ast.walk(tree) if isinstance(node, ast.Try)]
    faults += [f"line {call.lineno}: a call at import" for call in calls_at_import(tree)]
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    faults += [f"imports {name}" for name in sorted(imported & {"os", "boto3", "botocore"})]
    return faults


HANDLERS = sorted((ROOT / "functions/unplugd").glob("*/handlers/[!_]*.py"))


@pytest.mark.parametrize("path", HANDLERS, ids=relative)
def test_a_handler_translates_and_nothing_else(path: Path) -> None:
    assert handler_faults(path.read_text()) == []


@pytest.mark.parametrize(
    "line",
    ["try:\n    pass\nexcept ValueError:\n    pass", "client = connect('s3')", "import os", "import boto3"],
)
def test_that_rule_bites(line: str) -> None:
    assert handler_faults(line) != []


def imported_packages(source: str) -> list[str]:
    """The first name of each import; a relative one is ``."""
    nodes = list(ast.walk(ast.parse(source)))
    plain = [name.name for node in nodes if isinstance(node, ast.Import) for name in node.names]
    froms = [node.module if not node.level else "." for node in nodes if isinstance(node, ast.ImportFrom)]
    return [str(name).partition(".")[0] for name in [*plain, *froms]]


def test_packages_do_not_gather_their_modules() -> None:
    """An import in an __init__ makes every function pay for what one of them needs."""
    gathering = [
        relative(path)
        for path in (ROOT / "functions").rglob("__init__.py")
        if set(imported_packages(path.read_text())) - sys.stdlib_module_names
    ]
    assert gathering == []


def test_names_say_what_a_thing_is() -> None:
    nameless = {
        relative(path)
        for path in tracked(*SOURCE)
        if EMPTY_WORDS & set(Path(relative(path)).with_suffix("").parts)
    }
    assert nameless == set()


def test_files_are_short_enough_to_read() -> None:
    lengths = {relative(path): len(path.read_bytes().splitlines()) for path in tracked(*SOURCE)}
    too_long = {name: lines for name, lines in lengths.items() if lines > MOST_LINES}
    assert set(too_long) == set(LONGER), f"longer than {MOST_LINES} lines: {too_long}"


def test_locks_name_no_place_to_download_from() -> None:
    locks = [*tracked(".lock"), *tracked("package-lock.json")]
    assert locks
    with_address = [
        relative(lock) for lock in locks if "http://" in lock.read_text() or "https://" in lock.read_text()
    ]
    assert with_address == []


@pytest.mark.parametrize("name", ["dev.lock", "demo.lock", "tools.lock"])
def test_every_locked_package_has_a_version_and_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text().replace("\\\n", " ")
    rows = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert rows
    assert [row for row in rows if "==" not in row or "--hash=sha256:" not in row] == []


def test_the_demo_runs_the_versions_the_tests_prove() -> None:
    def versions(name: str) -> dict[str, str]:
        lines = (ROOT / "requirements" / name).read_text().splitlines()
        pairs = [line.split()[0].split("==") for line in lines if line[:1].isalnum() and "==" in line]
        return dict(pair for pair in pairs if len(pair) == 2)

    demo, dev = versions("demo.lock"), versions("dev.lock")
    assert demo
    assert {name: version for name, version in demo.items() if dev.get(name) != version} == {}


def test_the_environment_is_read_in_one_place() -> None:
    """The linter refuses os.environ in a function's code, and takes it in the one file that may read it."""

    def verdict(name: str) -> str:
        reading = 'import os\n\nNAME = os.environ["NAME"]\n'
        ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--stdin-filename", name, "-"]
        return subprocess.run(
            ruff, cwd=ROOT, input=reading, capture_output=True, text=True, check=False
        ).stdout

    assert "TID251" in verdict("functions/unplugd/songs/service.py")
    assert "TID251" in verdict("ml/separation/masks.py")
    assert "TID251" not in verdict("functions/unplugd/kernel/settings.py")
