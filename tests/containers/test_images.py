"""What the images carry: locks that are complete and name no address, and exactly the files that the stages import."""

import ast
import re
import sys
from pathlib import Path

import pytest

from task.settings import model_folder
from tests.containers.image import Image, instructions

REPO = Path(__file__).resolve().parents[2]
CONTAINERS = REPO / "containers"
STAGES = ("demucs", "whisper")
OURS = {"audiofile", "lyricsfile", "ml", "singing", "task"}
# What only the engines with weights import: requirements/models.lock brings it, and PyTorch's CPU builds.
WITH_WEIGHTS = {
    "demucs": {"ctranslate2", "demucs", "faster_whisper", "pocketsphinx", "safetensors", "torch", "yaml"},
    "whisper": {"ctranslate2", "faster_whisper"},
}
CODE = {
    "demucs": [
        "functions/audiofile/*.py",
        "functions/lyricsfile/*.py",
        "functions/singing/*.py",
        "ml/*.py",
        "ml/audio/*.py",
        "ml/separation/**/*.py",
        "ml/lyrics/*.py",
        "ml/models/*.py",
    ],
    # The lyrics need the names and errors of the other two rooms, not their engines.
    "whisper": [
        "functions/audiofile/tags.py",
        "functions/lyricsfile/*.py",
        "ml/*.py",
        "ml/audio/__init__.py",
        "ml/separation/__init__.py",
        "ml/lyrics/*.py",
    ],
}


def packages(file: Path) -> set[str]:
    return {
        match[0]
        for line in file.read_text().splitlines()
        if (match := re.match(r"[a-z0-9][a-z0-9_.-]*", line))
    }


def modules(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def imports(file: Path) -> set[str]:
    return {module.split(".")[0] for module in modules(file)}


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
def test_the_lock_holds_what_the_code_imports_and_no_more(stage: str) -> None:
    files = [
        f
        for pattern in (*CODE[stage], f"containers/{stage}/*.py", "containers/task/*.py")
        for f in REPO.glob(pattern)
    ]
    used = set().union(*map(imports, files)) - OURS - set(sys.stdlib_module_names)
    assert used - WITH_WEIGHTS[stage] <= packages(CONTAINERS / stage / "requirements.lock")
    assert packages(CONTAINERS / stage / "requirements.in") <= used


@pytest.mark.parametrize("stage", STAGES)
def test_image_ships_no_training_nor_evaluation(stage: str, images: dict[str, Image]) -> None:
    app = images[stage].path("/app")
    names = {part for file in app.rglob("*") for part in file.relative_to(app).parts}
    assert "separation" in names
    assert not names & {"training", "evaluation", "tests", "local", "functions", "unplugd"}


@pytest.mark.parametrize("stage", STAGES)
def test_image_files_are_enough_for_every_import(stage: str, images: dict[str, Image]) -> None:
    """Every module of ours that a shipped file imports is shipped too."""
    image = images[stage]
    roots = [Path(part) for part in image.variables["PYTHONPATH"].split(":")]
    for file in image.path("/app").rglob("*.py"):
        for module in modules(file):
            if module.split(".")[0] in OURS:
                name = module.replace(".", "/")
                found = [root for root in roots if (root / name).is_dir() or (root / f"{name}.py").exists()]
                assert found, f"{file} imports {module}"


@pytest.mark.parametrize("stage", STAGES)
def test_models_folder_is_where_weights_are_copied(stage: str, images: dict[str, Image]) -> None:
    folder = model_folder(images[stage].variables)
    assert folder is not None and folder.is_dir()


def test_whisper_image_disables_its_runtimes_telemetry(images: dict[str, Image]) -> None:
    # ONNX Runtime otherwise writes a device id under HOME and has an address to report to. (OpenVINO's reporter is in
    # no lock: tests/contracts/test_no_telemetry.py.)
    assert images["whisper"].variables["ORT_DISABLE_TELEMETRY"] == "1"


@pytest.mark.parametrize("stage", STAGES)
def test_image_process_is_not_root(stage: str, images: dict[str, Image]) -> None:
    uid = int(images[stage].user.split(":")[0])
    assert uid > 999


@pytest.mark.parametrize("stage", STAGES)
def test_builds_install_only_what_locks_list(stage: str) -> None:
    text = "\n".join(instructions(stage))
    installs = re.findall(r"(?:\$install|pip install)(?! --no-cache-dir)(.*?)(?: &&|;|$)", text, re.MULTILINE)
    assert installs
    assert all(arguments.startswith(" --require-hashes -r ") for arguments in installs)
    assert "://" not in text


@pytest.mark.parametrize("stage", STAGES)
def test_a_containers_folder_hides_no_library(stage: str) -> None:
    assert not (CONTAINERS / stage / "__init__.py").exists()
