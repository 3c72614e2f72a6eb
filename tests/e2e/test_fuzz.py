"""Schemathesis against the running stack: all that docs/openapi.json allows or forbids is sent, and every answer must
be one that it describes; what it forbids must be refused, what it allows taken, and nothing may be a 5xx."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.session import Session
from tests.e2e.tokens import Pool

pytestmark = pytest.mark.stack

ROOT = Path(__file__).resolve().parents[2]
TOOL = Path(os.environ.get("SCHEMATHESIS", ROOT / ".venv-tools/bin/schemathesis"))
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "20")
SEED = os.environ.get("FUZZ_SEED", "20260131")


@pytest.mark.parametrize(
    ("what", "phases"),
    [
        # By links the tool goes from an announced song to every call about it, in any order.
        ("--exclude-operation-id", "examples,coverage,fuzzing,stateful"),
        # By itself and last: it would take the other calls' songs away.
        ("--include-operation-id", "coverage,fuzzing"),
    ],
)
def test_nothing_that_is_sent_breaks_a_promise(
    what: str, phases: str, stack: Session, admin: Callable[[str], Any], tmp_path: Path
) -> None:
    assert TOOL.exists(), "schemathesis is not installed: `make test` and `make fuzz` do it"
    outputs = stack.outputs
    pool = Pool(admin("cognito-idp"), outputs["UserPoolId"], outputs["UserPoolClientId"])
    token = pool.sign_in("fuzz")["IdToken"]
    command = [str(TOOL), "--config-file", str(Path(__file__).with_name("schemathesis.toml"))]
    command += ["run", str(ROOT / "docs/openapi.json"), "--url", outputs["ApiUrl"]]
    command += ["--header", f"Authorization: {token}", what, "delete_account"]
    command += ["--max-examples", EXAMPLES, "--seed", SEED, "--no-shrink", "--phases", phases]
    run = subprocess.run(
        [*command, "--checks", "all", "--suppress-health-check", "all"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=3000,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_COLOR": "1", "COLUMNS": "160"},
    )
    assert run.returncode == 0, run.stdout + run.stderr
