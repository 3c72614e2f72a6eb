"""The sung line: pitch by SwiftF0's network (MIT) on OpenVINO, notes by our own segmentation."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from ml.analysis.sound import Mono
from singing.network import FILE, HIGHEST, HOP, LOWEST, RATE
from singing.tracking import curve, track

_WINDOW = 1875
"""Frames that the network hears at once."""
_MIN_NOTE_S = 0.08
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
    """The line of a voice that is alone, mono at `network.RATE`.

    Raises ModuleNotFoundError where a library is missing."""
    pitch, voiced = track(vocals, _hear, _WINDOW)
    share = float(voiced.mean()) if len(voiced) else 0.0
    return {
        "notes": notes(pitch, voiced),
        "curve": {"step": HOP / RATE, "midi": curve(pitch, voiced)},
        "confidence": round(min(1.0, 4 * share), 2),
    }


def _hear(piece: Mono) -> tuple[NDArray[np.float64], Mono]:
    """What `network.pitch` hears, by OpenVINO: a third of the time."""
    answer = _network()({"audio": piece[None], "fmin": np.float32(LOWEST), "fmax": np.float32(HIGHEST)})
    return answer["pitch"][0].astype(np.float64), answer["confidence"][0]


@lru_cache(maxsize=1)
def _network() -> Any:
    import openvino

    core = openvino.Core()
    return core.compile_model(core.read_model(FILE), "CPU", _EXACT)


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
