"""Which models can run here. A later engine adds one line; nothing else knows the list."""

from __future__ import annotations

from collections.abc import Callable

from ml.separation import ModelUnavailable
from ml.separation.engine import Separator

DEFAULT = "preview"


def _preview() -> Separator:
    from ml.separation.preview import Preview

    return Preview()


_MODELS: dict[str, Callable[[], Separator]] = {"preview": _preview}


def load(model: str) -> Separator:
    """The separator for `model`; "auto" is the best that is there. Raises ModelUnavailable."""
    try:
        build = _MODELS[DEFAULT if model == "auto" else model]
    except KeyError:
        there = ", ".join(["auto", *sorted(_MODELS)])
        raise ModelUnavailable(
            f"The separation model '{model}' is not installed here. There is: {there}."
        ) from None
    return build()
