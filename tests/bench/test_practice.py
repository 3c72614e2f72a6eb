"""`make bench-practice` in small: what it counts is true."""

from __future__ import annotations

import random

import pytest

from bench import practice
from tests.unit.practice.test_sm2 import Reference


def test_sm2_and_its_second_implementation_agree() -> None:
    assert practice.sm2_differences(200, random.Random(3)) == 0


def test_a_difference_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reference, "answer", lambda self, q: None)
    assert practice.sm2_differences(5, random.Random(3)) > 0
