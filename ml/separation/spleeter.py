"""Spleeter's two-stem network: how much of each bin of a spectrum is the singer's (docs/model-card.md).

Deezer published network and weights under MIT (`weights/SPLEETER-LICENSE`). The graph holds both U-Nets, for vocals and
accompaniment; `training/spleeter.py` made it from the published checkpoint.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from ml.separation.graphs import Runner, Stored

GRAPH, FACTS = "spleeter.xml", "spleeter.json"

FRAMES, BINS = 512, 1024
"""What the network hears at once: 12 s, up to 11 kHz."""

LEVEL = 0.1
"""Deviation in mono at which it hears a song. Louder, it takes instruments for voices; softer, it misses voices."""

_TOP = 32
"""Bins below 11 kHz whose mean share holds above. Chosen among eight rules on two real songs: with the shares cut at
7.5 kHz, it came closest to those up to 11 kHz."""


class Voice:
    """The network, loaded."""

    def __init__(self, stored: Stored) -> None:
        self._runner = Runner(stored)

    def share(self, spectra: NDArray[np.complex64], stop: threading.Event) -> NDArray[np.float32]:
        """Spectra (2, FRAMES, bins) of a song at LEVEL → the vocals' share of each bin, 0…1. Raises Stopped."""
        magnitudes = np.abs(spectra[..., :BINS])
        known = self._runner.run(magnitudes[None], stop)[0]
        share = np.empty(spectra.shape, np.float32)
        share[..., :BINS] = known
        share[..., BINS:] = known[..., -_TOP:].mean(axis=-1, keepdims=True)
        return share
