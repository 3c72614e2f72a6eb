"""Which models can run here. A later engine adds one line; nothing else knows the list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ml.models import ModelError
from ml.models.sources import DEMUCS, SEPARATION_ORDER
from ml.models.store import Model, ModelStore
from ml.separation import ModelUnavailable
from ml.separation.engine import Separator

DEFAULT = "preview"
"""What "auto" falls back on: it needs no weights."""


def _preview(precision: str) -> Separator:
    from ml.separation import embedded

    return embedded.load(precision)


def _demucs(model: Model, precision: str) -> Separator:
    from ml.separation import demucs

    return demucs.load(model, precision)


MODELS: dict[str, Callable[[str], Separator]] = {"preview": _preview}
_ENGINES: dict[str, Callable[[Model, str], Separator]] = {"demucs": _demucs}
"""Those that are always there, and what runs the weights of each kind."""


def load(model: str, models: Path | None = None, precision: str = "f32") -> Separator:
    """The separator for `model`, its weights looked for in the folder `models`. Raises ModelUnavailable.

    `precision` is one of ml.separation.PRECISIONS; an engine that lacks it here raises ModelUnavailable. "auto" is the
    first of SEPARATION_ORDER that is here and whose packages are installed, else the preview.
    """
    name = choose(models) if model == "auto" else model
    if name in MODELS:
        return MODELS[name](precision)
    try:
        stored = ModelStore(models).find(name) if models is not None else None
    except ModelError as error:
        raise ModelUnavailable(str(error)) from error
    if stored is not None and stored.kind in _ENGINES:
        return _ENGINES[stored.kind](stored, precision)
    there = ", ".join(["auto", *sorted(MODELS), *present(models)])
    how = f" To install it: make models MODELS={name}." if name in DEMUCS else ""
    raise ModelUnavailable(f"The separation model '{name}' is not installed here. There is: {there}.{how}")


def choose(models: Path | None) -> str:
    """The name that "auto" means here."""
    from ml.separation import demucs

    if models is None:
        return DEFAULT
    here = {model.name: model for model in ModelStore(models).list() if model.kind in _ENGINES}
    return next((name for name in SEPARATION_ORDER if name in here and demucs.can_run(here[name])), DEFAULT)


def present(models: Path | None) -> list[str]:
    """The separators whose weights are in the folder `models`, by name."""
    if models is None:
        return []
    return [model.name for model in ModelStore(models).list() if model.kind in _ENGINES]
