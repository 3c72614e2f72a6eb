"""The test suite's own rules."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import SLOW

TESTS = Path(__file__).resolve().parents[1]
LONGEST_NAME = 60
# A private name that a test replaces in another module, by object and name or by dotted path.
PATCHED_PRIVATE = re.compile(r"""(?:setattr|setitem|delattr|patch)\([^)\n]*?[."']_[a-zA-Z]\w*["',]""")


def test_every_slow_folder_exists() -> None:
    assert [name for name in SLOW if not (TESTS / name).exists()] == []


def test_the_lint_settings_name_every_template() -> None:
    settings = (TESTS.parent / ".cfnlintrc.yaml").read_text()
    assert "[template.yaml, templates/*.yaml]" in settings


def test_names_of_tests_are_short_enough_to_read() -> None:
    paths = [path for path in TESTS.rglob("test_*.py") if "node_modules" not in path.parts]
    names = [name for path in paths for name in re.findall(r"\bdef (test_\w+)", path.read_text())]
    assert len(names) > 500
    assert [name for name in names if len(name) > LONGEST_NAME] == []


def test_no_test_replaces_a_private_name() -> None:
    patched = [
        f"{path.relative_to(TESTS)}: {match}"
        for path in TESTS.rglob("*.py")
        if "node_modules" not in path.parts
        for match in PATCHED_PRIVATE.findall(path.read_text())
        if path != Path(__file__) and "self._" not in match
    ]
    assert patched == []
