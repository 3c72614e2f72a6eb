"""The `preview` separator: four stems by signal processing alone. No weights, no download, about 40 times real time.

Masks on a short-time Fourier transform: harmonic/percussive by medians (Fitzgerald 2010, with the margin of Driedger
et al. 2014), the voice as what is harmonic, in the middle of the stereo image and not steady, the bass as what is low
and harmonic. `other` is the mix less the three, so the stems add up to the mix by construction. On a mono song the
middle says nothing and much of the accompaniment stays with the voice: that is the limit of the method.

Streaming without joins: a chunk is computed from its own samples plus all the context any of its masks look at, on a
frame grid fixed to the song's first sample. Whatever the chunk length, each sample is the same function of the mix.
"""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.audio import SAMPLE_RATE
from ml.separation.engine import Mix, StemBlock
from ml.separation.sorting import median_over_bins, median_over_frames

Complex = NDArray[np.complex64]
Mask = NDArray[np.float32]

_WINDOW, _HOP = 4096, 1024  # samples: 93 ms and 23 ms
_OVERLAP = _WINDOW // _HOP - 1  # earlier frames that still sound in a frame's first hop
_SHORT, _LONG, _LONG_STEP = 17, 17, 4  # taps: 0.4 s, and 1.5 s (every fourth frame)
_BINS_WIDE = 31  # taps over frequency: 330 Hz
_CONTEXT = _LONG // 2 * _LONG_STEP  # frames the longest median looks back and ahead

_MARGIN = 2.5  # how far percussive must stand above harmonic; 1 hands every noisy note to the drums
_BASS_HZ, _BASS_ORDER = 220.0, 8  # Butterworth-shaped power mask
_VOICE_HZ = (130.0, 9000.0)
_CONSONANTS_HZ = 5000.0  # above it a voice is noise: do not ask for harmonics
_CENTRE_WIDTH = 3.0  # a bin whose channels differ by a third of their level is no longer in the middle
_TINY = 1e-10

_FRAMES_A_CHUNK = 384  # 8.9 s: with its spectra about 60 MB, and two are in work


class Preview:
    """See the module. A `Separator` (ml.separation.engine)."""

    engine: ClassVar[str] = "dsp"
    model: ClassVar[str] = "preview"
    version: ClassVar[str] = "1"
    sha256: ClassVar[str] = ""  # no weights
    additive: ClassVar[bool] = True
    share: ClassVar[float] = 0.38  # measured on a three-minute song

    def __init__(self, frames_a_chunk: int = _FRAMES_A_CHUNK, workers: int = 2) -> None:
        self._chunk = frames_a_chunk * _HOP
        self._workers = workers

    def separate(self, mix: Mix) -> Generator[StemBlock, None, None]:
        """Yield the stems in order, chunk by chunk. Chunks are independent, so `workers` of them run at once."""
        starts = iter(range(0, mix.frames, self._chunk))
        pool = ThreadPoolExecutor(self._workers)
        running: list[Future[StemBlock]] = []
        try:
            for start in starts:
                running.append(pool.submit(self._separate_chunk, mix, start))
                if len(running) > self._workers:
                    yield running.pop(0).result()
            while running:
                yield running.pop(0).result()
        finally:  # also when the caller stops early: at most the chunks in work are waited for
            pool.shutdown(cancel_futures=True)

    def _separate_chunk(self, mix: Mix, start: int) -> StemBlock:
        length = min(self._chunk, mix.frames - start)
        stems = np.zeros((4, length, 2), np.float32)
        before = (_CONTEXT + _OVERLAP) * _HOP
        hops = -(-length // _HOP)
        # Frames: the chunk's own hops, the three before that reach into it, and the context on both sides.
        frames = hops + _OVERLAP + 2 * _CONTEXT
        samples = _read_padded(mix, start - before, (frames - 1) * _HOP + _WINDOW)
        own = samples[before : before + length]
        if not samples.any():
            return stems
        left, right = _spectra(samples[:, 0], frames), _spectra(samples[:, 1], frames)
        drums, bass, vocals = _masks(left, right)
        inner = slice(_CONTEXT, frames - _CONTEXT)
        for stem, mask in ((0, drums), (1, bass), (3, vocals)):
            for channel, spectra in enumerate((left, right)):
                stems[stem, :, channel] = _overlap_add(spectra[inner] * mask)[:length]
        stems[2] = own - stems[0] - stems[1] - stems[3]
        return stems


def _read_padded(mix: Mix, start: int, length: int) -> NDArray[np.float32]:
    """Mix samples start … start + length, zeros outside the song: (length, 2)."""
    first, last = max(0, start), min(mix.frames, start + length)
    samples = np.zeros((length, 2), np.float32)
    if last > first:
        samples[first - start : last - start] = mix.read(first, last - first)
    return samples


def _window() -> NDArray[np.float32]:
    """Square root of a periodic Hann window: applied twice, it adds up to 2 at a quarter hop."""
    return np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(np.float32)


def _spectra(samples: NDArray[np.float32], frames: int) -> Complex:
    """(frames, bins) of one channel."""
    views = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP][:frames]
    return np.fft.rfft(views * _window(), axis=1).astype(np.complex64, copy=False)


