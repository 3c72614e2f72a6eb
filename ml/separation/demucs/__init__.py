"""The `demucs` engine (Demucs 4.1.0, `shifts=0`, overlap 0.25): exported graphs in OpenVINO, or demucs itself in torch.

Segments, overlap-add and weighting are the runner's (ml.separation.runner), which does what
`demucs.apply.apply_model` does to a whole song in memory. Packages are looked for when a model is loaded, never when
this is imported.
"""

from __future__ import annotations

from ml.models.store import Model
from ml.separation import ModelUnavailable
from ml.separation.demucs import exported, stock
from ml.separation.engine import Separator

OVERLAP = 0.25
"""Share of a segment that the next one covers again: demucs' default."""


def is_installed() -> bool:
    """Whether packages that run Demucs are here (its weights are another matter)."""
    return exported.is_installed() or stock.is_installed()


def can_run(model: Model) -> bool:
    """Whether this model can be loaded with the packages that are here."""
    return stock.is_installed() or (exported.is_installed() and exported.FACTS in model.files)


def load(model: Model, precision: str = "f32") -> Separator:
    """One model or bag, its hashes checked again; each network is loaded in its turn. Raises ModelUnavailable."""
    graphs = exported.graphs_of(model) if exported.is_installed() else ()
    if exported.is_installed() and not graphs:
        model = stock.export(model)
        graphs = exported.graphs_of(model)
    if graphs:
        return exported.load(model, graphs, precision, OVERLAP)
    if precision != "f32":
        raise ModelUnavailable(f"The separation model '{model.name}' runs in f32 only here.")
    return stock.load(model, OVERLAP)


def prepare(model: Model) -> Model:
    """What can be made of the model once, made now, so that loading it needs no torch. Raises ModelUnavailable."""
    return model if exported.is_installed() and exported.graphs_of(model) else stock.export(model)
