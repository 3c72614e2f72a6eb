"""A room goes with its folder, its template, its nested stack and its lines in the lists of rooms; the rest stays."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import template_from
from tests.infra.templates import ROOT, transformed

COPIED = ("functions", "templates", "reference", "statemachines", "template.yaml", ".importlinter")
IMPORT_ALL = """
import importlib, pathlib
handlers = sorted(pathlib.Path("functions/unplugd").glob("*/handlers/[!_]*.py"))
assert len(handlers) > 15
for path in handlers:
    importlib.import_module(".".join(path.relative_to("functions").with_suffix("").parts))
"""
WRITE_ROUTES = """
from reference import gateway
gateway.TEMPLATE.write_text(gateway.written(gateway.TEMPLATE.read_text()))
"""


def edit(path: Path, pattern: str, replacement: str = "") -> None:
    text, changes = re.subn(pattern, replacement, path.read_text(), flags=re.MULTILINE)
    assert changes, f"{path.name} does not name the room"
    path.write_text(text)


def remove(tree: Path, room: str) -> None:
    """The whole removal, as docs/development.md describes it."""
    shutil.rmtree(tree / "functions/unplugd" / room)
    (tree / "templates" / f"{room}.yaml").unlink()
    edit(tree / "template.yaml", rf"^  {room.capitalize()}:\n(    .*\n|      .*\n)+\n")
    edit(tree / "template.yaml", rf"^      - {room.capitalize()}\n")
    edit(tree / ".importlinter", rf"^    unplugd\.{room}\n")
    front_door = tree / "template.yaml"
    parameters = re.findall(r"^  (\w+):\n    Type: (?:String|Number)\n", front_door.read_text(), re.MULTILINE)
    for name in parameters:
        if f"!Ref {name}" not in front_door.read_text() and f"${{{name}}}" not in front_door.read_text():
            edit(front_door, rf"^  {name}:\n(    .*\n)+")


def run(tree: Path, *arguments: str) -> None:
    paths = os.pathsep.join([str(tree / "functions"), str(tree)])
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def only_the_functions(config: Path) -> None:
    """Leave the import rules among the functions' packages: the copy holds no others."""
    head, *contracts = re.split(r"(?=^\[importlinter:contract:)", config.read_text(), flags=re.MULTILINE)
    head = re.sub(r"root_packages =\n(    \w+\n)+", "root_packages =\n    unplugd\n", head)
    ours = [
        one for one in contracts if not re.search(r"^    (ml|training|task|local|cli)\b", one, re.MULTILINE)
    ]
    assert len(ours) >= 6
    config.write_text(head + "".join(ours))


@pytest.mark.parametrize("room", ["account", "lyrics", "measurement"])
def test_a_room_can_be_removed(room: str, tmp_path: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, tmp_path / name)
    remove(tmp_path, room)
    only_the_functions(tmp_path / ".importlinter")

    run(tmp_path, "-c", WRITE_ROUTES)
    run(tmp_path, "-c", IMPORT_ALL)
    run(
        tmp_path,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    )
    run(tmp_path, "-c", "from cfnlint.runner import main; main()", "template.yaml", "templates/api.yaml")

    assert room not in (tmp_path / "templates/api.yaml").read_text().replace("songId}/lyrics", "")
    for path in (tmp_path / "templates").glob("*.yaml"):
        transformed(template_from(path.read_text()))
