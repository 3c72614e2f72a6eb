"""Demucs without torch: exported graphs run by OpenVINO, Fourier transforms in numpy.

`ml.separation.demucs.export` makes the files once; here they are listed (FACTS) and run. What `HTDemucs.forward` does
around its layers (normalising the spectrogram and the samples, adding both branches) is in `_Graph`.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import Stopped
from ml.models import WrongHash
from ml.models.sources import in_order
from ml.models.store import Model
from ml.separation import ModelUnavailable
from ml.separation.demucs import spectrogram
from ml.separation.engine import Member, Separator

FACTS = "exported.json"
"""What the graphs of a model are: a file in the same folder, listed in the manifest like any other."""

VERSION = 1
"""Of the graphs. Those of another version are exported again."""

CACHE = ".cache"
"""Folder of compiled graphs in the model's folder. OpenVINO fills it; it may be deleted at any time."""

_SMALL = np.float32(1e-5)  # HTDemucs adds it to both deviations
_LOOK_MS = 100
_SECONDS_A_SEGMENT_SECOND = {"f32": 0.2, "bf16": 0.07}  # of work, on two cores


@dataclass(frozen=True)
class Graph:
    """One exported network: a bag's member, pruned to the stems it is used for."""

    name: str
    stems: tuple[str, ...]
    weights: tuple[float, ...]
    segment: int
    """Frames it hears and gives."""
    window: int
    """Samples of its Fourier transforms."""

    @property
    def files(self) -> tuple[str, str]:
        """The graph and its weights."""
        return f"{self.name}.xml", f"{self.name}.bin"


def is_installed() -> bool:
    """Whether what runs exported graphs is here."""
    return find_spec("openvino") is not None


