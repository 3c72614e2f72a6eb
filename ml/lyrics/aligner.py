"""Known English words put on the voice: forced alignment by pocketsphinx, with the en-us model that it carries.

All words of the song go into one grammar, in order, and the whole voice through one search, so that no line has to be
found by itself: the best path over the song decides. What is not voice is left out before (`voiced`): between lines,
music would otherwise draw words to itself (figures: bench/results/lyrics.json). The search is fed five seconds at
a time: a stop is seen in between, and the end of the CPU time that it may take (MOST_CPU).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from time import thread_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import Stopped
from ml.lyrics.hearing import HEARING_RATE
from ml.lyrics.language import other_language
from ml.lyrics.pronounce import phones_of, spelled
from ml.lyrics.voice import Span

MAX_WORDS_A_SECOND = 8.0
"""More words than that in a second of voice are not sung (the fastest rap on record has about 7.5): no alignment."""

_MIN_ENGLISH = 0.75
"""Share of the words that must be in the dictionary if no language was given. Spanish lyrics reach 0.66."""
_MIN_ENGLISH_ASKED = 0.33
MOST_CPU = 0.25
"""CPU seconds that a search may take for each second of voice. English takes 0.02 to 0.1; a text that is not sung there
takes all beams and ends nowhere."""
MOST_CPU_LEAST_S = 8.0
"""What a short song may take all the same (s): on a slow machine the model's first frames cost most."""
_BEAMS = (1e-60, 1e-100)
"""Search widths, tried in turn. At 1e-40 whole lines get lost under music; at 1e-200 it takes ten times as long."""
_FLOOR_DB = -50.0  # of the peak: pure digital silence breaks the features' normalisation
_HOP = 320  # samples of one reading of `voiced` (20 ms)
_BAND_HZ = (200.0, 4000.0)  # where a voice has its energy and a bass drum has not
_SMOOTH = 5  # readings (100 ms)
_GAP_S, _PAD_S, _MIN_S = 0.5, 0.2, 0.15
_JOINT_S = 0.3  # of near-silence between two voiced stretches
_BLOCK_BYTES = 2 * 5 * HEARING_RATE
_FRAMES_A_SECOND = 100

Samples = NDArray[np.float32]


def is_installed() -> bool:
    """Whether pocketsphinx is here; it has no build for some machines (Linux on ARM)."""
    return find_spec("pocketsphinx") is not None


def voiced(samples: Samples) -> list[Span]:
    """Where `samples` (HEARING_RATE, mono) stand out of what is always there: spans in s, in order.

    The threshold is half-way (dB) between the loud parts (90th percentile) and the quiet (15th), but 6 to 20 dB below
    the loud: a stem with music left in it keeps its pauses.
    """
    count = len(samples) // _HOP
    if count == 0:
        return []
    frames = samples[: count * _HOP].reshape(count, _HOP) * np.hanning(_HOP).astype(np.float32)
    hertz = np.fft.rfftfreq(_HOP, 1 / HEARING_RATE)
    band = (hertz >= _BAND_HZ[0]) & (hertz <= _BAND_HZ[1])
    power = np.square(np.abs(np.fft.rfft(frames, axis=1))[:, band]).mean(axis=1)
    levels = 10 * np.log10(np.convolve(power, np.ones(_SMOOTH) / _SMOOTH, "same") + 1e-9)
    loud = float(np.percentile(levels[levels > levels.max() - 60], 90))
    threshold = max(loud - 20, min(loud - 6, (float(np.percentile(levels, 15)) + loud) / 2))
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (levels > threshold).astype(np.int8), [0]))))
    hop_s, end_s = _HOP / HEARING_RATE, len(samples) / HEARING_RATE
    joined: list[list[float]] = []
    for start, end in zip(edges[::2] * hop_s, edges[1::2] * hop_s, strict=True):
        if joined and start - joined[-1][1] < _GAP_S:
            joined[-1][1] = float(end)
        else:
            joined.append([float(start), float(end)])
    return [(max(0.0, s - _PAD_S), min(end_s, e + _PAD_S)) for s, e in joined if e - s >= _MIN_S]


