"""cfn-lint over every template, root and nested: linting the root misses an error in a child."""

from __future__ import annotations

import subprocess
import sys

from tests.infra.templates import ROOT


def test_every_template_is_clean() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "from cfnlint.runner import main; main()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_lint_settings_name_every_template() -> None:
    settings = (ROOT / ".cfnlintrc.yaml").read_text()
    assert "[template.yaml, templates/*.yaml]" in settings
