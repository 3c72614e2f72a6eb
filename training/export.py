"""The trained network as files that OpenVINO runs: graph and float16 weights, and their hashes."""

from __future__ import annotations

import json
from pathlib import Path

import openvino
import torch
from torch import Tensor, nn

from ml.audio.checksum import sha256
from ml.separation import embedded
from training.network import BINS, Separator


class _Masks(nn.Module):
    def __init__(self, net: Separator) -> None:
        super().__init__()
        self.net = net

    def forward(self, powers: Tensor) -> Tensor:
        return self.net.masks(powers)


def load(checkpoint: Path) -> Separator:
    """The averaged weights of a checkpoint."""
    net = Separator()
    net.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    return net.eval()


def export(net: Separator, folder: Path) -> None:
    """Write embedded.xml, .bin and .json into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = (1, 4, embedded.FRAMES, BINS)
    with torch.no_grad():
        model = openvino.convert_model(_Masks(net.eval()), example_input=torch.rand(shape), input=[shape])
    graph = folder / embedded.GRAPH
    openvino.save_model(model, graph, compress_to_fp16=True)
    files = [graph, graph.with_suffix(".bin")]
    facts = {"version": 1, "sha256": {file.name: sha256(file) for file in files}}
    (folder / embedded.FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
