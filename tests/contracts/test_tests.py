"""The test suite's own rules."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import SLOW

TESTS = Path(__file__).resolve().parents[1]


def test_every_slow_folder_exists() -> None:
    assert [name for name in SLOW if not (TESTS / name).exists()] == []


def test_the_lint_settings_name_every_template() -> None:
    settings = (TESTS.parent / ".cfnlintrc.yaml").read_text()
    assert "[template.yaml, templates/*.yaml]" in settings
