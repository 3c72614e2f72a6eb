"""Demucs' weights as published (pickles) → safetensors, which hold numbers and nothing else.

A pickle can run any code while it is read, and eight hex digits are no proof against somebody who means harm. So it is
read with PyTorch's restricted unpickler: tensors, demucs' own classes, fractions and numpy scalars, nothing else.
The result is the form demucs' own hub uses: tensors, and in the metadata the class and its arguments as JSON.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ml.models import ModelError
from ml.models.sources import DEMUCS

SUFFIX = ".safetensors"
NETWORKS = ("demucs.htdemucs.HTDemucs", "demucs.hdemucs.HDemucs", "demucs.demucs.Demucs")
"""The classes a demucs model may be of; nothing else is ever looked up by a name that a file holds."""


class UnsafeWeights(ModelError):
    """The file holds more than weights, or weights in a form that is not read here."""


def converts(path: Path) -> bool:
    """Whether the file is a pickle that must be converted."""
    return path.suffix == ".th"


def bag_of(name: str) -> dict[str, Any]:
    """The published bag `name` as the manifest keeps it: `{models, weights, segment}`, segment in seconds."""
    bag = DEMUCS[name]
    return {
        "models": [signature for signature, _ in bag.members],
        "weights": [list(row) for row in bag.weights] if bag.weights else None,
        "segment": bag.segment_s,
    }


def to_safetensors(source: Path, to: Path) -> Path:
    """Convert one hash-checked `.th` file; returns `to`. Raises UnsafeWeights, ModelError (no torch here)."""
    missing = [name for name in ("torch", "demucs", "safetensors") if find_spec(name) is None]
    if missing:
        raise ModelError(
            f"Preparing {source.name} needs {', '.join(missing)}: run make models, which installs them."
        )
    package = _unpickle(source)
    try:
        network, state = package["klass"], package["state"]
        name = f"{network.__module__}.{network.__qualname__}"
        arguments, named = list(package["args"]), dict(package["kwargs"])
    except (KeyError, TypeError, AttributeError) as error:
        raise UnsafeWeights(f"{source.name} is not a demucs model.") from error
    if name not in NETWORKS:
        raise UnsafeWeights(f"{source.name} is a {name}, which is not one of demucs' networks.")
    return save(to, name, arguments, named, state)


def save(
    to: Path, network: str, arguments: list[Any], named: Mapping[str, Any], state: Mapping[str, Any]
) -> Path:
    """Write tensors and how to build the network that takes them. Raises UnsafeWeights (quantised weights)."""
    import torch
    from safetensors.torch import save_file

    if not all(isinstance(tensor, torch.Tensor) for tensor in state.values()):
        raise UnsafeWeights(f"{to.stem} holds quantised weights, which are not supported.")
    metadata = {
        "klass": network,
        "args": json.dumps([_plain(value) for value in arguments]),
        "kwargs": json.dumps({key: _plain(value) for key, value in named.items()}),
    }
    # Views that share memory are refused by the format; each gets its own.
    save_file({key: tensor.clone().contiguous() for key, tensor in state.items()}, to, metadata)
    to.chmod(
        0o644
    )  # the library makes it its owner's alone; weights are no secret, and a task may be another user
    return to


def _unpickle(source: Path) -> Any:
    import numpy as np
    import torch
    from demucs.demucs import Demucs
    from demucs.hdemucs import HDemucs
    from demucs.htdemucs import HTDemucs

    scalar = import_module("numpy._core.multiarray").scalar  # private in numpy, and named in pickles
    allowed: list[Any] = [HTDemucs, HDemucs, Demucs, Fraction, np.dtype, scalar]
    allowed += [(scalar, "numpy.core.multiarray.scalar"), type(np.dtype("f8")), type(np.dtype("f4"))]
    try:
        with torch.serialization.safe_globals(allowed):
            return torch.load(source, "cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise UnsafeWeights(f"{source.name} is not plain weights, so it was not read: {reason}") from error


def _plain(value: Any) -> Any:
    """JSON for an argument; a fraction as demucs writes it."""
    import numpy as np

    if isinstance(value, Fraction):
        return {"_type": "fraction", "numerator": value.numerator, "denominator": value.denominator}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return _plain(value.item())
    raise UnsafeWeights(
        f"An argument of the network is a {type(value).__name__}, which cannot be written down."
    )
