"""The layers bring what the functions import: no machine but Lambda lacks the rest of our environment."""

import ast
import re
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
FUNCTIONS = REPO / "functions" / "unplugd"
# The packages in the archive of the functions.
OURS = {path.parent.name for path in (REPO / "functions").glob("*/__init__.py")}
# What a module is called on PyPI, where that differs.
PACKAGES = {"aws_lambda_powertools": "aws-lambda-powertools", "jwt": "pyjwt", "ulid": "python-ulid"}
LAMBDA_BRINGS = {"boto3", "botocore"}
# Imported by validate_upload alone, the one function with the second layer.
NEEDS_AUDIO = {"uploads/probe.py", "capture/sound.py", "details/mix.py", "details/picture.py"}


def pins(file: Path) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", file.read_text(), re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


def third_party(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return {PACKAGES.get(n, n) for n in found - set(sys.stdlib_module_names) - OURS} - LAMBDA_BRINGS


RUNTIME = pins(REPO / "layers" / "runtime" / "requirements.txt")
AUDIO = pins(REPO / "layers" / "audio" / "requirements.txt")


@pytest.mark.parametrize("file", sorted(FUNCTIONS.rglob("*.py")), ids=lambda f: str(f.relative_to(FUNCTIONS)))
def test_a_layer_brings_what_a_module_imports(file: Path) -> None:
    there = RUNTIME.keys() | (
        AUDIO.keys() if file.relative_to(FUNCTIONS).as_posix() in NEEDS_AUDIO else set()
    )
    assert third_party(file) <= there


def test_the_layers_hold_the_versions_that_were_tested() -> None:
    tested = pins(REPO / "requirements" / "dev.lock")
    assert {name: tested.get(name) for name in RUNTIME | AUDIO} == RUNTIME | AUDIO