def write_facts(folder: Path, graphs: tuple[Graph, ...]) -> str:
    """List the graphs in `folder`; returns the file's name."""
    facts = {"version": VERSION, "graphs": [asdict(graph) for graph in graphs]}
    (folder / FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return FACTS


def graphs_of(model: Model) -> tuple[Graph, ...]:
    """The model's exported graphs, their files proved; empty where it has none of this version.

    Raises ModelUnavailable: a file is damaged or missing.
    """
    if FACTS not in model.files:
        return ()
    try:
        model.verify([FACTS])
        facts: Mapping[str, Any] = json.loads((model.folder / FACTS).read_text(encoding="utf-8"))
        if facts["version"] != VERSION:
            return ()
        graphs = tuple(
            Graph(**{**entry, "stems": tuple(entry["stems"]), "weights": tuple(entry["weights"])})
            for entry in facts["graphs"]
        )
        model.verify([name for graph in graphs for name in graph.files])
    except WrongHash as error:
        raise ModelUnavailable(str(error)) from error
    return graphs


def load(model: Model, graphs: tuple[Graph, ...], precision: str, overlap: float) -> Separator:
    """The separator of these graphs. Raises ModelUnavailable: this CPU lacks the precision."""
    import openvino

    if precision == "bf16" and not has_bf16():
        raise ModelUnavailable(
            "This CPU has no bf16 arithmetic (avx512_bf16 or amx_bf16): use --precision f32."
        )
    return Separator(
        engine="demucs",
        model=model.name,
        version=f"graph {VERSION}, openvino {openvino.__version__.split('-')[0]}",
        sha256=model.sha256,
        precision=precision,
        stems=in_order(stem for graph in graphs for stem in graph.stems),
        remainder="",
        normalised=True,
        members=tuple(_member(model.folder, graph, precision, overlap) for graph in graphs),
    )


def has_bf16() -> bool:
    """Whether this CPU multiplies bf16 numbers; elsewhere OpenVINO would take f32's time or more."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        import openvino

        return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return any(flag in flags for flag in ("avx512_bf16", "amx_bf16", " bf16 "))


def _member(folder: Path, graph: Graph, precision: str, overlap: float) -> Member:
    return Member(
        name=graph.name,
        stems=graph.stems,
        weights=graph.weights,
        segment=graph.segment,
        stride=int((1 - overlap) * graph.segment),
        cost=_SECONDS_A_SEGMENT_SECOND[precision] * graph.segment / 44_100,
        open=partial(_Graph, folder, graph, precision),
        window=lambda _length: graph.segment,
    )


class _Graph:
    """A `Network` (ml.separation.engine) in OpenVINO."""

    def __init__(self, folder: Path, graph: Graph, precision: str) -> None:
        import openvino

        self._window = graph.window
        self._constant: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
        try:
            compiled = openvino.Core().compile_model(
                folder / graph.files[0], "CPU", _settings(folder, precision)
            )
        except RuntimeError as error:
            reason = " ".join(str(error).split())[-200:]
            raise ModelUnavailable(f"The graph {graph.files[0]} cannot be loaded ({reason}).") from error
        self._request: Any = compiled.create_infer_request()

    def run(self, samples: NDArray[np.float32], stop: threading.Event) -> NDArray[np.float32]:
        """(2, segment) → (stems, 2, segment).

        A segment of digital silence is a constant after the song's normalisation, and one constant is worth reckoning
        once: the same samples give the same bits.
        """
        if not (samples == samples[:, :1]).all():
            return self._estimate(samples, stop)
        if self._constant is None or not np.array_equal(self._constant[0], samples):
            self._constant = samples.copy(), self._estimate(samples, stop)
        return self._constant[1].copy()

    def _estimate(self, samples: NDArray[np.float32], stop: threading.Event) -> NDArray[np.float32]:
        spectrum = spectrogram.forward(samples, self._window)
        mean, deviation = _normalise(spectrum)
        line = np.array(samples.T, order="C")[None, None]  # always a copy: it is changed in place
        time_mean, time_deviation = _normalise(line)
        spectrum, line = self.infer(spectrum, line, stop)
        spectrum *= deviation
        spectrum += mean
        out = spectrogram.inverse(spectrum, samples.shape[1])
        out += (line[0, 0].T * time_deviation + time_mean).reshape(out.shape)
        return out

    def infer(
        self, spectrum: NDArray[np.float32], line: NDArray[np.float32], stop: threading.Event
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Run the network once. Raises Stopped soon after `stop` is set."""
        self._request.start_async([spectrum, line], share_inputs=True)
        while not self._request.wait_for(_LOOK_MS):
            if stop.is_set():
                self._request.cancel()
                self._settle()
                raise Stopped
        return tuple(self._request.get_output_tensor(index).data for index in range(2))

    def _settle(self) -> None:
        """Wait for the end of a cancelled request, which raises that it was cancelled."""
        try:
            self._request.wait()
        except RuntimeError:
            return

    def close(self) -> None:
        self._request = self._constant = None
        gc.collect()
        if sys.platform == "linux":  # glibc keeps freed memory; the next network would come on top of it
            trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
            if trim is not None:
                trim(0)


def _normalise(samples: NDArray[np.float32]) -> tuple[np.float32, np.float32]:
    """Bring to mean 0 and deviation 1 in place; returns what undoes it, as HTDemucs takes both."""
    mean, deviation = np.float32(samples.mean(dtype=np.float64)), np.float32(samples.std(ddof=1))
    samples -= mean
    samples /= deviation + _SMALL
    return mean, deviation


def _settings(folder: Path, precision: str) -> dict[str, Any]:
    """One request at a time on the cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    settings: dict[str, Any] = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": cores,
        "INFERENCE_PRECISION_HINT": precision,
        "ENABLE_CPU_PINNING": False,
    }
    if os.access(folder, os.W_OK):
        # Without the weights, which stay in the graph's own file. One folder a precision: OpenVINO's name for what it
        # compiled does not tell them apart.
        settings |= {"CACHE_DIR": str(folder / CACHE / precision), "CACHE_MODE": "OPTIMIZE_SIZE"}
    return settings
