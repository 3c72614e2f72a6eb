"""The network of swift-f0 0.3.0 (MIT) in NumPy: the pitch of a voice that is alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

RATE = 16_000
"""Rate of the sound (Hz)."""

HOP = 256
"""Samples between two frames: 16 ms."""

CONTEXT = 11
"""Frames around a frame that its result depends on."""

LOWEST, HIGHEST = 65.0, 1100.0
"""What a voice can sing (Hz)."""

Floats = NDArray[np.float32]

FILE = Path(__file__).parent / "swift-f0.onnx"
"""As the package has it (SWIFT-F0-LICENSE)."""

_SPECTRA = ((1024, "v41", "v123", "v124"), (2048, "v161", "v241", "v242"), (512, "v262", "v342", "v343"))
"""Length and, by their names in the file, window, and places and values of the filters that are not 0."""

_BANDS = 128
_FIRST, _BLOCKS = (
    ("v353", "v354", 1),
    (
        (("v357", "v358", 1), ("v361", "v362", 1)),
        (("v366", "v367", 17), ("v370", "v371", 17)),
        (("v375", "v376", 27), ("v379", "v380", 27)),
        (("v384", "v385", 40), ("v388", "v389", 40)),
        (("v393", "v394", 48), ("v397", "v398", 48)),
        (("v402", "v403", 2), ("v406", "v407", 2)),
    ),
)
"""Weights, bias and dilation over frequency. A block adds its input to its second layer's output."""

_HEARD_BANDS = 96
_BIN_HZ, _BIN_LOG_HZ = "v438", "v455"
_FLOATS = {1: "<f4", 6: "<i4", 7: "<i8", 11: "<f8"}  # ONNX' data types


def pitch(sound: Floats) -> tuple[NDArray[np.float64], Floats]:
    """The pitch (Hz) and how sure it is (0–1) of each frame of mono sound at RATE; frame i is centred on i · HOP.

    A result depends on CONTEXT frames around it."""
    bands = _bands(sound)
    layer = _relu(_conv(bands, *_FIRST))
    for first, second in _BLOCKS:
        layer = _relu(layer + _conv(_relu(_conv(layer, *first)), *second))
    heard = _relu(_conv(layer[:, :_HEARD_BANDS], "v413", "v414", 1, short=1))
    scores = _conv(heard, "v425", "v426", 1)[0].T
    loudest = _conv(heard, "v417", "v418", 1).max(axis=1)
    level = bands.mean(axis=(0, 1))[None]
    judged = _relu(_conv(np.concatenate([loudest, level])[:, None], "v430", "v431", 1))
    sure = _conv(judged, "v434", "v435", 1)[0, 0]
    return _read(scores, sure)


def _read(scores: Floats, sure: Floats) -> tuple[NDArray[np.float64], Floats]:
    hz = _weights()[_BIN_HZ]
    allowed = (hz >= LOWEST) & (hz <= HIGHEST)
    confidence = np.where(allowed[scores.argmax(axis=1)], 1 / (1 + np.exp(-sure)), np.float32(0))
    within = np.pad(np.where(allowed, scores, -np.inf), ((0, 0), (1, 1)), constant_values=-np.inf)
    best = within.argmax(axis=1)[:, None] + np.array([-1, 0, 1])
    near = np.take_along_axis(within, best, axis=1).astype(np.float64)
    weight = np.exp(near - near.max(axis=1, keepdims=True))
    bins = np.clip(best - 1, 0, len(hz) - 1)
    log_hz = (weight * _weights()[_BIN_LOG_HZ][bins]).sum(axis=1) / weight.sum(axis=1)
    return np.exp(log_hz), confidence


def _bands(sound: Floats) -> Floats:
    """The logarithm of what each of the bands holds, by three spectra: (3, _BANDS, frames)."""
    frames = max(1, len(sound) // HOP)
    found = []
    for size, window, places, values in _SPECTRA:
        half = size // 2
        padded = np.pad(sound, (half, half + HOP)).astype(np.float32)
        pieces = sliding_window_view(padded, size)[: frames * HOP : HOP]
        spectrum = np.abs(np.fft.rfft(pieces * _weights()[window], axis=1)).astype(np.float32)
        found.append(np.log(spectrum @ _filters(places, values, half + 1) + np.float32(1e-8)).T)
    return np.stack(found)


@lru_cache(maxsize=3)
def _filters(places: str, values: str, bins: int) -> Floats:
    flat = np.zeros(bins * _BANDS, np.float32)
    flat[_weights()[places]] = _weights()[values]
    return flat.reshape(bins, _BANDS)


def _relu(layer: Floats) -> Floats:
    return np.maximum(layer, 0, out=layer)


def _conv(layer: Floats, weights: str, bias: str, dilation: int, short: int = 0) -> Floats:
    """A convolution over (channels, bands, frames) that keeps the number of frames, and that of bands less `short`."""
    kernel = _weights()[weights]
    if kernel.ndim == 3:  # over frames only
        kernel = kernel[:, :, None]
    out, channels, tall, wide = kernel.shape
    reach, side = dilation * (tall - 1) // 2, (wide - 1) // 2
    padded = np.pad(layer, ((0, 0), (reach, reach - short), (side, side)))
    span = dilation * (tall - 1) + 1
    taps = sliding_window_view(padded, (span, wide), axis=(1, 2))[..., ::dilation, :]
    _, bands, frames = taps.shape[:3]
    columns = taps.transpose(0, 3, 4, 1, 2).reshape(channels * tall * wide, bands * frames)
    summed: Floats = kernel.reshape(out, -1) @ columns + _weights()[bias][:, None]
    return summed.reshape(out, bands, frames)


@lru_cache(maxsize=1)
def _weights() -> Mapping[str, NDArray[Any]]:
    """The numbers in the file by name. It is ONNX, a message of Protocol Buffers: its field 7 is the graph, and field 5
    of that is each tensor (1: shape, 2: type, 8: name, 9: bytes)."""
    (graph,) = (value for field, value in _fields(FILE.read_bytes()) if field == 7)
    found = {}
    for field, tensor in _fields(graph):
        if field == 5:
            parts = list(_fields(tensor))
            shape = [value for key, value in parts if key == 1]
            by_key = dict(parts)
            numbers = np.frombuffer(by_key[9], _FLOATS[by_key[2]])
            found[by_key[8].decode()] = numbers.reshape(shape)
    return found


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a message of Protocol Buffers, as (number, value)."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        field, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield field, value
            continue
        size = {1: 8, 5: 4}.get(kind)
        if size is None:
            size, at = _varint(message, at)
        yield field, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