class Aligner:
    """One song's words against one song's voice."""

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder: Any = None
        self._beam = 0.0
        # lm=None: no language model is read (27 MB); the grammar is the only one there is.
        self._make: Callable[[float], Any] = lambda beam: Decoder(
            samprate=HEARING_RATE, loglevel="FATAL", lm=None, beam=beam, wbeam=beam, pbeam=beam,
            silprob=0.1, fillprob=0.1,
        )  # fmt: skip

    def knows(self, words: Sequence[str], *, asked: bool = False) -> bool:
        """Whether enough of `words` are in the English dictionary to take the text for English. `asked`: somebody said
        that it is, so a third will do (slang, names). A text that is clearly in another language is not, even then."""
        if other_language(words):
            return False  # the dictionary has many foreign words and names
        share = _MIN_ENGLISH_ASKED if asked else _MIN_ENGLISH
        spellings = [spelling for word in words if (spelling := spelled(word))]
        if not spellings or len(spellings) < share * sum(any(c.isalpha() for c in w) for w in words):
            return False
        lookup = self._open().lookup_word
        return sum(lookup(s) is not None for s in spellings) >= share * len(spellings)

    def align(
        self,
        samples: Samples,
        words: Sequence[str],
        *,
        progress: Callable[[float], None],
        stop: threading.Event,
    ) -> list[Span | None]:
        """Where each of `words` is sung in `samples` (HEARING_RATE, mono): (start, end) in s, in order.

        None for a word without letters, or not found in the voice; all None where the words cannot be put on this
        voice. Raises Stopped.
        """
        nothing: list[Span | None] = [None] * len(words)
        asked = [i for i, word in enumerate(words) if spelled(word)]
        spans = voiced(samples)
        if not asked or len(asked) > MAX_WORDS_A_SECOND * sum(end - start for start, end in spans):
            return nothing
        voice, moved = _joined(samples, spans)
        pcm = _pcm(voice)
        until = thread_time() + max(MOST_CPU_LEAST_S, MOST_CPU * len(voice) / HEARING_RATE)
        for beam in _BEAMS:
            found = self._search(beam, pcm, [spelled(words[i]) for i in asked], progress, stop, until)
            if len(found) == len(asked):
                for i, (start, end) in zip(asked, found, strict=True):
                    # Both ends lie in the stretch of the middle: a word cannot last across what was cut out.
                    middle = (start + end) / 2
                    shift = _shift(moved, middle)
                    # What was pressed into the silence of a joint was not found.
                    if any(a <= middle + shift <= b for a, b in spans):
                        nothing[i] = (start + shift, end + shift)
                return nothing
        return nothing

    def _open(self, beam: float = _BEAMS[0]) -> Any:
        if self._decoder is None or self._beam != beam:
            self._decoder, self._beam = self._make(beam), beam
        return self._decoder

    def _search(
        self,
        beam: float,
        pcm: bytes,
        words: Sequence[str],
        progress: Callable[[float], None],
        stop: threading.Event,
        until: float,
    ) -> list[Span]:
        """What was found of `words`; nothing once the thread's CPU time is `until`."""
        decoder = self._open(beam)
        missing = [word for word in dict.fromkeys(words) if decoder.lookup_word(word) is None]
        for i, word in enumerate(missing):
            decoder.add_word(word, phones_of(word, decoder.lookup_word), update=i == len(missing) - 1)
        chain = [(i, i + 1, 1.0, word) for i, word in enumerate(words)]
        decoder.add_fsg("song", decoder.create_fsg("song", 0, len(words), chain))
        decoder.activate_search("song")
        decoder.start_utt()
        try:
            for at in range(0, len(pcm), _BLOCK_BYTES):
                if stop.is_set():
                    raise Stopped
                if thread_time() > until:
                    return []
                decoder.process_raw(pcm[at : at + _BLOCK_BYTES])
                progress(min(1.0, (at + _BLOCK_BYTES) / len(pcm)))
        finally:
            decoder.end_utt()
        # Fillers are in brackets; "read(2)" is the second way to say "read".
        return [
            (part.start_frame / _FRAMES_A_SECOND, (part.end_frame + 1) / _FRAMES_A_SECOND)
            for part in decoder.seg() or ()
            if re.match(r"[a-z']", part.word)
        ]


def _joined(samples: Samples, spans: Sequence[Span]) -> tuple[Samples, list[Span]]:
    """The voiced stretches one after the other, and (start here, what to add to be back in the song) of each, in s."""
    joint = np.zeros(round(_JOINT_S * HEARING_RATE), np.float32)
    parts, moved, at = [joint], [], len(joint)
    for start, end in spans:
        part = samples[round(start * HEARING_RATE) : round(end * HEARING_RATE)]
        moved.append((at / HEARING_RATE, start - at / HEARING_RATE))
        parts += [part, joint]
        at += len(part) + len(joint)
    return np.concatenate(parts), moved


def _shift(moved: Sequence[Span], at: float) -> float:
    return [add for start, add in moved if start <= at + 1e-9 or start == moved[0][0]][-1]


def _pcm(samples: Samples) -> bytes:
    """16-bit samples at a known level, over a floor of noise that is the same at each run."""
    peak = max(float(np.abs(samples).max(initial=0.0)), 1e-6)
    noise = np.random.default_rng(0).standard_normal(len(samples), dtype=np.float32) * 10 ** (_FLOOR_DB / 20)
    return np.asarray(np.clip(0.8 * (samples / peak + noise), -1, 1) * 32767, dtype="<i2").tobytes()
