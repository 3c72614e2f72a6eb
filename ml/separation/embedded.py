"""The `preview` separator: a small network of our own, whose weights come with the program (docs/model-card.md).

The network looks at the power of a mix's spectrum and gives each stem's share of every frequency band at every moment.
The shares add up to 1 and the phase stays the mix's, so the stems add up to the mix. OpenVINO runs the network, numpy
the Fourier transforms; what trained it is in training.
"""

from __future__ import annotations

import hashlib
import json
import threading
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import Stopped
from ml.separation import ModelUnavailable
from ml.separation.engine import Member, Separator

STEMS = ("drums", "bass", "other", "vocals")
"""What the network gives, in this order."""

GRAPH, FACTS = "embedded.xml", "embedded.json"
WEIGHTS = Path(__file__).parent / "weights"
"""Graph, weights (.bin) and facts: version and SHA-256 of both."""

WINDOW, HOP = 4096, 1024  # samples: 93 ms and 23 ms
SEGMENT = 517 * HOP  # 12 s
STRIDE = 430 * HOP  # 10 s: the first and last second of a segment, which lack context, count for little
FRAMES = SEGMENT // HOP + 3
"""Frames that touch a segment."""
POOLS = ((0, 384, 1), (384, 768, 2), (768, 1488, 4))
"""(first bin, last bin, bins that share a mask): full resolution to 4 kHz. Above 16 kHz the last mask holds."""

_EDGE = WINDOW - HOP
_SILENT = 1e-9  # mean power of a bin in a frame of silence: -150 dBFS and below
_HALF = np.float32(0.5)

Spectra = NDArray[np.complex64]
"""Two channels, (2, FRAMES, WINDOW / 2 + 1)."""


def load(precision: str, folder: Path = WEIGHTS) -> Separator:
    """The network as one member. Raises ModelUnavailable: another precision, no OpenVINO, weights that are not ours."""
    if precision != "f32":
        raise ModelUnavailable("The separation model 'preview' runs in f32 only.")
    if find_spec("openvino") is None:
        raise ModelUnavailable(
            "The separation model 'preview' needs OpenVINO, which has no build for this machine."
        )
    version, graph, weights = _read(folder)
    digest = hashlib.sha256(graph + weights).hexdigest()
    opened = partial(Network, graph, weights)
    return Separator(
        engine="embedded",
        model="preview",
        version=str(version),
        sha256=digest,
        precision=precision,
        stems=STEMS,
        remainder="other",
        normalised=False,
        members=(
            Member(
                "embedded",
                STEMS,
                (1.0,) * len(STEMS),
                segment=SEGMENT,
                stride=STRIDE,
                cost=0.6,
                open=opened,
                window=lambda _length: SEGMENT,
            ),
        ),
    )


