"""Our templates as the tests read them: by the C parser, for PyYAML's own takes eight times as long."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor

ROOT = Path(__file__).resolve().parents[1]


class _Loader(yaml.CSafeLoader):
    """Knows `!Ref` and its kind, as `sam` does."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


def template_from(text: str) -> dict[str, Any]:
    """A template's content."""
    return yaml.load(text, _Loader)  # type: ignore[no-any-return]


@functools.cache
def template_of(path: Path) -> dict[str, Any]:
    """The content of a template's file, read once: not to be changed."""
    return template_from(path.read_text())
