"""Spoken songs whose word times are known: espeak-ng (apt-get install espeak-ng) says where each word begins.

Music comes from the demo song, between its sung lines: real drums, bass, clavinet, horns and guitar, 12 s, looped.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

RATE = 16_000
DEMO = Path(__file__).parents[2] / "local" / "demo" / "song.mp3"
WITHOUT_VOICE = ((0.2, 2.9), (9.4, 12.6), (19.0, 22.1), (28.6, 31.8))  # s of the demo song
Samples = NDArray[np.float32]

# Public domain, but for four lines that are the demo song's own.
LINES = """Amazing grace how sweet the sound
that saved a wretch like me
I once was lost but now am found
was blind but now I see
the water is wide I cannot get over
and neither have I wings to fly
give me a boat that will carry two
Morning in a quiet room
take away the drums and bass
and hear where I begin
that saved a wretch like me
my bonnie lies over the ocean""".splitlines()


@dataclass(frozen=True)
class Voice:
    """One of espeak-ng's voices, its speed (words a minute), pitch and range (0 to 100)."""

    name: str
    speed: int
    pitch: int
    range: int


VOICES = (
    Voice("en-us", 140, 50, 50),
    Voice("en-gb-scotland", 160, 50, 50),
    Voice("en-us+f3", 110, 60, 40),
    Voice("en-gb+m7", 100, 30, 80),
    Voice("en-us+f5", 190, 70, 90),
)


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("id", ctypes.c_uint), ("text_position", ctypes.c_int), ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int), ("sample", ctypes.c_int), ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    ]  # fmt: skip


_WORD = 1
_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Singer:
    """espeak-ng's library. Raises SystemExit where it is not installed."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("espeak-ng")
        if name is None:
            raise SystemExit("bench-lyrics needs espeak-ng's voices: apt-get install espeak-ng")
        self._lib = ctypes.CDLL(name)
        self._rate = int(self._lib.espeak_Initialize(2, 0, None, 0))  # 2: synchronous

    def say(self, text: str, voice: Voice) -> tuple[Samples, list[float]]:
        """One line at RATE, and where its words begin (s)."""
        self._lib.espeak_SetVoiceByName(voice.name.encode())
        for parameter, value in ((1, voice.speed), (3, voice.pitch), (4, voice.range)):
            self._lib.espeak_SetParameter(parameter, value, 0)
        parts: list[NDArray[np.float32]] = []
        begins: list[tuple[int, float]] = []

        def receive(
            samples: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[_Event]
        ) -> int:
            if samples and count > 0:
                parts.append(np.ctypeslib.as_array(samples, (count,)).astype(np.float32) / np.float32(32768))
            i = 0
            while events[i].type != 0:
                if events[i].type == _WORD:
                    begins.append((events[i].text_position - 1, events[i].sample / self._rate))
                i += 1
            return 0

        callback = _Callback(receive)
        self._lib.espeak_SetSynthCallback(callback)
        self._lib.espeak_Synth(text.encode(), len(text) + 1, 0, 1, 0, 1, None, None)
        at = [
            next(s for place, s in begins if word.start() <= place < word.end())
            for word in re.finditer(r"\S+", text)
        ]
        return np.asarray(resample_poly(np.concatenate(parts), RATE, self._rate), np.float32), at

    def song(self, voice: Voice, seed: int) -> tuple[Samples, list[list[float]]]:
        """LINES with pauses of 0.4 to 5 s, each line equally loud; and, for each line, where its words begin (s)."""
        random = np.random.default_rng(seed)
        parts: list[Samples] = []
        truth: list[list[float]] = []
        at = 0.0
        for line in LINES:
            parts.append(np.zeros(round(random.uniform(0.4, 5) * RATE), np.float32))
            at += len(parts[-1]) / RATE
            samples, begins = self.say(line, voice)
            parts.append(samples * np.float32(0.1 / np.sqrt(np.mean(np.square(samples)))))
            truth.append([at + begin for begin in begins])
            at += len(samples) / RATE
        return np.concatenate([*parts, np.zeros(RATE, np.float32)]), truth


def with_music(voice: Samples, snr_db: float | None) -> Samples:
    """`voice` with music so much weaker (dB, mean power where there is voice); None: without."""
    if snr_db is None:
        return voice
    demo, rate = soundfile.read(DEMO, dtype="float32", always_2d=True)
    demo = resample_poly(demo.mean(axis=1), RATE, rate)
    music = np.resize(
        np.concatenate([demo[round(a * RATE) : round(b * RATE)] for a, b in WITHOUT_VOICE]), len(voice)
    )
    power = float(np.mean(np.square(voice[np.abs(voice) > 1e-4])))
    gain = np.sqrt(power / float(np.mean(np.square(music))) / 10 ** (snr_db / 10))
    return np.asarray(voice + gain * music, np.float32)