def _read(folder: Path) -> tuple[int, bytes, bytes]:
    """Version, graph and weights, each with the hash it should have."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        contents = []
        for name, expected in sorted(facts["sha256"].items(), reverse=True):  # .xml, .bin
            content = (folder / name).read_bytes()
            if hashlib.sha256(content).hexdigest() != expected:
                raise ModelUnavailable(f"The embedded model's file {name} is damaged: install Unplugd again.")
            contents.append(content)
        graph, weights = contents
        return int(facts["version"]), graph, weights
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(
            f"The embedded model cannot be read ({error}): install Unplugd again."
        ) from error


class Network:
    """A `Network` (ml.separation.engine): one segment in, four stems out, on one core."""

    def __init__(self, graph: bytes, weights: bytes) -> None:
        import openvino

        core = openvino.Core()
        model = core.read_model(graph, weights)
        # Without the hint OpenVINO would calculate in bf16 where the CPU can: other bits on other machines.
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": 1,
            "PERFORMANCE_HINT": "LATENCY",
        }
        self._request: Any = core.compile_model(model, "CPU", settings).create_infer_request()

    def run(self, samples: NDArray[np.float32], stop: threading.Event) -> NDArray[np.float32]:
        """(2, SEGMENT) → (4, 2, SEGMENT). Raises ml.Stopped."""
        stems = np.zeros((len(STEMS), *samples.shape), np.float32)
        spectra = forward(samples)
        shares = self._shares(powers(spectra), stop)
        if shares is None:
            stems[STEMS.index("other")] = samples
            return stems
        for stem in (0, 1, 3):
            if stop.is_set():
                raise Stopped
            for channel in range(2):
                stems[stem, channel] = inverse(spread(shares[stem, channel]) * spectra[channel])
        # What is left: exactly what the fourth share would give, and one inverse transform in four less.
        stems[2] = samples - stems[0] - stems[1] - stems[3]
        return stems

    def _shares(self, power: NDArray[np.float32], stop: threading.Event) -> NDArray[np.float32] | None:
        """(4, 2, FRAMES, pooled bins); None where there is nothing to hear."""
        by_frame = power[:2].mean(axis=(0, 2))
        sounding = by_frame > _SILENT
        if not sounding.any():
            return None
        # Level over what sounds, so that a short song's empty rest does not count.
        power /= by_frame[sounding].mean()
        if stop.is_set():
            raise Stopped
        self._request.infer([power[None]], share_inputs=True)
        if stop.is_set():
            raise Stopped
        shares: NDArray[np.float32] = self._request.get_output_tensor(0).data[0]
        return shares

    def close(self) -> None:
        self._request = None


_HANN: NDArray[np.float32] = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


def forward(samples: NDArray[np.float32]) -> Spectra:
    """(2, SEGMENT) → spectra. The segment's ends are mirrored, so that its first and last samples are heard too."""
    padded = np.pad(samples, ((0, 0), (_EDGE, _EDGE)), mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=1)[:, ::HOP]
    return np.stack(
        [np.fft.rfft(channel * _HANN, axis=-1).astype(np.complex64, copy=False) for channel in frames]
    )


def inverse(spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
    """(FRAMES, bins) of one channel → (SEGMENT,), by weighted overlap-add (Griffin & Lim 1984)."""
    pieces: NDArray[np.float32] = np.fft.irfft(spectra, WINDOW, axis=-1).astype(np.float32, copy=False)
    pieces *= _HANN / np.float32(1.5)  # squared Hann windows a quarter apart add up to 1.5
    quarters = pieces.reshape(FRAMES, -1, HOP)
    total = quarters[3:, 0].copy()
    for part in range(1, WINDOW // HOP):
        total += quarters[3 - part : FRAMES - part, part]
    return total.reshape(-1)


def powers(spectra: Spectra) -> NDArray[np.float32]:
    """(4, FRAMES, pooled bins): power of left, right, middle and side."""
    left, right = spectra[..., : POOLS[-1][1]]
    # Middle and side from their own spectra: by powers alone a weak side would be rounding errors.
    heard = (left, right, (left + right) * _HALF, (left - right) * _HALF)
    return np.stack([_pool(_power(one)) for one in heard])


def _power(spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
    power: NDArray[np.float32] = spectra.real**2 + spectra.imag**2
    return power


def _pool(power: NDArray[np.float32]) -> NDArray[np.float32]:
    # Added column by column: numpy's sum over a short last axis takes ten times as long.
    parts = [sum((power[:, a + i : b : n] for i in range(1, n)), power[:, a:b:n]) for a, b, n in POOLS]
    return np.concatenate(parts, axis=1)


def spread(shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """(FRAMES, pooled bins) → (FRAMES, WINDOW / 2 + 1)."""
    out = np.empty((len(shares), WINDOW // 2 + 1), np.float32)
    low = 0
    for a, b, n in POOLS:
        count = (b - a) // n
        out[:, a:b].reshape(len(shares), count, n)[:] = shares[:, low : low + count, None]
        low += count
    out[:, POOLS[-1][1] :] = shares[:, -1:]
    return out
