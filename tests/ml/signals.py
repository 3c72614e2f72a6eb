"""Sounds and files the tests make themselves: no fixture files, no network."""

from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 44_100
Samples = NDArray[np.float32]


def noise(frames: int, channels: int = 2, level: float = 0.1, seed: int = 0) -> Samples:
    """White noise, (frames, channels)."""
    return (np.random.default_rng(seed).standard_normal((frames, channels)) * level).astype(np.float32)


def song(seconds: float, seed: int = 0) -> Samples:
    """Bass, a chord to the left, a wavering voice in the middle, hits: something for every mask."""
    t = np.arange(round(seconds * RATE)) / RATE
    bass = 0.2 * np.sin(2 * np.pi * 70 * t)
    chord = 0.08 * (np.sin(2 * np.pi * 523 * t) + np.sin(2 * np.pi * 659 * t))
    voice = (
        0.15
        * np.sin(2 * np.pi * 300 * t + 20 * np.sin(2 * np.pi * 1.7 * t))
        * (np.sin(2 * np.pi * 0.4 * t) > 0)
    )
    hits = 0.3 * np.random.default_rng(seed).standard_normal(len(t)) * np.exp(-((t * 2) % 1) * 25)
    return np.stack((bass + chord + voice + hits, bass + 0.2 * chord + voice + 0.8 * hits), axis=1).astype(
        np.float32
    )


def write_wav(path: Path, samples: Samples, rate: int = RATE, subtype: str = "FLOAT") -> Path:
    soundfile.write(path, samples, rate, subtype=subtype, format="WAV")
    return path


def write_encoded(
    path: Path, samples: Samples, codec: str, rate: int = RATE, bit_rate: int = 192_000
) -> Path:
    """`samples` (44.1 kHz stereo) by FFmpeg's `codec`; the container follows from the file's name."""
    if codec == "vorbis":  # PyAV's FFmpeg reads it but has no good encoder for it
        soundfile.write(path, samples, RATE, format="OGG", subtype="VORBIS")
        return path
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate)
        stream.codec_context.layout = "stereo"
        if codec != "flac":
            stream.codec_context.bit_rate = bit_rate
        for start in range(0, len(samples), RATE):
            part = np.ascontiguousarray(samples[start : start + RATE].T)
            frame = av.AudioFrame.from_ndarray(part, "fltp", "stereo")
            frame.sample_rate, frame.pts = RATE, start
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def snr_db(reference: Samples, estimate: Samples) -> float:
    """Signal over difference, dB, on the stretch both have."""
    frames = min(len(reference), len(estimate))
    reference, estimate = reference[:frames].astype(float), estimate[:frames].astype(float)
    return float(10 * np.log10(np.sum(reference**2) / max(1e-20, np.sum((reference - estimate) ** 2))))
