"""What holds of both Dockerfiles without building them; docs/images.md says what a real build and run showed."""

import re
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
BOTH = pytest.mark.parametrize("stage", ["demucs", "whisper"])


def instructions(stage: str) -> list[str]:
    """One string for each instruction: comments dropped, continued lines joined."""
    text = (REPO / "containers" / stage / "Dockerfile").read_text()
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    return [line for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line.strip()]


def last_stage(stage: str) -> list[str]:
    lines = instructions(stage)
    return lines[max(number for number, line in enumerate(lines) if line.startswith("FROM ")) :]


@BOTH
def test_every_image_it_starts_from_is_an_argument(stage: str) -> None:
    before_from = [line for line in instructions(stage) if line.startswith(("ARG", "FROM"))][:2]
    assert before_from == ["ARG BASE_IMAGE=python:3.12-slim-bookworm", "ARG MODELS_IMAGE=scratch"]
    bases = [line.split()[1] for line in instructions(stage) if line.startswith("FROM ")]
    assert bases == ["${MODELS_IMAGE}", "${BASE_IMAGE}", "${BASE_IMAGE}"]


@BOTH
def test_nothing_is_taken_as_it_happens_to_be_today(stage: str) -> None:
    text = "\n".join(instructions(stage))
    assert ":latest" not in text
    assert "apt-get" not in text
    for install in re.findall(r"\$install (.*?)(?: &&|;| \\|$)", text):
        assert install.startswith("--require-hashes -r ")


@BOTH
def test_it_names_no_address_and_keeps_no_secret(stage: str) -> None:
    text = (REPO / "containers" / stage / "Dockerfile").read_text()
    assert "://" not in text
    assert "index" not in "\n".join(instructions(stage)).lower()
    assert "--mount=type=secret,id=pip,target=/etc/pip.conf" in text


@BOTH
def test_what_runs_is_not_root_and_carries_no_installer(stage: str) -> None:
    final = last_stage(stage)
    users = [line for line in final if line.startswith("USER ")]
    assert users == ["USER 10001:10001"]
    assert final.index(users[0]) > max(n for n, line in enumerate(final) if line.startswith(("RUN", "COPY")))
    assert not any("pip" in line for line in final)


@BOTH
def test_the_weights_and_their_folder_agree(stage: str) -> None:
    final = last_stage(stage)
    assert "COPY --from=models --chmod=755 / /opt/models/" in final
    assert any(line.startswith("ENV ") and "MODEL_DIR=/opt/models" in line for line in final)


def test_a_run_is_nobody_elses_business() -> None:
    # Measured: without it ONNX Runtime writes a device id and a session id under HOME, and has an address to report to.
    # OpenVINO's own is in no lock: tests/contracts/test_no_telemetry.py.
    assert any(
        line.startswith("ENV ") and "ORT_DISABLE_TELEMETRY=1" in line for line in last_stage("whisper")
    )


def test_demucs_runs_without_torch() -> None:
    assert "openvino==" in (REPO / "containers" / "demucs" / "requirements.lock").read_text()
    for line in instructions("demucs"):
        assert "torch" not in line and "models.lock" not in line


@BOTH
def test_a_shell_does_not_stand_between_a_stop_and_the_task(stage: str) -> None:
    assert (
        last_stage(stage)[-1]
        == f'ENTRYPOINT ["/opt/venv/bin/python", "/app/containers/{stage}/entrypoint.py"]'
    )


@BOTH
def test_the_build_is_sent_what_it_copies(stage: str) -> None:
    lines = (REPO / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    for line in instructions(stage):
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert any(source == rule or source.startswith(f"{rule}/") for rule in let_in), source
