"""Effects on one track, (frames, 2) float32 at 44.1 kHz: what a studio does to an instrument, with random settings."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray
from scipy import signal

RATE = 44_100
Audio = NDArray[Any]
Random = np.random.Generator


def unit(audio: Audio) -> Audio:
    """Scaled to a peak of 1 (silence stays silence)."""
    return (audio / max(float(np.abs(audio).max(initial=0.0)), 1e-9)).astype(np.float32)


def stereo(audio: Audio, pan: float = 0.0) -> Audio:
    """Mono to two channels, or a pan of what has two; `pan` −1…1, constant power."""
    two = np.stack((audio, audio), 1) if audio.ndim == 1 else audio
    angle = (pan + 1) * np.pi / 4
    return (two * np.array([np.cos(angle), np.sin(angle)]) * np.sqrt(2)).astype(np.float32)


def butter(audio: Audio, hz: float | tuple[float, float], kind: str, order: int = 2) -> Audio:
    sos = signal.butter(order, hz, kind, fs=RATE, output="sos")
    return signal.sosfilt(sos, audio, axis=0).astype(np.float32)


def peaking(audio: Audio, hz: float, gain_db: float, q: float = 1.0) -> Audio:
    """One band of a parametric equaliser (RBJ audio EQ cookbook)."""
    a, w = 10 ** (gain_db / 40), 2 * np.pi * hz / RATE
    alpha, cosine = np.sin(w) / (2 * q), np.cos(w)
    b = np.array([1 + alpha * a, -2 * cosine, 1 - alpha * a])
    den = np.array([1 + alpha / a, -2 * cosine, 1 - alpha / a])
    return signal.lfilter(b / den[0], den / den[0], audio, axis=0).astype(np.float32)


def equalise(audio: Audio, rng: Random, depth_db: float = 6.0) -> Audio:
    for _ in range(rng.integers(1, 4)):
        hz = float(np.exp(rng.uniform(np.log(70), np.log(12_000))))
        audio = peaking(audio, hz, rng.uniform(-depth_db, depth_db), rng.uniform(0.5, 2))
    return audio


def drive(audio: Audio, rng: Random, gain_db: float) -> Audio:
    """Overdrive: soft, hard or lopsided clipping at twice the rate, so that it does not alias much."""
    up = signal.resample_poly(unit(audio), 2, 1, axis=0) * 10 ** (gain_db / 20)
    kind = rng.integers(3)
    bent = np.tanh(up) if kind == 0 else np.clip(up, -1, 1) if kind == 1 else np.tanh(up + 0.4) - np.tanh(0.4)
    return unit(signal.resample_poly(bent, 1, 2, axis=0).astype(np.float32))


def cabinet(audio: Audio, rng: Random) -> Audio:
    """A guitar speaker: a band from about 90 Hz to 5 kHz with a hump or two."""
    audio = butter(butter(audio, rng.uniform(60, 120), "high"), rng.uniform(3500, 6500), "low", 4)
    audio = peaking(audio, rng.uniform(1800, 3200), rng.uniform(2, 8), 1.2)
    return peaking(audio, rng.uniform(300, 700), rng.uniform(-7, 2), 0.8)


def wah(audio: Audio, rng: Random, rate_hz: float) -> Audio:
    """A resonant band swept by an oscillator (a pedal) or by the level (an envelope filter)."""
    frames = len(audio)
    step = 512
    t = np.arange(0, frames, step) / RATE
    if rng.random() < 0.5:
        sweep = 0.5 - 0.5 * np.cos(2 * np.pi * rate_hz * t + rng.uniform(0, 6))
    else:
        level = np.abs(audio).max(1)
        smooth = signal.lfilter([0.002], [1, -0.998], level)[::step][: len(t)]
        sweep = np.clip(smooth / (smooth.max() + 1e-9) * 1.3, 0, 1)
    centres = 350 * (rng.uniform(4, 7)) ** sweep
    out, state = np.zeros_like(audio), np.zeros((2, 2))
    for i, hz in enumerate(centres):
        part = slice(i * step, min((i + 1) * step, frames))
        b, a = signal.iirpeak(hz, 3.0, fs=RATE)
        out[part], state = signal.lfilter(b, a, audio[part], axis=0, zi=state)
    return unit(out + audio * np.float32(rng.uniform(0.05, 0.35)))


def compress(audio: Audio, rng: Random) -> Audio:
    """Level over a random threshold is reduced 2…8 times; attack 5 ms, release 50…250 ms."""
    audio = unit(audio)
    level = np.abs(audio).max(1)[::64]
    release = np.exp(-64 / RATE / rng.uniform(0.05, 0.25))
    held = signal.lfilter([1 - release], [1, -release], level) + 1e-5
    threshold = np.percentile(held, rng.uniform(40, 80)) + 1e-4
    gain = np.minimum(1, threshold / held) ** (1 - 1 / rng.uniform(2, 8))
    return unit(audio * np.repeat(gain, 64)[: len(audio), None])


def reverb(audio: Audio, rng: Random, seconds: float, wet: float) -> Audio:
    """Convolution with decaying noise that loses its treble, after a few early reflections."""
    frames = int(seconds * RATE)
    t = np.arange(frames) / RATE
    tail = rng.standard_normal((frames, 2)) * np.exp(-6.9 * t / seconds)[:, None]
    tail = butter(tail, rng.uniform(2500, 9000), "low", 1)
    if rng.random() < 0.5:
        tail[:, 1] = 0.6 * tail[:, 0] + 0.4 * tail[:, 1]
    for _ in range(5):
        tail[rng.integers(30, min(frames, 2500)), rng.integers(2)] += rng.uniform(-8, 8)
    tail /= np.sqrt((tail**2).sum(0)).mean()
    return (audio + wet * signal.oaconvolve(audio, tail, axes=0)[: len(audio)]).astype(np.float32)


def delay(audio: Audio, rng: Random, seconds: float) -> Audio:
    out, gain = audio.copy(), rng.uniform(0.15, 0.45)
    for i in range(1, 5):
        n = int(i * seconds * RATE)
        if n < len(audio):
            out[n:] += gain**i * (audio[:-n, ::-1] if i % 2 and rng.random() < 0.5 else audio[:-n])
    return out


def chorus(audio: Audio, rng: Random) -> Audio:
    """A copy whose delay swings (chorus, flanger, Leslie by the rate)."""
    n = np.arange(len(audio))
    depth, base, hz = rng.uniform(20, 160), rng.uniform(60, 900), np.exp(rng.uniform(-1.5, 1.9))
    out = audio.copy()
    for channel in range(2):
        lag = base + depth * np.sin(2 * np.pi * hz * n / RATE + channel * rng.uniform(0, 3))
        out[:, channel] += rng.uniform(0.3, 0.9) * np.interp(n - lag, n, audio[:, channel])
    return out


def lossy(audio: Audio, rng: Random) -> Audio:
    """To MP3 and back, aligned. Encoder delay is found by correlation of a loud second."""
    buffer = io.BytesIO()
    sf.write(
        buffer, np.clip(audio, -1, 1), RATE, format="MP3", compression_level=float(rng.uniform(0.3, 0.95))
    )
    buffer.seek(0)
    back = sf.read(buffer, dtype="float32", always_2d=True)[0]
    mono, copy = audio[: RATE * 8].mean(1), back[: RATE * 8].mean(1)
    if not mono.any():
        return audio
    shift = int(np.argmax(signal.correlate(copy, mono, method="fft"))) - len(mono) + 1
    out, start = np.zeros_like(audio), max(shift, 0)
    piece = back[start : start + len(audio)]
    out[: len(piece)] = piece
    return out


def studio(audio: Audio, rng: Random, wet: float = 0.5) -> Audio:
    """A random chain of the above that fits any track."""
    audio = unit(audio)
    if rng.random() < 0.7:
        audio = equalise(audio, rng)
    if rng.random() < 0.4:
        audio = compress(audio, rng)
    if rng.random() < 0.3:
        audio = drive(audio, rng, rng.uniform(-6, 6))
    if rng.random() < wet:
        audio = reverb(
            audio, rng, float(np.exp(rng.uniform(np.log(0.15), np.log(2.0)))), rng.uniform(0.05, 0.5)
        )
    if rng.random() < 0.15:
        audio = lossy(unit(audio) * np.float32(0.8), rng)
    return unit(audio)
