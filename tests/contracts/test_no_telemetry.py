"""OpenVINO never reports to its maker: what would is in no lock, and is not imported where it is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted([*ROOT.glob("requirements/*.lock"), *ROOT.glob("containers/*/requirements.lock")])


def test_no_lock_brings_openvinos_telemetry() -> None:
    assert any("openvino==" in lock.read_text() for lock in LOCKS)
    assert [lock.name for lock in LOCKS if "openvino-telemetry" in lock.read_text()] == []


@pytest.mark.parametrize(("code", "asked"), [("import ml, openvino", False), ("import openvino", True)])
def test_ml_keeps_it_from_being_imported(code: str, asked: bool, tmp_path: Path) -> None:
    """The second case shows that OpenVINO does ask for it, so that the first can fail."""
    package = tmp_path / "site" / "openvino_telemetry"
    package.mkdir(parents=True)
    trace = tmp_path / "imported"
    (package / "__init__.py").write_text(f"open({str(trace)!r}, 'w').close()\nraise ImportError\n")
    home = tmp_path / "home"
    home.mkdir()
    path = os.pathsep.join([str(tmp_path / "site"), str(ROOT)])
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": path, "HOME": str(home)}
    )
    assert trace.exists() is asked
    assert list(home.iterdir()) == []
