"""What the images carry: locks that are complete and name no address, and Dockerfiles that copy what is imported."""

import ast
import re
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
CONTAINERS = REPO / "containers"
STAGES = ("demucs", "whisper")
OURS = {"ml", "task"}
# What only the engines with weights import: requirements/models.lock brings it, and PyTorch's CPU builds.
WITH_WEIGHTS = {
    "demucs": {"demucs", "faster_whisper", "pocketsphinx", "safetensors", "torch", "yaml"},
    "whisper": {"faster_whisper"},
}
CODE = {
    "demucs": ["ml/*.py", "ml/audio/*.py", "ml/separation/**/*.py", "ml/lyrics/*.py", "ml/models/*.py"],
    # The lyrics need the names and errors of the other two rooms, not their engines.
    "whisper": ["ml/*.py", "ml/audio/__init__.py", "ml/separation/__init__.py", "ml/lyrics/*.py"],
}


def packages(file: Path) -> set[str]:
    return {
        match[0]
        for line in file.read_text().splitlines()
        if (match := re.match(r"[a-z0-9][a-z0-9_.-]*", line))
    }


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_the_lock_is_complete_hashed_and_without_addresses(stage: str) -> None:
    lock = (CONTAINERS / stage / "requirements.lock").read_text()
    assert packages(CONTAINERS / stage / "requirements.in") <= packages(
        CONTAINERS / stage / "requirements.lock"
    )
    assert "://" not in lock
    for entry in re.findall(r"^[a-z0-9].*(?:\n    .*)*", lock, re.MULTILINE):
        assert "--hash=sha256:" in entry


@pytest.mark.parametrize("stage", STAGES)
def test_the_lock_holds_what_the_code_imports_and_the_list_nothing_else(stage: str) -> None:
    files = [
        f
        for pattern in (*CODE[stage], f"containers/{stage}/*.py", "containers/task/*.py")
        for f in REPO.glob(pattern)
    ]
    used = set().union(*map(imports, files)) - OURS - set(sys.stdlib_module_names)
    assert used - WITH_WEIGHTS[stage] <= packages(CONTAINERS / stage / "requirements.lock")
    assert packages(CONTAINERS / stage / "requirements.in") <= used


@pytest.mark.parametrize("stage", STAGES)
def test_the_dockerfile_takes_its_base_and_is_not_root(stage: str) -> None:
    dockerfile = (CONTAINERS / stage / "Dockerfile").read_text()
    assert "ARG BASE_IMAGE=python:3.12-slim-bookworm" in dockerfile
    assert "USER 10001:10001" in dockerfile
    assert f'ENTRYPOINT ["/opt/venv/bin/python", "/app/containers/{stage}/entrypoint.py"]' in dockerfile
    for source in re.findall(r"^COPY (?!--from)(\S+)", dockerfile, re.MULTILINE):
        assert (REPO / source).exists()


@pytest.mark.parametrize("stage", STAGES)
def test_a_containers_folder_hides_no_library(stage: str) -> None:
    assert not (CONTAINERS / stage / "__init__.py").exists()
