"""Demucs' own networks in torch: for models that have no exported graph, and where OpenVINO is missing.

One network call a segment goes through demucs' model itself.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import Stopped
from ml.audio import CHANNELS, SAMPLE_RATE
from ml.models import WrongHash
from ml.models.prepare import NETWORKS, SUFFIX
from ml.models.sources import STEM_LISTS, in_order
from ml.models.store import Model, ModelStore
from ml.separation import ModelUnavailable
from ml.separation.demucs import exported
from ml.separation.demucs.export import export as export_networks
from ml.separation.engine import Member, Separator, own_length

_SECONDS_A_SEGMENT_SECOND = 0.4  # of work, on two cores
_PACKAGES = ("torch", "demucs", "safetensors")


def is_installed() -> bool:
    """Whether torch and demucs are here."""
    return all(find_spec(name) is not None for name in _PACKAGES)


def load(model: Model, overlap: float) -> Separator:
    """One model or bag, its hashes checked again; each network is loaded in its turn. Raises ModelUnavailable."""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise ModelUnavailable(
            f"The separation model '{model.name}' needs {', '.join(missing)}, not installed here: run make models."
        )
    bag = _load(model)
    signatures = (model.bag or {})["models"]
    return Separator(
        engine="demucs",
        model=model.name,
        version=f"{version('demucs')}, torch {version('torch')}",
        sha256=model.sha256,
        precision="f32",
        stems=in_order(bag.sources),
        remainder="",
        normalised=True,
        members=tuple(
            _member(model.folder / f"{signature}{SUFFIX}", network, row, overlap)
            for signature, network, row in zip(signatures, bag.models, bag.weights, strict=True)
            if any(row)
        ),
    )


def export(model: Model) -> Model:
    """The model with its networks exported for OpenVINO, or as it is where they cannot be: another architecture,
    no torch here, a folder that may not be written to. Raises ModelUnavailable as `load` does.
    """
    if not is_installed() or not exported.is_installed() or not os.access(model.folder, os.W_OK):
        return model
    bag = _load(model)
    networks = dict(zip((model.bag or {})["models"], bag.models, strict=True))
    store = ModelStore(model.folder.parent)
    try:
        return store.extend(model, lambda folder: export_networks(networks, bag.weights, folder))
    except (OSError, RuntimeError) as error:  # a full disk, above all; OpenVINO has one error for everything
        reason = " ".join(str(error).split())[:200]
        raise ModelUnavailable(
            f"The networks of '{model.name}' cannot be exported for OpenVINO ({reason})."
        ) from error


def _member(path: Path, network: Any, row: list[float], overlap: float) -> Member:
    """The facts of one network of a bag, which is loaded again when it is opened; `row` has a weight a source."""
    from demucs.htdemucs import HTDemucs

    given = [(stem, weight) for stem, weight in zip(network.sources, row, strict=True) if weight > 0]
    segment = int(SAMPLE_RATE * network.segment)
    window: Callable[[int], int] = own_length
    if isinstance(network, HTDemucs):
        window = (lambda _length: segment) if network.use_train_segment else own_length
    elif hasattr(network, "valid_length"):
        window = network.to("meta").valid_length  # the method keeps the network, but no weights with it
    return Member(
        name=path.stem,
        stems=tuple(stem for stem, _ in given),
        weights=tuple(float(weight) for _, weight in given),
        segment=segment,
        stride=int((1 - overlap) * segment),
        cost=_SECONDS_A_SEGMENT_SECOND * segment / SAMPLE_RATE,
        open=partial(
            _Loaded, path, network.segment, [list(network.sources).index(stem) for stem, _ in given]
        ),
        window=window,
    )


class _Loaded:
    """A `Network` (ml.separation.engine) in torch."""

    def __init__(self, path: Path, segment: Any, rows: list[int]) -> None:
        from demucs.hf import load_safetensors_model

        self._network: Any = load_safetensors_model(path).eval()
        self._network.segment = segment  # a bag may set another than the network's own
        self._rows = rows

    def run(self, samples: NDArray[np.float32], stop: threading.Event) -> NDArray[np.float32]:
        """Looks for the stop before every layer."""
        import torch

        def look(_layer: Any, _inputs: Any) -> None:
            if stop.is_set():
                raise Stopped

        hooks: list[Any] = [layer.register_forward_pre_hook(look) for layer in self._network.modules()]
        try:
            with torch.no_grad():
                out: NDArray[np.float32] = self._network(torch.from_numpy(samples)[None])[
                    0, self._rows
                ].numpy()
                return out
        finally:
            for hook in hooks:
                hook.remove()

    def close(self) -> None:
        self._network = None


def _load(model: Model) -> Any:
    """demucs' BagOfModels of the stored model. Raises ModelUnavailable."""
    from demucs.apply import BagOfModels
    from demucs.hf import load_safetensors_model
    from safetensors import SafetensorError, safe_open

    bag = model.bag or {}
    try:
        model.verify([f"{signature}{SUFFIX}" for signature in bag["models"]])
        networks = []
        for signature in bag["models"]:
            path = model.folder / f"{signature}{SUFFIX}"
            if path.name not in model.files:
                raise ModelUnavailable(
                    f"The separation model '{model.name}' lacks {path.name}: run make models."
                )
            with safe_open(str(path), framework="pt") as file:
                metadata = file.metadata() or {}
            # The class is looked up by this name, so only demucs' own may stand there.
            if metadata.get("klass") not in NETWORKS or "structure" in metadata:
                raise ModelUnavailable(f"{path.name} of '{model.name}' is not one of demucs' plain networks.")
            networks.append(load_safetensors_model(path).eval())
        loaded = BagOfModels(networks, bag.get("weights"), bag.get("segment"))
    except WrongHash as error:
        raise ModelUnavailable(str(error)) from error
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError, AssertionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelUnavailable(
            f"The separation model '{model.name}' cannot be loaded ({type(error).__name__}: {reason}). "
            f"Fetch it again: make models MODELS={model.name}"
        ) from error
    if sorted(loaded.sources) not in [sorted(stems) for stems in STEM_LISTS]:
        wanted = "; or ".join(", ".join(stems) for stems in STEM_LISTS)
        raise ModelUnavailable(
            f"The separation model '{model.name}' gives {', '.join(loaded.sources)}; it must give {wanted}."
        )
    if not (np.array(loaded.weights, np.float32).sum(axis=0) > 0).all():
        raise ModelUnavailable(f"The separation model '{model.name}' leaves a stem without a network.")
    if loaded.samplerate != SAMPLE_RATE or loaded.audio_channels != CHANNELS:
        raise ModelUnavailable(f"The separation model '{model.name}' is not for 44.1 kHz stereo.")
    return loaded
