"""scripts/side-by-side: every command runs, every failure counts, and every output is shown."""

from __future__ import annotations

import os
import subprocess
import sys
import time
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


def _ends_what_it_started(command: str, started: Path, *, grace_s: float) -> int:
    # As from a shell that runs it in the background: it and all below it ignore INT.
    deaf = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", str(SCRIPT), "true", command]
    with subprocess.Popen(
        deaf, env={**os.environ, "GRACE_S": str(grace_s)}, stdout=subprocess.DEVNULL
    ) as run:
        while not started.exists() or not started.read_text():
            time.sleep(0.05)
        run.terminate()
        code = run.wait(timeout=120)
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)
    return code


def test_a_signal_ends_a_command_that_ignores_int(tmp_path: Path) -> None:
    started = tmp_path / "pid"
    assert _ends_what_it_started(f"echo $$ > '{started}'; sleep 600; true", started, grace_s=0.2) == 143


def test_a_signal_ends_tests_by_way_of_their_fixtures(tmp_path: Path) -> None:
    started, ended = tmp_path / "pid", tmp_path / "ended"
    (tmp_path / "test_waits.py").write_text(
        f"""
import os, pathlib, time, pytest
@pytest.fixture
def stack():
    yield pathlib.Path({str(started)!r})
    pathlib.Path({str(ended)!r}).touch()
def test_waits(stack):
    stack.write_text(str(os.getpid()))
    time.sleep(600)
"""
    )
    (tmp_path / "conftest.py").write_text((SCRIPT.parents[1] / "tests/conftest.py").read_text())
    command = f"'{sys.executable}' -m pytest -q -c /dev/null --rootdir '{tmp_path}' '{tmp_path}'"
    assert _ends_what_it_started(command, started, grace_s=600) == 143
    assert ended.exists()
