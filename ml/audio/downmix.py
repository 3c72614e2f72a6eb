"""One decoded frame, any sample format and channel layout → stereo float32."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.audio import BadAudio

_HALF_POWER = 0.5**0.5
_BOTH, _LEFT, _RIGHT, _NEITHER = (
    (_HALF_POWER, _HALF_POWER),
    (_HALF_POWER, 0.0),
    (0.0, _HALF_POWER),
    (0.0, 0.0),
)

# ITU-R BS.775-4, table 2: front as it is, centre and surrounds at -3 dB, LFE left out. Not scaled down afterwards:
# blocks are float and the stems' shared gain keeps the written files from clipping.
_GAINS = {
    "FL": (1.0, 0.0),
    "FR": (0.0, 1.0),
    "FC": _BOTH,
    "BC": (0.5, 0.5),
    "BL": _LEFT,
    "SL": _LEFT,
    "FLC": _LEFT,
    "BR": _RIGHT,
    "SR": _RIGHT,
    "FRC": _RIGHT,
    "LFE": _NEITHER,
}

# PyAV counts the planes of a frame up to the first null pointer, and FFmpeg keeps eight: a frame with that many makes
# it read on (a crash, seen with 18.1).
_UNSAFE_PLANES = 8

# A WAV without a channel mask names no speakers: the usual order for each count.
_USUAL = {
    3: ("FL", "FR", "FC"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}


def to_stereo(frame: Any) -> NDArray[np.float32]:
    """av.AudioFrame → (frames, 2), full scale 1.0. Raises BadAudio for a layout or sample format we do not know."""
    samples: NDArray[np.float32] = _as_float(frame)
    channels = samples.shape[1]
    if channels == 1:
        return np.repeat(samples, 2, axis=1)
    if channels == 2:
        return samples
    named = tuple(channel.name for channel in frame.layout.channels)
    speakers = named if set(named) & {"FL", "FC"} else _USUAL.get(channels)
    if speakers is None or len(speakers) != channels:
        raise BadAudio(f"This file has {channels} channels. Export it in stereo and upload that.")
    matrix = np.array([_GAINS.get(name, _NEITHER) for name in speakers], np.float32)
    stereo: NDArray[np.float32] = samples @ matrix
    return stereo


def _as_float(frame: Any) -> NDArray[np.float32]:
    """(frames, channels) float32; integer formats are divided by their full scale, so 16 and 24 bits stay exact."""
    channels = len(frame.layout.channels) or frame.layout.nb_channels
    if frame.format.is_planar and channels >= _UNSAFE_PLANES:
        frame = _packed(frame)
    try:
        raw = frame.to_ndarray()
    except ValueError:  # PyAV knows no array type for it (64-bit integers)
        raise _unusual(frame) from None
    packed = raw.reshape(-1, channels) if not frame.format.is_planar else raw.T
    if packed.dtype == np.uint8:
        centred: NDArray[np.float32] = (packed.astype(np.float32) - 128) / np.float32(128)
        return centred
    if packed.dtype in (np.int16, np.int32):
        scale = float(np.iinfo(packed.dtype).max) + 1
        scaled: NDArray[np.float32] = (packed * np.float64(1 / scale)).astype(np.float32)
        return scaled
    if packed.dtype in (np.float32, np.float64):
        with np.errstate(over="ignore"):  # a double beyond float32 becomes inf, which the caller refuses
            return np.ascontiguousarray(packed, np.float32)
    raise _unusual(frame)


def _packed(frame: Any) -> Any:
    """The same samples interleaved."""
    from av import AudioResampler

    (packed,) = AudioResampler(format=frame.format.packed.name).resample(frame)
    return packed


def _unusual(frame: Any) -> BadAudio:
    return BadAudio(
        f"This file's sample format ({frame.format.name}) is unusual. Export it as 16-bit and upload that."
    )
