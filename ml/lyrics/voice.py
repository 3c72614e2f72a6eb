"""Where the vocal stem is sung: spans of energy, read in bounded memory."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from ml import Stopped
from ml.audio import BadAudio
from ml.lyrics.segmentation import segments_of

HOP_S = 0.02
"""Length of one energy reading (s)."""
SILENCE_DB = -60.0
"""Below this a stem holds nothing (dBFS, RMS of one reading). Low on purpose: a separator that leaks drums
into the vocals must read as "perhaps sung", never as an instrumental."""
_BELOW_LOUD_DB = 16.0
"""How far below its loud parts a voice still counts (dB). On the demo song, whose stem leaks, anything from 12 to
18 puts the median word 0.13 to 0.16 s from where it is sung, 26 puts it 0.39 s away: then leaks count too."""
_MIN_GAP_S = 0.3
_MIN_SPAN_S = 0.12
_HOPS_A_BLOCK = 500

Span = tuple[float, float]


@dataclass(frozen=True)
class Voice:
    """What the vocal stem holds: its length (s), its sung spans (start, end in s; in order, disjoint), whether it
    holds nothing at all, not even something too short or too faint to be a span, and the segments (the same form) that
    should be transcribed (ml.lyrics.segmentation)."""

    duration_s: float
    spans: tuple[Span, ...]
    silent: bool
    segments: tuple[Span, ...] = ()


def find_voice(vocals: Path, *, progress: Callable[[float], None], stop: threading.Event) -> Voice:
    """Read the WAV `vocals` once, block by block, and find where it is loud enough to be sung.

    Raises BadAudio when it cannot be read, Stopped when `stop` is set.
    """
    try:
        with soundfile.SoundFile(vocals) as file:
            rate = int(file.samplerate)
            levels, frames = _levels(file, progress, stop)
    except soundfile.LibsndfileError as error:
        raise BadAudio("The vocal stem cannot be read as audio.") from error
    if frames == 0:
        raise BadAudio("The vocal stem is empty.")
    duration_s = frames / rate
    hop_s = max(1, round(rate * HOP_S)) / rate
    silent = np.count_nonzero(levels > SILENCE_DB) * hop_s < _MIN_SPAN_S
    segments = segments_of(levels, hop_s=hop_s, duration_s=duration_s)
    return Voice(duration_s, spans_of(levels, hop_s=hop_s, duration_s=duration_s), bool(silent), segments)


def spans_of(levels_db: npt.NDArray[np.float64], *, hop_s: float, duration_s: float) -> tuple[Span, ...]:
    """Spans (s) in which the level (dBFS, one value a hop) is near that of the loud parts.

    Breaths and consonants shorter than 0.3 s do not part a span; a click shorter than 0.12 s is not one.
    """
    heard = levels_db[levels_db > SILENCE_DB]
    if heard.size == 0:
        return ()
    threshold = max(SILENCE_DB, float(np.percentile(heard, 95)) - _BELOW_LOUD_DB)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (levels_db > threshold).astype(np.int8), [0]))))
    joined: list[list[float]] = []
    for start, end in zip(edges[::2] * hop_s, edges[1::2] * hop_s, strict=True):
        if joined and start - joined[-1][1] < _MIN_GAP_S:
            joined[-1][1] = float(end)
        else:
            joined.append([float(start), float(end)])
    return tuple((s, min(e, duration_s)) for s, e in joined if min(e, duration_s) - s >= _MIN_SPAN_S)


def _levels(
    file: "soundfile.SoundFile", progress: Callable[[float], None], stop: threading.Event
) -> tuple[npt.NDArray[np.float64], int]:
    hop = max(1, round(file.samplerate * HOP_S))
    expected = max(1, int(file.frames))
    parts: list[npt.NDArray[np.float64]] = []
    frames = 0
    # Only the last read is short, so every other block is whole hops.
    while True:
        if stop.is_set():
            raise Stopped
        block = file.read(hop * _HOPS_A_BLOCK, dtype="float32", always_2d=True)
        if len(block) == 0:
            break
        frames += len(block)
        # Channels are added as powers: a voice in opposite phase left and right is heard all the same.
        power = np.nan_to_num(np.square(block, dtype=np.float64).mean(axis=1))
        power = np.concatenate((power, np.zeros(-len(power) % hop)))
        parts.append(10 * np.log10(power.reshape(-1, hop).mean(axis=1) + 1e-12))
        progress(min(1.0, frames / expected))
    return (np.concatenate(parts) if parts else np.empty(0)), frames
