"""The import rules bite: a copy of the code with one forbidden import per contract breaks every contract."""

from __future__ import annotations

import ast
import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# contract → the file that gets a forbidden import, and the import.
FORBIDDEN = {
    "room": ("functions/unplugd/songs/rules.py", "import unplugd.songs.service"),
    "rooms": ("functions/unplugd/uploads/service.py", "import unplugd.songs.service"),
    "domain": ("functions/unplugd/domain/song.py", "import unplugd.aws.rows"),
    "use-cases": ("functions/unplugd/songs/service.py", "import unplugd.wiring"),
    "handlers": ("functions/unplugd/songs/handlers/list_songs.py", "import unplugd.aws.clients"),
    "adapters": ("functions/unplugd/aws/clients.py", "import unplugd.songs.service"),
    "adapters-apart": ("functions/unplugd/edge/http.py", "import unplugd.aws.clients"),
    "kernel": ("functions/unplugd/kernel/clock.py", "import unplugd.domain.song"),
    "boto3": ("functions/unplugd/songs/service.py", "import boto3"),
    "functions": ("functions/unplugd/uploads/service.py", "import numpy"),
    "audiofile": ("functions/audiofile/__init__.py", "import ml"),
    "lyricsfile": ("functions/lyricsfile/__init__.py", "import unplugd"),
    "singing": ("functions/singing/__init__.py", "import ml"),
    "ml": ("ml/__init__.py", "import boto3"),
    "engines": ("ml/separation/runner.py", "import ml.evaluation"),
    "training": ("training/__init__.py", "import local"),
    "task": ("containers/task/__init__.py", "import local"),
    "local": ("local/__init__.py", "import unplugd.wiring"),
    "stack": ("local/stack.py", "import cli.session"),
    "cli": ("cli/session.py", "import unplugd.wiring"),
    "client": ("cli/client/library.py", "import local.stack"),
}

# Of ours, what an entrypoint may import; and what it may never have, ours or not.
CONTAINER_ROOMS = {"ml", "task"}
OUR_ROOMS = {"ml", "training", "task", "unplugd", "local", "cli", "containers"}


def contracts() -> dict[str, str]:
    """Every contract's id and name."""
    rules = configparser.ConfigParser()
    rules.read(ROOT / ".importlinter")
    prefix = "importlinter:contract:"
    return {
        part.removeprefix(prefix): rules[part]["name"] for part in rules.sections() if part.startswith(prefix)
    }


def copy_of_the_code(where: Path) -> Path:
    for folder in ("functions", "ml", "training", "containers", "local", "cli"):
        shutil.copytree(
            ROOT / folder, where / folder, ignore=shutil.ignore_patterns("__pycache__", "weights")
        )
    shutil.copy(ROOT / ".importlinter", where)
    return where


def lint(where: Path) -> str:
    search = os.pathsep.join(str(where / folder) for folder in ("functions", "containers", ""))
    tool = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    run = subprocess.run(
        [sys.executable, "-c", tool, "--no-cache", "--no-logo"],
        cwd=where,
        env={**os.environ, "PYTHONPATH": search, "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout + run.stderr


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What lint-imports says of a copy with every forbidden import in it: contract's name → its findings."""
    where = copy_of_the_code(tmp_path_factory.mktemp("broken") / "code")
    for name, line in FORBIDDEN.values():
        path = where / name
        path.write_text(f"{path.read_text()}\n\n{line}\n")
    findings: dict[str, str] = {}
    # After this heading each broken contract has its own: the name, underlined.
    lines = lint(where).partition("Broken contracts")[2].splitlines()
    names, current = set(contracts().values()), ""
    for line in lines:
        if line in names:
            current = line
        findings[current] = f"{findings.get(current, '')}{line}\n"
    return findings


def test_the_code_keeps_the_rules(tmp_path: Path) -> None:
    answer = lint(copy_of_the_code(tmp_path / "code"))
    assert "0 broken" in answer, answer


@pytest.mark.parametrize("contract", sorted(contracts()))
def test_a_forbidden_import_breaks(contract: str, verdict: dict[str, str]) -> None:
    assert contract in FORBIDDEN, "a new contract needs an import that breaks it, above"
    name, line = FORBIDDEN[contract]
    importer = ".".join(Path(name).with_suffix("").parts).removesuffix(".__init__")
    importer = importer.removeprefix("functions.").removeprefix("containers.")
    imported = line.removeprefix("import ")
    assert f"{importer} -> {imported}" in verdict.get(contracts()[contract], ""), verdict


def imports(path: Path) -> set[str]:
    """The top-level names a file imports, wherever in it they stand."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_entrypoints_import_the_ml_core_and_the_task_shell_only() -> None:
    """They are scripts, not a package, so import-linter does not see them."""
    entrypoints = sorted((ROOT / "containers").glob("*/entrypoint.py"))
    assert [path.parent.name for path in entrypoints] == ["demucs", "whisper"]
    for path in entrypoints:
        assert imports(path) & OUR_ROOMS <= CONTAINER_ROOMS, path
        assert "boto3" not in imports(path), "AWS is the task shell's affair"
