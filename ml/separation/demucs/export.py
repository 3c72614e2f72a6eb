"""Demucs' networks as graphs that run without torch: made once, when a model is prepared or first loaded.

Needs torch, demucs and OpenVINO. The graph of a bag's member gives only the stems that the bag takes from it. Weights
are kept in f32, also where the file has half precision.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml.models.sources import STEM_NAMES
from ml.separation.demucs import spectrogram
from ml.separation.demucs.exported import Graph, write_facts


def export(networks: Mapping[str, Any], weights: list[list[float]], folder: Path) -> dict[str, str]:
    """Write the graphs of `networks` (demucs', by signature) into `folder`; `weights` are the bag's, a row a network.

    Returns what each file was made from, by its name; nothing where one of them cannot be exported.
    """
    from ml.separation.demucs.graph import unsupported

    used = [
        (name, network, row)
        for (name, network), row in zip(networks.items(), weights, strict=True)
        if any(row)
    ]
    if any(unsupported(network) for _, network, _ in used):
        return {}
    made: dict[str, str] = {}
    graphs = []
    for name, network, row in used:
        graph, keep = _graph(name, network, row)
        _convert(network, keep, graph, folder / graph.files[0])
        graphs.append(graph)
        made |= dict.fromkeys(graph.files, f"made here from {name}")
    made[write_facts(folder, tuple(graphs))] = "made here"
    return made


def _graph(name: str, network: Any, row: list[float]) -> tuple[Graph, tuple[int, ...]]:
    """The facts, and the places of the wanted stems among the network's own; they come in the order of STEM_NAMES."""
    sources = list(network.sources)
    stems = [stem for stem in STEM_NAMES if stem in sources and row[sources.index(stem)] > 0]
    keep = tuple(sources.index(stem) for stem in stems)
    segment = int(network.segment * network.samplerate)
    weights = tuple(float(row[index]) for index in keep)
    return Graph(name, tuple(stems), weights, segment, network.nfft), keep


def _convert(network: Any, keep: tuple[int, ...], graph: Graph, to: Path) -> None:
    import openvino
    import torch

    from ml.separation.demucs.graph import Core

    frames = spectrogram.frames_of(graph.segment, graph.window)
    inputs = torch.randn(1, graph.window // 2, frames, 4), torch.randn(1, 1, graph.segment, 2)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sizes become constants, as they should; and tracing is called old
        traced = torch.jit.trace(Core(network, keep).eval(), inputs, check_trace=False)
        model = openvino.convert_model(traced, input=[list(tensor.shape) for tensor in inputs])
    openvino.save_model(model, to, compress_to_fp16=False)
