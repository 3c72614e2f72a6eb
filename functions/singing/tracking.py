"""From sound to the curve of what is sung."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from singing.network import CONTEXT, HOP, Floats, pitch

Heard = Callable[[Floats], tuple[NDArray[np.float64], Floats]]
"""What `network.pitch` does: Hz and certainty of each frame."""

Bools = NDArray[np.bool_]

WINDOW = 250
"""Frames that the network hears at once. In NumPy this is the fastest of 100 to 1,000: the layers fit into a cache."""

_SILENCE = 1e-3
_VOICED, _STILL_VOICED = 0.5, 0.15
"""A stretch is sung where the network is this sure at all times, and that sure once. On six synthetic
voices of the training split, 0.5 throughout lost the soft beginnings and ends of notes: 0.88 of the sung time had the
right pitch, now 0.92. The price is a tenth of the rests, mostly echoes."""
_LEAP = 5.0


def track(voice: Floats, hear: Heard = pitch, window: int = WINDOW) -> tuple[NDArray[np.float64], Bools]:
    """MIDI pitch of each hop of mono sound at `network.RATE`, and whether it is sung.

    window: frames heard at once. It does not change the result."""
    count = len(voice) // HOP
    midi, sure = np.zeros(count), np.zeros(count)
    for start in range(0, count, window):
        end = min(start + window, count)
        left = max(0, start - CONTEXT)
        piece = voice[left * HOP : (end + CONTEXT) * HOP if end < count else len(voice)]
        if np.abs(piece).max(initial=0.0) < _SILENCE:
            continue
        hz, confidence = hear(piece)
        midi[start:end] = 69 + 12 * np.log2(np.maximum(hz[start - left : end - left], 1) / 440)
        sure[start:end] = confidence[start - left : end - left]
    peaks = np.abs(voice[: count * HOP]).reshape(count, HOP).max(1, initial=0.0)
    return midi, _sung(midi, np.where(peaks >= _SILENCE, sure, 0.0))


def _sung(midi: NDArray[np.float64], sure: NDArray[np.float64]) -> Bools:
    """The stretches of at least _STILL_VOICED that reach _VOICED, without what leaps away from there: an unsure pitch
    is often an octave off."""
    clear = np.flatnonzero(sure >= _VOICED)
    if not len(clear):
        return np.zeros(len(sure), bool)
    maybe = sure >= _STILL_VOICED
    stretch = np.cumsum(np.diff(maybe, prepend=False))
    at = np.arange(len(sure))
    after = np.clip(np.searchsorted(clear, at), 1, max(1, len(clear) - 1))
    before, after = clear[after - 1], clear[np.minimum(after, len(clear) - 1)]
    nearest = np.where(at - before <= after - at, before, after)
    near = np.abs(midi - midi[nearest]) < _LEAP
    return maybe & np.isin(stretch, stretch[clear]) & near


def curve(midi: NDArray[np.float64], sung: Bools) -> list[float | None]:
    """The pitch of each hop as it is stored: None where nothing is sung."""
    return [round(float(m), 2) if s else None for m, s in zip(midi, sung, strict=True)]
