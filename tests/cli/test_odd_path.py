"""A clone in a folder whose name means something to a shell."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
SOURCES = ("cli", "local", "ml", "templates", "functions")


@pytest.mark.parametrize("name", ["a$x", "a$x b", "it's `b`", 'c"d'])
def test_the_command_runs_from_any_folder(name, tmp_path):
    clone = tmp_path / name
    for folder in SOURCES:
        shutil.copytree(
            REPO / folder, clone / folder, ignore=shutil.ignore_patterns("__pycache__", "weights", "demo")
        )
    shutil.copy2(REPO / "template.yaml", clone)
    command = [sys.executable, "-m", "cli", "doctor", "--json", "--data", str(clone / "data")]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    details = [check["detail"] for check in json.loads(done.stdout)["checks"]]
    assert any(str(clone / "data") in detail for detail in details)
