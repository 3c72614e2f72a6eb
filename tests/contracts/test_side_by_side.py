"""scripts/side-by-side: every command runs, every failure counts, and every output is shown."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/side-by-side"


@pytest.mark.parametrize("failing", range(3))
def test_one_failure_fails_all_and_hides_no_output(failing: int) -> None:
    commands = [f"echo group {n}; exit {int(n == failing)}" for n in range(3)]
    ran = subprocess.run([SCRIPT, *commands], capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, sorted(ran.stdout.splitlines())) == (1, ["group 0", "group 1", "group 2"])


def test_commands_run_at_once(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for fifo in (first, second):
        subprocess.run(["mkfifo", fifo], check=True)
    # Each waits for the other: one after the other they would never end.
    commands = [f"echo x > '{first}'; cat '{second}'", f"cat '{first}'; echo y > '{second}'"]
    ran = subprocess.run([SCRIPT, *commands], capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout.split()) == (0, ["x", "y"])