def _overlap_add(spectra: Complex) -> NDArray[np.float32]:
    """Back to samples. The first _OVERLAP hops, which lack earlier frames, are left out."""
    pieces = np.fft.irfft(spectra, _WINDOW, axis=1).astype(np.float32, copy=False)
    pieces *= _window() * np.float32(_HOP * 2 / _WINDOW)
    quarters = pieces.reshape(len(pieces), -1, _HOP)
    hops = len(pieces) - _OVERLAP
    total = quarters[:hops, _OVERLAP].copy()
    for age in range(1, _OVERLAP + 1):  # oldest frame first, at every chunk length
        total += quarters[age : age + hops, _OVERLAP - age]
    return total.reshape(-1)


def _masks(left: Complex, right: Complex) -> tuple[Mask, Mask, Mask]:
    """Drums, bass and vocals masks, (frames - 2 * _CONTEXT, bins), each 0…1 and together at most 1."""
    hz = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE).astype(np.float32)
    level_left, level_right = np.abs(left), np.abs(right)
    level = (level_left + level_right) * np.float32(0.5)
    inner = slice(_CONTEXT, len(level) - _CONTEXT)
    near = slice(_CONTEXT - _SHORT // 2, len(level) - _CONTEXT + _SHORT // 2)
    steady = median_over_frames(level, _LONG, _LONG_STEP)
    harmonic = (median_over_frames(level[near], _SHORT) * np.float32(_MARGIN)) ** 2
    left, right = left[inner], right[inner]
    level, level_left, level_right = level[inner], level_left[inner], level_right[inner]
    percussive = median_over_bins(level, _BINS_WIDE) ** 2
    percussive /= percussive + harmonic + np.float32(_TINY)
    harmonic = 1 - percussive

    bass = harmonic / (1 + (hz / np.float32(_BASS_HZ)) ** _BASS_ORDER)

    # In the middle: both channels equal in level and phase (similarity after Avendano & Jot 2004).
    power = level_left**2 + level_right**2 + np.float32(_TINY)
    similar = np.clip(2 * (left.real * right.real + left.imag * right.imag) / power, 0, 1)
    apart = np.abs(left - right) / (level_left + level_right + np.float32(_TINY))
    vocals = similar * np.clip(1 - _CENTRE_WIDTH * apart, 0, 1)
    # A held chord lasts over a second at one pitch, a syllable does not.
    vocals *= np.clip(1 - steady**2 / (level**2 + np.float32(_TINY)), 0, 1)
    vocals *= (hz > _VOICE_HZ[0]) & (hz < _VOICE_HZ[1])
    vocals *= np.where(hz > _CONSONANTS_HZ, np.float32(1), harmonic)
    vocals *= 1 - bass

    drums = percussive * (1 - vocals) * (1 - bass)
    return drums, bass, vocals
