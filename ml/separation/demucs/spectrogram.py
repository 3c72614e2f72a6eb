"""Demucs' Fourier transforms in numpy, float32: `HTDemucs._spec`, `_magnitude`, `_mask` and `_ispec` (demucs 4.1.0).

demucs pads a segment by reflection so that it has exactly ceil(n / hop) frames, and torch.stft pads it again; of that
second padding nothing is left in the frames that are kept. So frame t is simply the window at `t * hop - 1.5 * hop`
of the segment. The highest frequency is dropped on the way in and zero on the way back.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_OVERLAP = 4  # frames that cover any one sample: the hop is a quarter of the window
_ENVELOPE = np.float32(1.5)  # the sum of squared Hann windows a quarter apart, everywhere


def frames_of(samples: int, window: int) -> int:
    """Frames of a segment of so many samples."""
    return -(-samples // (window // _OVERLAP))


def forward(samples: NDArray[np.float32], window: int) -> NDArray[np.float32]:
    """(2, n) → (1, window / 2, frames, 4): left real, left imaginary, right real, right imaginary.

    `n` must be more than 1.5 hops, as in every network: a reflection has nothing else to reflect.
    """
    hop = window // _OVERLAP
    count = frames_of(samples.shape[1], window)
    before = hop // 2 * 3
    padded = np.pad(samples, ((0, 0), (before, before + count * hop - samples.shape[1])), mode="reflect")
    framed = sliding_window_view(padded, window, axis=1)[:, ::hop]
    spectrum = np.fft.rfft(framed * (_hann(window) / np.float32(np.sqrt(window))))[..., :-1]
    return np.ascontiguousarray(spectrum.transpose(2, 1, 0)).view(np.float32)[None]


def inverse(spectrum: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    """(1, window / 2, frames, 4 × stems) → (stems, 2, samples): the way back from `forward`'s form."""
    _, bins, count, channels = spectrum.shape
    window, hop = 2 * bins, 2 * bins // _OVERLAP
    whole = np.zeros((channels // 2, count, bins + 1), np.complex64)
    whole[..., :-1] = spectrum[0].view(np.complex64).transpose(2, 1, 0)
    framed = np.fft.irfft(whole, window) * (_hann(window) * (np.float32(np.sqrt(window)) / _ENVELOPE))
    pieces = framed.reshape(channels // 2, count, _OVERLAP, hop)
    added = np.zeros((channels // 2, count + _OVERLAP - 1, hop), np.float32)
    for place in range(_OVERLAP):
        added[:, place : place + count] += pieces[:, :, place]
    start = hop // 2 * 3
    flat = added.reshape(channels // 2, -1)[:, start : start + samples]
    return flat.reshape(channels // 4, 2, samples)


def _hann(size: int) -> NDArray[np.float32]:
    """The periodic Hann window, as torch.hann_window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)
