"""The sung line: pitch by SwiftF0's network (MIT) on OpenVINO, notes by our own segmentation."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from ml.analysis.sound import Mono

RATE = 16_000
"""Rate that the network wants (Hz)."""

HOP = 256
_MODEL = Path(__file__).parent / "weights" / "swift-f0.onnx"
"""The network of swift-f0 0.3.0, as its package has it (MIT, weights/SWIFT-F0-LICENSE)."""
_WINDOW = 1875
_LEFT, _RIGHT = 11, 10
"""Frames of context that make a window's result equal to that of the whole song."""
_FMIN, _FMAX = 65.0, 1100.0
_SILENCE = 1e-3
_VOICED, _STILL_VOICED = 0.5, 0.15
"""A stretch is sung where the network is this sure at all times, and that sure once. On six synthetic
voices of the training split, 0.5 throughout lost the soft beginnings and ends of notes: 0.88 of the sung time had the
right pitch, now 0.92. The price is a tenth of the rests, mostly echoes."""
_MIN_NOTE_S = 0.08
_LEAP = 5.0
_EXACT = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
"""On CPUs that have bf16 OpenVINO would use it, and the network then hears octaves wrong."""


class Note(TypedDict):
    """Seconds, the nearest MIDI pitch, and how many cents the singing is off it."""

    start: float
    end: float
    midi: int
    cents: int


class Melody(TypedDict):
    """`curve.midi` has a pitch every `curve.step` seconds, None where nothing is sung."""

    notes: list[Note]
    curve: dict[str, Any]
    confidence: float


def measure(vocals: Mono) -> Melody:
    """The line of a voice that is alone, mono at RATE. Raises ModuleNotFoundError where a library is missing."""
    pitch, voiced = _track(vocals)
    curve = [round(float(m), 2) if v else None for m, v in zip(pitch, voiced, strict=True)]
    share = float(voiced.mean()) if len(voiced) else 0.0
    return {
        "notes": notes(pitch, voiced),
        "curve": {"step": HOP / RATE, "midi": curve},
        "confidence": round(min(1.0, 4 * share), 2),
    }


def _track(vocals: Mono) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """MIDI pitch of each hop, and whether it is sung."""
    count = len(vocals) // HOP
    pitch, sure = np.zeros(count), np.zeros(count)
    for start in range(0, count, _WINDOW):
        end = min(start + _WINDOW, count)
        left = max(0, start - _LEFT)
        piece = vocals[left * HOP : (end + _RIGHT) * HOP if end < count else len(vocals)]
        if np.abs(piece).max(initial=0.0) < _SILENCE:
            continue
        answer = _network()({"audio": piece[None], "fmin": np.float32(_FMIN), "fmax": np.float32(_FMAX)})
        hz, confidence = answer["pitch"][0], answer["confidence"][0]
        pitch[start:end] = 69 + 12 * np.log2(np.maximum(hz[start - left : end - left], 1) / 440)
        sure[start:end] = confidence[start - left : end - left]
    peaks = np.abs(vocals[: count * HOP]).reshape(count, HOP).max(1, initial=0.0)
    return pitch, _sung(pitch, np.where(peaks >= _SILENCE, sure, 0.0))


def _sung(pitch: NDArray[np.float64], sure: NDArray[np.float64]) -> NDArray[np.bool_]:
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
    near = np.abs(pitch - pitch[nearest]) < _LEAP
    return maybe & np.isin(stretch, stretch[clear]) & near


@lru_cache(maxsize=1)
def _network() -> Any:
    import openvino

    core = openvino.Core()
    return core.compile_model(core.read_model(_MODEL), "CPU", _EXACT)


def notes(pitch: NDArray[np.float64], voiced: NDArray[np.bool_]) -> list[Note]:
    """The notes of a pitch curve: a new one where the pitch moves by more than half a semitone for good."""
    found: list[Note] = []
    smooth = _median(np.where(voiced, pitch, np.nan), 5)
    least = max(2, round(_MIN_NOTE_S * RATE / HOP))
    start, index = 0, 0
    while index <= len(smooth):
        here = smooth[index] if index < len(smooth) else np.nan
        moved = False
        if not np.isnan(here) and index - start >= least:
            middle = float(np.median(smooth[start:index]))
            ahead = smooth[index : index + least]
            moved = bool(np.all(np.abs(ahead - middle) > 0.6))
        if np.isnan(here) or moved:
            if index - start >= least:
                found.append(_note(start, index, smooth[start:index]))
            start = index if moved else index + 1
        index += 1
    return found


def _note(start: int, end: int, pitch: NDArray[np.float64]) -> Note:
    middle = float(np.median(pitch))
    midi = round(middle)
    return {
        "start": round(start * HOP / RATE, 3),
        "end": round(end * HOP / RATE, 3),
        "midi": midi,
        "cents": round(100 * (middle - midi)),
    }


def _median(curve: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """The running median; a rest stays a rest."""
    if len(curve) < width:
        return curve
    padded = np.pad(curve, width // 2, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    out = curve.copy()
    sung = ~np.isnan(curve)
    out[sung] = np.nanmedian(windows[sung], axis=1)
    return out
