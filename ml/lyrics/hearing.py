"""What Whisper hears: the vocal stem, alone or with some of the band; 16 kHz, one channel, in memory (38 MB for ten
minutes each)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml import Stopped
from ml.audio import BadAudio

HEARING_RATE = 16_000
"""Samples a second that Whisper was trained on (Hz)."""

BAND = 0.5
"""How much of the band (factor) is left with the voice. What a separator takes away from a voice costs more words than
a soft band does; adding the mix to enhanced speech is known to help a recogniser (Iwamoto et al. 2022, "How bad are
artifacts?"). Of the demo song's 39 words 22, 32, 34 and 33 are right with none, a quarter, half and all of it; checked
on two real songs (docs/lyrics.md)."""

_BLOCK_S = 10
_OUT_OF_PHASE = 0.25  # of the power left and right have each on their own


def listen(vocals: Path, *, progress: Callable[[float], None], stop: threading.Event) -> NDArray[np.float32]:
    """The WAV `vocals` at HEARING_RATE. Raises BadAudio (it cannot be read), ml.Stopped.

    Left and right are averaged, unless they cancel each other out: then the left one is taken.
    """
    import soundfile
    from av import AudioFrame, AudioResampler

    middle: list[NDArray[np.float32]] = []
    left: list[NDArray[np.float32]] = []
    power = middle_power = 0.0
    try:
        with soundfile.SoundFile(vocals) as file:
            resampler = AudioResampler("fltp", "stereo", HEARING_RATE)
            total = max(1, file.frames)

            def keep(frames: list[AudioFrame]) -> None:
                nonlocal power, middle_power
                for frame in frames:
                    both = frame.to_ndarray()
                    middle.append(both.mean(axis=0))
                    left.append(both[0].copy())
                    power += float(np.square(both, dtype=np.float64).mean(axis=0).sum())
                    middle_power += float(np.square(middle[-1], dtype=np.float64).sum())

            while len(block := file.read(file.samplerate * _BLOCK_S, dtype="float32", always_2d=True)):
                if stop.is_set():
                    raise Stopped
                both = np.nan_to_num(block[:, [0, min(1, block.shape[1] - 1)]])
                frame = AudioFrame.from_ndarray(np.ascontiguousarray(both.T), "fltp", "stereo")
                frame.sample_rate = file.samplerate
                keep(resampler.resample(frame))
                progress(min(1.0, file.tell() / total))
            keep(resampler.resample(None))
    except soundfile.LibsndfileError as error:
        raise BadAudio("The vocal stem cannot be read as audio.") from error
    if not middle:
        raise BadAudio("The vocal stem is empty.")
    return np.concatenate(left if middle_power < _OUT_OF_PHASE * power else middle)


def with_band(
    voice: NDArray[np.float32], band: Iterable[Path], *, stop: threading.Event
) -> NDArray[np.float32] | None:
    """`voice` (as `listen` gives it) with BAND of the other stems, the WAVs `band`; None where there are none.

    Raises BadAudio, ml.Stopped.
    """
    heard = None
    for stem in band:
        if heard is None:
            heard = voice.copy()
        own = listen(stem, progress=lambda _: None, stop=stop)
        count = min(len(own), len(heard))
        heard[:count] += np.float32(BAND) * own[:count]
    return heard
