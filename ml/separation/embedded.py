"""The built-in separator, `preview`: two small networks whose weights come with the program (docs/model-card.md).

Spleeter's network takes the vocals out of the mix. A network of our own looks at the power of what is left and gives
each instrument's share of every frequency band at every moment. All shares add up to 1 and the phase stays the mix's.
So the stems add up to the mix. OpenVINO runs the networks, numpy the Fourier transforms; what made them is in training.
"""

from __future__ import annotations

import hashlib
import threading
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml import Stopped
from ml.separation import ModelUnavailable, graphs, spleeter
from ml.separation.engine import Member, Separator

STEMS = ("drums", "bass", "other", "vocals")
"""What it gives, in this order."""

GRAPH, FACTS = "embedded.xml", "embedded.json"
WEIGHTS = Path(__file__).parent / "weights"
"""Graph, weights (.bin) and facts: version and SHA-256 of both; Spleeter's are next to them."""

VERSION = 2
"""Of the work around the networks: 2 is the first with Spleeter's."""

WINDOW, HOP = 4096, 1024  # samples: 93 ms and 23 ms
SEGMENT = 509 * HOP  # 11.8 s
STRIDE = 430 * HOP  # 10 s: the first and last second of a segment, which lack context, count for little
HEARD = 517 * HOP
"""The segment and what surrounds it: what our own network hears at once."""
FRAMES = HEARD // HOP + 3
"""Frames that touch what is heard."""
_SUNG = slice((FRAMES - spleeter.FRAMES) // 2, (FRAMES + spleeter.FRAMES) // 2)
"""Of these, the frames that touch the segment, if it fills its middle: what Spleeter's network hears."""
POOLS = ((0, 384, 1), (384, 768, 2), (768, 1488, 4))
"""(first bin, last bin, bins that share a mask): full resolution to 4 kHz. Above 16 kHz the last mask holds."""

_EDGE = WINDOW - HOP
_SILENT = 1e-9  # mean power of a bin in a frame of silence: -150 dBFS and below
_SILENT_SAMPLE = 1e-6
_HALF = np.float32(0.5)

Spectra = NDArray[np.complex64]
"""Two channels, (2, FRAMES, WINDOW / 2 + 1)."""


def load(precision: str, folder: Path = WEIGHTS, voice_folder: Path = WEIGHTS) -> Separator:
    """Both networks as one member, ours from `folder`, Spleeter's from `voice_folder`.

    Raises ModelUnavailable: another precision, no OpenVINO, weights that are not the published ones.
    """
    if precision != "f32":
        raise ModelUnavailable("The separation model 'preview' runs in f32 only.")
    if find_spec("openvino") is None:
        raise ModelUnavailable(
            "The separation model 'preview' needs OpenVINO, which has no build for this machine."
        )
    own, voice = graphs.read(folder, FACTS), graphs.read(voice_folder, spleeter.FACTS)
    digest = hashlib.sha256((own.sha256 + voice.sha256).encode()).hexdigest()
    return Separator(
        engine="embedded",
        model="preview",
        version=f"{VERSION}, network {own.version}, spleeter {voice.version}",
        sha256=digest,
        precision=precision,
        stems=STEMS,
        remainder="other",
        normalised=False,
        level=spleeter.LEVEL,
        members=(
            Member(
                "embedded",
                STEMS,
                (1.0,) * len(STEMS),
                segment=SEGMENT,
                stride=STRIDE,
                cost=0.9,
                open=partial(Network, own, voice),
                window=lambda _length: HEARD,
            ),
        ),
    )


class Network:
    """A `Network` (ml.separation.engine): one segment in, four stems out, on one core."""

    def __init__(self, own: graphs.Stored, voice: graphs.Stored | None) -> None:
        """Without `voice` the vocals are silent: what our own network does alone."""
        self._own: graphs.Runner | None = graphs.Runner(own)
        self._voice = spleeter.Voice(voice) if voice is not None else None

    def run(self, samples: NDArray[np.float32], stop: threading.Event) -> NDArray[np.float32]:
        """(2, HEARD) → (4, 2, HEARD); the vocals are those of the segment in the middle. Raises ml.Stopped."""
        stems = np.zeros((len(STEMS), *samples.shape), np.float32)
        if np.abs(samples).max() < _SILENT_SAMPLE:
            stems[2] = samples
            return stems
        spectra = forward(samples)
        if self._voice is not None:
            _take_voice(self._voice, spectra, stems[3], stop)
        shares = self._shares(powers(spectra), stop)
        for stem in (0, 1):
            if stop.is_set():
                raise Stopped
            for channel in range(2):
                stems[stem, channel] = inverse(spread(shares[stem, channel]) * spectra[channel])
        # What is left: what the shares of `other` and of the voice in the accompaniment would give, and two inverse
        # transforms fewer.
        stems[2] = samples - stems[0] - stems[1] - stems[3]
        return stems

    def _shares(self, power: NDArray[np.float32], stop: threading.Event) -> NDArray[np.float32]:
        """(4, 2, FRAMES, pooled bins). Raises ml.Stopped."""
        assert self._own is not None
        by_frame = power[:2].mean(axis=(0, 2))
        # Level over what sounds, so that a short song's empty rest does not count.
        sounding = by_frame > _SILENT
        power /= by_frame[sounding].mean() if sounding.any() else np.float32(1)
        shares: NDArray[np.float32] = self._own.run(power[None], stop)[0]
        return shares

    def close(self) -> None:
        self._own = self._voice = None


def _take_voice(
    voice: spleeter.Voice, spectra: Spectra, vocals: NDArray[np.float32], stop: threading.Event
) -> None:
    """Move the voice from `spectra` to `vocals`, both in place. Raises ml.Stopped."""
    shares = voice.share(spectra[:, _SUNG], stop)
    for channel, share in enumerate(shares):
        sung = np.zeros_like(spectra[channel])
        sung[_SUNG] = share * spectra[channel, _SUNG]
        vocals[channel] = inverse(sung)
        spectra[channel] -= sung


_HANN: NDArray[np.float32] = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


def forward(samples: NDArray[np.float32]) -> Spectra:
    """(2, HEARD) → spectra. The ends are mirrored, so that its first and last samples are heard too."""
    padded = np.pad(samples, ((0, 0), (_EDGE, _EDGE)), mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=1)[:, ::HOP]
    return np.stack(
        [np.fft.rfft(channel * _HANN, axis=-1).astype(np.complex64, copy=False) for channel in frames]
    )


def inverse(spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
    """(FRAMES, bins) of one channel → (HEARD,), by weighted overlap-add (Griffin & Lim 1984)."""
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
