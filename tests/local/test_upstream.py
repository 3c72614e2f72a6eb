"""The seams: a ministack in which one has moved is refused with a sentence that names the workaround."""

from __future__ import annotations

import re
import types
from pathlib import Path

import pytest

from local import upstream, workarounds
from local.datadir import StackError


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream.importlib.metadata, "version", lambda _: "1.6.0")
    with pytest.raises(StackError, match=r"1\.6\.0 is installed, .+ written for 1\.5\.33"):
        upstream.check_version()


def test_a_missing_name_and_a_changed_signature_are_refused() -> None:
    module = types.ModuleType("ministack.services.thing")
    with pytest.raises(StackError, match=r"services\.thing\._gone, which local/workarounds/x replaces"):
        upstream.need(module, "_gone", by="local/workarounds/x")
    with pytest.raises(StackError, match=r"takes \('a',\) where x expects \('a', 'b'\)"):
        upstream.need_parameters(lambda a: a, "a", "b", by="x")


def test_every_workaround_file_is_applied_and_says_its_symptom() -> None:
    folder = Path(workarounds.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert files == set(workarounds.NAMES)
    assert len(workarounds.NAMES) == len(set(workarounds.NAMES))
    for name in files:
        assert (folder / f"{name}.py").read_text().startswith('"""Symptom: ')


def test_the_documentation_names_no_file_that_is_not_there() -> None:
    root = Path(workarounds.__file__).parents[2]
    named = set(re.findall(r"`([\w/]+\.py)`", (root / "docs" / "local.md").read_text()))
    assert {"stack.py", "gate.py"} <= named
    assert [
        name for name in named if not any((root / folder / name).is_file() for folder in ("", "local"))
    ] == []
