"""Prove each claim and print its line; exit code 1 when one does not hold."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.check_aws import bare

ROOT = Path(__file__).resolve().parents[2]
_BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Claim:
    """One claim. `prove` returns a detail for the line, and raises with what does not hold."""

    text: str
    how: str
    prove: Callable[[], str]


class Unproved(Exception):
    """A claim does not hold, or could not be looked at."""


def command(*words: str) -> Callable[[], str]:
    """Proved by a command that ends well."""

    def prove() -> str:
        ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise Unproved("\n".join((ended.stdout + ended.stderr).splitlines()[-15:]))
        return ""

    return prove


def tests(*paths: str) -> Callable[[], str]:
    """Proved by tests."""
    return command(sys.executable, "-m", "pytest", "-q", *paths)


CLAIMS = (
    Claim(
        "the templates are right by CloudFormation's own schemas", "cfn-lint", command(str(_BIN / "cfn-lint"))
    ),
    Claim(
        "the stacks fit together, and a deploy that cannot be meant is refused",
        "the transformed templates (samtranslator), tests/infra/test_stacks.py and test_deployment.py",
        tests("tests/infra/test_stacks.py", "tests/infra/test_deployment.py"),
    ),
    Claim(
        "types, names, counts and permissions are those that were looked at",
        "tests/infra/shape/",
        tests("tests/infra/test_shape.py"),
    ),
    Claim(
        "each role allows no more than named actions on named places, within its boundary",
        "tests/infra/test_functions.py",
        tests("tests/infra/test_functions.py"),
    ),
    Claim(
        "each role allows what its function calls",
        "the handlers run under their own template's policy: tests/handlers/account, songs, uploads",
        tests("tests/handlers/account", "tests/handlers/songs", "tests/handlers/uploads"),
    ),
    Claim(
        "deleting a stack deletes no song, and files end as the rules say",
        "tests/infra/test_stores.py",
        tests("tests/infra/test_stores.py"),
    ),
    Claim(
        "tasks, network, firewall, budget and alarms are as agreed",
        "tests/infra/test_platform.py, test_guard.py and test_state_machine.py",
        tests(
            "tests/infra/test_platform.py", "tests/infra/test_guard.py", "tests/infra/test_state_machine.py"
        ),
    ),
    Claim(
        "the workflows are pinned, may do little, and deploy only what passed",
        "tests/infra/test_workflows.py",
        tests("tests/infra/test_workflows.py"),
    ),
    Claim(
        "every function is imported where Lambda would run it",
        "a bare Python 3.12 with the layers",
        bare.prove,
    ),
)
# What no machine but AWS can show, in the order to look at it: docs/deploy.md.


def main() -> int:
    """Print one line for each claim."""
    failed = 0
    for claim in CLAIMS:
        try:
            detail = claim.prove()
        except (Unproved, bare.Missing) as fault:
            failed += 1
            print(f"FAILED  {claim.text} ({claim.how})\n{fault}", flush=True)
            continue
        print(f"proved  {claim.text} ({claim.how}{'; ' + detail if detail else ''})", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
