"""The sound of a window: read strictly, measured, and stored without loss."""

from __future__ import annotations

import hashlib
import math
import wave
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # in the audio layer, which only the functions that read sound have
    import numpy as np

PEAKS_A_SECOND = 50
PITCH_SECONDS = 1_800
"""As much as is measured of a song."""
_RIFF_HEADER = 8
_SILENT_PEAK = 10 ** (-60 / 20)  # of full scale: below the noise of any microphone that hears something


class BadWindow(Exception):
    """A window that cannot be part of a take; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_wav(path: Path, *, sample_rate: int, channels: int, width: int, most: int) -> bytes:
    """The PCM of a WAV file, interleaved, little-endian.

    width: bytes a sample. most: the sample frames that it may have. `BadWindow` for anything but exactly what the
    session announced: not_wav, wrong_format, truncated, empty, too_long."""
    size = path.stat().st_size
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (
                sample_rate,
                channels,
                width,
            ):
                raise BadWindow("wrong_format")
            frames = file.getnframes()
            if frames > most:
                raise BadWindow("too_long")
            pcm = file.readframes(frames)
    except (wave.Error, EOFError, ValueError):
        raise BadWindow("not_wav") from None
    with path.open("rb") as raw:
        announced = int.from_bytes(raw.read(_RIFF_HEADER)[4:], "little")
    if len(pcm) != frames * channels * width or size < announced + _RIFF_HEADER:
        raise BadWindow("truncated")
    if not pcm:
        raise BadWindow("empty")
    return pcm


def samples(pcm: bytes, channels: int, width: int) -> np.ndarray:
    """PCM as whole numbers, left-justified in 16 or 32 bits: shape (frames, channels)."""
    import numpy as np

    if width == 2:
        return np.frombuffer(pcm, "<i2").reshape(-1, channels)
    wide = np.zeros((len(pcm) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(pcm, np.uint8).reshape(-1, 3)
    return wide.view("<i4").reshape(-1, channels)


def figures(pcm: bytes, *, sample_rate: int, channels: int, width: int) -> dict[str, Any]:
    """What a page shows of a window: frames; peak and level (dBFS, None for digital silence); integrated loudness (LUFS
    after EBU R 128, None for silence and for less than 0.4 s); clipped samples; whether it is silent; peaks (0-255,
    PEAKS_A_SECOND); SHA-256 of the PCM."""
    import numpy as np

    from audiofile import loudness

    found = samples(pcm, channels, width)
    packed, form = np.ascontiguousarray(found.reshape(1, -1)), "s16" if width == 2 else "s32"
    meter = loudness.metered([packed], sample_rate=sample_rate, channels=channels, form=form)
    full = float(np.iinfo(found.dtype).max)
    least_step = 1 if width == 2 else 256
    loud = np.abs(found.astype(np.float64)).max(axis=1)
    peak = float(loud.max()) / full
    level = float(np.sqrt(np.mean(np.square(found.astype(np.float64) / full))))
    stride = sample_rate // PEAKS_A_SECOND
    padded = np.pad(loud, (0, -len(loud) % stride)).reshape(-1, stride).max(axis=1)
    return {
        "frames": len(found),
        "peakDb": _db(peak),
        "levelDb": _db(level),
        "loudnessLufs": loudness.integrated(meter),
        "clipped": int(np.count_nonzero(loud >= full - least_step + 1)),
        "silent": peak < _SILENT_PEAK,
        "peaks": np.minimum(255, np.ceil(padded / full * 255)).astype(int).tolist(),
        "sha256": hashlib.sha256(pcm).hexdigest(),
    }


def _db(value: float) -> float | None:
    return None if value <= 0 else round(20 * math.log10(value), 2)


def write_flac(
    path: Path, blocks: Iterable[bytes], *, sample_rate: int, channels: int, width: int
) -> tuple[int, str]:
    """Write PCM that comes in blocks of whole frames as FLAC, in constant memory; how many frames, and the SHA-256 of
    the PCM."""
    import av
    import numpy as np

    layout, form = ("mono", "stereo")[channels - 1], "s16" if width == 2 else "s32"
    digest, written = hashlib.sha256(), 0
    with av.open(str(path), "w", format="flac") as file:
        stream = file.add_stream("flac", rate=sample_rate, layout=layout, format=form)
        for block in blocks:
            digest.update(block)
            packed = np.ascontiguousarray(samples(block, channels, width).reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(packed, form, layout)
            frame.sample_rate, frame.pts = sample_rate, written
            written += len(block) // (channels * width)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return written, digest.hexdigest()


def flac_sha256(path: Path, *, width: int) -> str:
    """The SHA-256 of the PCM in a FLAC file."""
    digest = hashlib.sha256()
    for pcm in decoded(path, width):
        digest.update(pcm)
    return digest.hexdigest()


def pitch(path: Path) -> dict[str, Any]:
    """What a voice sings in a file, up to PITCH_SECONDS: `{step, midi}`, a MIDI pitch every `step` seconds, None where
    there is no singing."""
    import av
    import numpy as np

    from singing import network, tracking

    pieces, left = [np.zeros(0, np.float32)], PITCH_SECONDS * network.RATE
    resample = av.AudioResampler("flt", "mono", network.RATE)
    with av.open(str(path)) as file:
        frames = chain(file.decode(audio=0), [None])
        for heard in chain.from_iterable(map(resample.resample, frames)):
            pieces.append(heard.to_ndarray()[0][:left])
            left -= len(pieces[-1])
            if left <= 0:
                break
    midi, sung = tracking.track(np.concatenate(pieces))
    return {"step": network.HOP / network.RATE, "midi": tracking.curve(midi, sung)}


def decoded(path: Path, width: int) -> Iterator[bytes]:
    """The PCM of a FLAC file, interleaved, in blocks."""
    import av
    import numpy as np

    with av.open(str(path)) as file:
        for frame in file.decode(audio=0):
            raw = frame.to_ndarray()
            packed = raw if raw.shape[0] == 1 else raw.T  # planar or interleaved
            flat = np.ascontiguousarray(packed).reshape(-1)
            if width == 2:
                yield flat.astype("<i2").tobytes()
            else:
                yield flat.astype("<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()
