"""The one door to ministack, which has no types: everything from it is Any here and nowhere else.

The stack leans on names inside ministack that are not promised to anybody. `need` is how a workaround says which:
asked at start-up, so that another version fails at once with a sentence, never later with a wrong answer.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
from typing import Any

from local.datadir import StackError

PINNED = "1.5.33"


def module(name: str) -> Any:
    """Import `ministack.<name>`."""
    return importlib.import_module(f"ministack.{name}")


def service(name: str) -> Any:
    """Import the service module, the way ministack's own loader counts it as loaded."""
    return module("app")._get_module(name)


def check_version() -> None:
    """Refuse another version than the one the workarounds were written for."""
    installed = importlib.metadata.version("ministack")
    if installed != PINNED:
        raise StackError(
            f"ministack {installed} is installed, but local/workarounds are written for {PINNED}."
        )


def need(owner: Any, *names: str, by: str) -> None:
    """Assert that the names exist; `by` is the workaround's file."""
    where = getattr(owner, "__name__", type(owner).__name__)
    for name in names:
        if not hasattr(owner, name):
            raise StackError(
                f"ministack {PINNED} should have {where}.{name}, which {by} replaces; "
                "the installed one has not: install the pinned version."
            )


def need_parameters(function: Any, *parameters: str, by: str) -> None:
    """Assert the names and order of a function's first parameters."""
    installed = tuple(inspect.signature(function).parameters)[: len(parameters)]
    if installed != parameters:
        raise StackError(
            f"ministack's {function.__name__} takes {installed} where {by} expects {parameters}: "
            "install the pinned version."
        )
