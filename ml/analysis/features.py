"""What the measures share: onset strength, chroma and energy of the stems, each computed once."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.analysis import sound

Curve = NDArray[np.float32]

CHROMA_SIZE = 8192
CHROMA_HOP = 1024
CHROMA_FPS = sound.RATE / CHROMA_HOP
_ONSET_SIZE = 1024
_BANDS_HZ = (30, 160, 400, 1600, 5000, 11_000)
_LOWEST, _HIGHEST = 28, 100
"""MIDI pitches that chroma looks at."""
_STEPS = 3
"""Bins a semitone, so that the tuning can be seen."""


class Features:
    """The stems of one song, by name, and its mix. What a measure asks for is computed then."""

    def __init__(self, stems: Mapping[str, Path], mix: Path | None) -> None:
        self._stems, self._mix = stems, mix

    def sound_of(self, *names: str) -> sound.Mono:
        """The named stems together. Without any of them, the mix; without that, all stems."""
        paths = [self._stems[name] for name in names if name in self._stems]
        return sound.mono(paths or ([self._mix] if self._mix else list(self._stems.values())))

    @cached_property
    def seconds(self) -> float:
        return self.drums[1] / sound.RATE

    @cached_property
    def drums(self) -> tuple[Curve, int]:
        """Onset strength of the drums (bands, columns), and how many samples they have."""
        heard = self.sound_of("drums")
        return onsets(heard), len(heard)

    @cached_property
    def others(self) -> Curve:
        """Onset strength of the bass and the accompaniment (bands, columns)."""
        return onsets(self.sound_of("bass", "other", "piano", "guitar"))

    @cached_property
    def tuned(self) -> tuple[Curve, Curve]:
        """Pitch salience (columns, semitones) of the accompaniment and of the bass, at the song's tuning."""
        bass = pitches(self.sound_of("bass"))
        other = pitches(self.sound_of("other", "piano", "guitar"))
        energy = other.sum(0).reshape(-1, _STEPS).sum(0)
        step = int(np.argmax(energy))
        return semitones(other, step), semitones(bass, step)

    @cached_property
    def chroma(self) -> tuple[Curve, Curve]:
        """Pitch classes (columns, 12), C first: of the accompaniment, and of the bass."""
        other, bass = self.tuned
        return classes(other), classes(bass)


def onsets(heard: sound.Mono) -> Curve:
    """Onset strength in bands (bands, columns at sound.FPS): the rise of the logarithmic spectrum."""
    hz = np.fft.rfftfreq(_ONSET_SIZE, 1 / sound.RATE)
    edges = np.searchsorted(hz, _BANDS_HZ)
    scale = np.float32(1000 / max(float(np.abs(heard).max(initial=0.0)), 1e-4) / _ONSET_SIZE)
    rises, before = [], None
    for block in sound.spectra(heard, _ONSET_SIZE, sound.HOP):
        level = np.log1p(block * scale)
        start = level[:1] if before is None else before
        whole = np.concatenate((start, level))
        rise = np.maximum(0, whole[1:] - whole[:-1])
        rises.append(np.stack([rise[:, a:b].mean(1) for a, b in itertools.pairwise(edges)]))
        before = level[-1:]
    return np.concatenate(rises, 1)


def pitches(heard: sound.Mono) -> Curve:
    """Whitened salience (columns, bins of a third of a semitone) between the lowest and the highest pitch."""
    hz = np.fft.rfftfreq(CHROMA_SIZE, 1 / sound.RATE)
    count = (_HIGHEST - _LOWEST) * _STEPS
    midi = _LOWEST + (np.arange(count) - (_STEPS // 2)) / _STEPS
    at = 440 * 2 ** ((midi - 69) / 12) / hz[1]
    low = at.astype(int)
    part = (at - low).astype(np.float32)
    rows = []
    scale = np.float32(100 / max(float(np.abs(heard).max(initial=0.0)), 1e-4) / CHROMA_SIZE)
    for block in sound.spectra(heard, CHROMA_SIZE, CHROMA_HOP, 512):
        level = block[:, low] * (1 - part) + block[:, low + 1] * part
        level = np.log1p(level * scale)
        rows.append(np.maximum(0, level - _smooth(level, 12 * _STEPS)))
    return np.concatenate(rows)


def semitones(salience: Curve, step: int) -> Curve:
    """The bins nearest to each semitone, when the tuning's strongest bin is `step`."""
    shifted = np.roll(salience, _STEPS // 2 - step, axis=1)
    whole: Curve = shifted.reshape(len(salience), -1, _STEPS).max(2)
    return whole


def classes(salience: Curve) -> Curve:
    """Salience of semitones folded into pitch classes (columns, 12), C first."""
    out = np.zeros((len(salience), 12), np.float32)
    for index in range(salience.shape[1]):
        out[:, (_LOWEST + index) % 12] += salience[:, index]
    return out


def _smooth(level: Curve, width: int) -> Curve:
    """The running mean over `width` bins of each row."""
    sums = np.cumsum(np.pad(level, ((0, 0), (width // 2 + 1, width - width // 2 - 1)), mode="edge"), axis=1)
    mean = (sums[:, width:] - sums[:, :-width]) / width
    return np.asarray(mean[:, : level.shape[1]], np.float32)
