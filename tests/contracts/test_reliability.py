"""docs/reliability.md names the test of each promise: each of them must be there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.chaos.run import CASES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reliability.md").read_text()
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))


@cache
def names_in(path: Path) -> frozenset[str]:
    return frozenset(
        node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)
    )


@pytest.mark.parametrize(("file", "test"), NAMED, ids=[test for _, test in NAMED])
def test_what_proves_a_promise_is_there(file: str, test: str) -> None:
    assert test in names_in(ROOT / "tests" / file)


def _case(row: str) -> bool:
    """Whether the row names a case of `make chaos`: that is its proof."""
    return any(name in CASES for name in re.findall(r"`([a-z-]+)`", row))


def test_every_promise_and_every_consumer_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("|--")]
    bare = [row for row in rows if "::" not in row and "the same" not in row]
    assert [
        row[:60]
        for row in bare
        if not row.startswith(("| promise", "| consumer", "| failure", "| switched off")) and not _case(row)
    ] == []
    assert len(rows) > 30
