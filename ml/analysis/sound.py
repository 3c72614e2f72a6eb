"""Stems and mixes as mono sound at one low rate, and spectra of them in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.audio import SAMPLE_RATE
from ml.audio.decode import decode

RATE = 22_050
"""Rate of the sound that beats, key, chords and sections are measured on (Hz)."""

HOP = 256
"""Samples between two columns of a spectrum at RATE: 11.6 ms."""

FPS = RATE / HOP
"""Columns of a spectrum a second."""

MAX_SECONDS = 1_800.0
"""Sound beyond this is not measured, so that memory has a bound: 160 MB a stem."""

Mono = NDArray[np.float32]


def mono(paths: Sequence[Path], rate: int = RATE) -> Mono:
    """The sum of the files' channels as mono at `rate`. The shorter ones end in silence.

    Raises BadAudio (a file cannot be decoded), OSError (a file cannot be opened).
    """
    parts = [_mono(path, rate) for path in paths]
    out = np.zeros(max((len(part) for part in parts), default=0), np.float32)
    for part in parts:
        out[: len(part)] += part
    return out


def _mono(path: Path, rate: int) -> Mono:
    pieces = [np.zeros(0, np.float32)]
    left = int(MAX_SECONDS * rate)
    for piece in _resampled(path, rate):
        pieces.append(piece[:left])
        left -= len(piece)
        if left <= 0:
            break
    return np.concatenate(pieces)


def _resampled(path: Path, rate: int) -> Iterator[Mono]:
    from av import AudioFrame, AudioResampler

    swr = AudioResampler("flt", "mono", rate)
    for block in decode(path):
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block.mean(1)[None]), "flt", "mono")
        frame.sample_rate = SAMPLE_RATE
        yield from (out.to_ndarray()[0] for out in swr.resample(frame))
    yield from (out.to_ndarray()[0] for out in swr.resample(None))


def spectra(sound: Mono, size: int, hop: int, columns: int = 2048) -> Iterator[NDArray[np.float32]]:
    """Magnitudes (columns, size / 2 + 1) of `sound` under a Hann window, centred on each hop, in blocks."""
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    count = len(sound) // hop + 1
    padded = np.pad(sound, (size // 2, size // 2 + hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop][:count]
    for start in range(0, count, columns):
        yield np.abs(np.fft.rfft(frames[start : start + columns] * window, axis=1)).astype(np.float32)
