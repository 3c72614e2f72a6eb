"""The graphs that come with the program: read, proved by their SHA-256, and run by OpenVINO on one core."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import Stopped
from ml.audio.checksum import sha256
from ml.separation import ModelUnavailable

_LOOK_MS = 100


@dataclass(frozen=True)
class Stored:
    """A graph whose files have the hashes they should have."""

    version: int
    path: Path
    """The graph; its weights are next to it. OpenVINO maps them, which takes less memory than bytes."""
    sha256: str
    """Of the graph's and the weights' hashes."""


def read(folder: Path, facts: str) -> Stored:
    """The graph that the file `facts` names, with its hashes checked. Raises ModelUnavailable."""
    try:
        said = json.loads((folder / facts).read_text(encoding="utf-8"))
        weights, graph = sorted(said["sha256"].items())  # .bin, .xml
        for name, expected in (graph, weights):
            if sha256(folder / name) != expected:
                raise ModelUnavailable(f"The embedded model's file {name} is damaged: install Unplugd again.")
        together = hashlib.sha256((graph[1] + weights[1]).encode()).hexdigest()
        return Stored(int(said["version"]), folder / graph[0], together)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(
            f"The embedded model cannot be read ({error}): install Unplugd again."
        ) from error


class Runner:
    """A graph of one input and one output, loaded."""

    def __init__(self, stored: Stored) -> None:
        import openvino

        # Without the hint OpenVINO would calculate in bf16 where the CPU can: other bits on other machines.
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": 1,
            "PERFORMANCE_HINT": "LATENCY",
        }
        self._request: Any = (
            openvino.Core().compile_model(stored.path, "CPU", settings).create_infer_request()
        )

    def run(self, values: NDArray[np.float32], stop: threading.Event) -> NDArray[np.float32]:
        """The output for one input; valid until the next run. Raises Stopped soon after `stop` is set."""
        self._request.start_async([values], share_inputs=True)
        while not self._request.wait_for(_LOOK_MS):
            if stop.is_set():
                break
        if stop.is_set():
            self._cancel()
            raise Stopped
        output: NDArray[np.float32] = self._request.get_output_tensor(0).data
        return output

    def _cancel(self) -> None:
        """End the request; a cancelled one raises when it is waited for."""
        self._request.cancel()
        try:
            self._request.wait()
        except RuntimeError:
            return
