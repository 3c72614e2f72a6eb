"""Make the demo song: a CC0 funk backing and a synthetic voice that sings our own words.

    python local/demo/make_song.py MULTITRACK_FOLDER

Not part of any build: the result (`song.mp3`, `words.csv`) is committed. It needs espeak-ng (the shared
library), pyworld, numpy, scipy, PyAV and mutagen, and the five CC0 tracks the README names. espeak-ng speaks
each line and says where every phoneme begins; WORLD takes the sound apart; each vowel is laid on its note of
the melody and the pieces are put together again at the melody's pitch. So the times in `words.csv` are true
by construction.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import ctypes.util
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pyworld  # only this script needs it
from mutagen.id3 import ID3, TALB, TIT2, TPE1, USLT
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

Audio = npt.NDArray[np.float64]

HERE = Path(__file__).parent
RATE = 44100
BEAT_S = 0.4  # the backing plays at 150 beats a minute
START_S = 3.2  # where in the tracks the band comes in
LENGTH_S = 38.4  # 24 bars
FRAME_S = 0.005

TITLE, ARTIST, ALBUM = "One More Time", "Unplugd Demo Band", "Unplugd"
VOICE_GAIN = 0.56
BACKING = {  # track: gain, pan (-1 left … 1 right): the voice, drums and bass have the middle to themselves
    "drums": (0.75, 0.0),
    "bassguitar": (0.55, 0.0),
    "clav": (0.42, -0.6),
    "leadguitar": (0.55, 0.6),
    "horns": (0.24, 0.35),
}


@dataclass(frozen=True)
class Line:
    """Words, the beat the line starts on, and per syllable (midi note, beats)."""

    text: str
    beat: int
    notes: tuple[tuple[int, float], ...]


C3, EB3, F3, G3, BB3, C4 = 48, 51, 53, 55, 58, 60  # C minor pentatonic, which the riff is in
LINES = (
    Line("Morning in a quiet room", 8, ((C3, 1), (EB3, 1), (F3, 0.5), (G3, 0.5), (BB3, 1.5), (G3, 2))),
    Line("I sing the line again", 16, ((EB3, 1), (G3, 1), (F3, 1), (EB3, 1), (F3, 0.5), (C3, 2))),
    Line(
        "Take away the drums and bass",
        32,
        ((G3, 1), (G3, 0.5), (BB3, 1), (G3, 0.5), (F3, 1), (G3, 1), (C3, 1.5)),
    ),
    Line("and hear where I begin", 40, ((EB3, 1), (F3, 1), (G3, 1), (F3, 1), (EB3, 0.5), (C3, 2))),
    Line(
        "Slow it down and loop the bar",
        56,
        ((C3, 1), (EB3, 0.5), (F3, 1), (EB3, 0.5), (G3, 1), (F3, 1), (G3, 1.5)),
    ),
    Line("until the words are mine", 64, ((F3, 0.5), (G3, 1), (F3, 1), (EB3, 1), (F3, 1), (C3, 2))),
    Line("Sing it loud one more time", 80, ((G3, 1), (G3, 1), (C4, 1), (BB3, 1), (G3, 1), (C4, 2.5))),
)


# speech: libespeak-ng, because only the library tells where each phoneme begins


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_END, _WORD, _PHONEME = 0, 1, 7
_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True)
class Phoneme:
    """One phoneme: its name, the word it belongs to and its span in the spoken line (seconds)."""

    name: str
    word: int
    start: float
    end: float

    @property
    def is_vowel(self) -> bool:
        """Whether this phoneme carries a note (espeak-ng names them in IPA)."""
        return self.name.strip("ˈˌ")[:1] in set("aeiouæɐɑɒɔəɚɜɛɪʊʌᵻ")


class Speaker:
    """espeak-ng with phoneme events."""

    def __init__(self) -> None:
        self._lib = ctypes.CDLL(ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1")
        # 2 = synchronous; 1 | 2 = phoneme events, named in IPA
        self.rate = int(self._lib.espeak_Initialize(2, 0, None, 1 | 2))
        self._lib.espeak_SetVoiceByName(b"en-us")
        self._lib.espeak_SetParameter(1, 125, 0)  # words a minute: clear consonants

    def say(self, text: str) -> tuple[Audio, list[Phoneme]]:
        """Speak one line; its samples and phonemes."""
        chunks: list[Audio] = []
        marks: list[tuple[float, int, str]] = []
        word = -1

        def receive(
            samples: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[_Event]
        ) -> int:
            nonlocal word
            if samples and count > 0:
                chunks.append(np.ctypeslib.as_array(samples, (count,)).astype(float) / 32768)
            i = 0
            while events[i].type != _END:
                if events[i].type == _WORD:
                    word += 1
                elif events[i].type == _PHONEME:
                    marks.append((events[i].sample / self.rate, word, events[i].id.string.decode()))
                i += 1
            return 0

        callback = _Callback(receive)
        self._lib.espeak_SetSynthCallback(callback)
        data = text.encode()
        self._lib.espeak_Synth(data, len(data) + 1, 0, 1, 0, 1, None, None)
        audio = np.concatenate(chunks)
        ends = [at for at, _, _ in marks[1:]] + [len(audio) / self.rate]
        return audio, [Phoneme(n, w, at, end) for (at, w, n), end in zip(marks, ends, strict=True)]


# singing


@dataclass(frozen=True)
class Piece:
    """A stretch of the sung line and the stretch of the spoken one it is made from (seconds)."""

    start: float
    end: float
    source_start: float
    source_end: float
    word: int


def lay_out(phonemes: list[Phoneme], line: Line) -> list[Piece]:
    """Put each vowel's beginning on its note; consonants keep their pace, vowels fill what is left."""
    voiced = [p for p in phonemes if p.name]  # espeak-ng's pauses have no name
    vowels = [i for i, p in enumerate(voiced) if p.is_vowel]
    if len(vowels) != len(line.notes):
        raise SystemExit(f"{line.text!r} has {len(vowels)} syllables but {len(line.notes)} notes.")
    pieces: list[Piece] = []
    onset = line.beat * BEAT_S
    lead = voiced[: vowels[0]]
    at = onset - sum(p.end - p.start for p in lead)
    for p in lead:
        pieces.append(Piece(at, at + p.end - p.start, p.start, p.end, p.word))
        at = pieces[-1].end
    for k, (_, beats) in enumerate(line.notes):
        vowel, until = voiced[vowels[k]], onset + beats * BEAT_S
        after = voiced[vowels[k] + 1 : vowels[k + 1] if k + 1 < len(vowels) else len(voiced)]
        natural = sum(p.end - p.start for p in after)
        pace = min(1.0, 0.5 * (until - onset) / natural) if natural else 1.0
        vowel_end = until - natural * pace
        # The first half of the vowel is held, the second moves on as in speech: diphthongs glide last.
        middle, glide = (vowel.start + vowel.end) / 2, (vowel.end - vowel.start) / 2
        turn = max(onset + 0.4 * (vowel_end - onset), vowel_end - glide)
        pieces.append(Piece(onset, turn, vowel.start, middle, vowel.word))
        pieces.append(Piece(turn, vowel_end, middle, vowel.end, vowel.word))
        at = vowel_end
        for p in after:
            pieces.append(Piece(at, at + (p.end - p.start) * pace, p.start, p.end, p.word))
            at = pieces[-1].end
        onset = until
    return pieces


def melody(line: Line, times: Audio) -> Audio:
    """The pitch in Hz at each time: notes joined by a short glide, with vibrato on what is held."""
    onset, pitch, held = (
        line.beat * BEAT_S,
        np.full(len(times), float(line.notes[0][0])),
        np.zeros(len(times)),
    )
    previous = line.notes[0][0]
    for note, beats in line.notes:
        since = times - onset
        glide = np.clip((since + 0.03) / 0.07, 0, 1)
        pitch = np.where(since > -0.03, previous + (note - previous) * glide, pitch)
        held = np.where(since > 0, np.clip((since - 0.2) / 0.2, 0, 1), held)
        onset, previous = onset + beats * BEAT_S, note
    vibrato = 0.3 * held * np.sin(2 * np.pi * 5.4 * times)
    return np.asarray(440 * 2 ** ((pitch + vibrato - 69) / 12), dtype=np.float64)


def sing(speaker: Speaker, line: Line) -> tuple[Audio, float, list[tuple[str, float, float]]]:
    """One sung line: its samples at RATE, when it starts, and the times of its words."""
    spoken, phonemes = speaker.say(line.text)
    pieces = lay_out(phonemes, line)
    f0, at = pyworld.harvest(spoken, speaker.rate, f0_floor=60, f0_ceil=400, frame_period=FRAME_S * 1000)
    envelope = pyworld.cheaptrick(spoken, f0, at, speaker.rate)
    noise = pyworld.d4c(spoken, f0, at, speaker.rate)
    times = np.arange(pieces[0].start, pieces[-1].end, FRAME_S)
    targets = [pieces[0].start] + [p.end for p in pieces]
    which = np.clip(np.searchsorted(targets, times, side="right") - 1, 0, len(pieces) - 1)
    start, end, source, source_end = (
        np.array([getattr(p, name) for p in pieces])[which]
        for name in ("start", "end", "source_start", "source_end")
    )
    spoken_at = source + (times - start) / np.maximum(end - start, 1e-6) * (source_end - source)
    frame = np.clip(np.round(spoken_at / FRAME_S).astype(int), 0, len(f0) - 1)
    pitch = np.where(f0[frame] > 0, melody(line, times), 0.0)
    shape, breath = np.ascontiguousarray(envelope[frame]), np.ascontiguousarray(noise[frame])
    sung = pyworld.synthesize(pitch, shape, breath, speaker.rate, FRAME_S * 1000)
    names = line.text.split()
    words = []
    for i, name in enumerate(names):
        own = [p for p in pieces if p.word == i]
        words.append((name, own[0].start, own[-1].end))
    return resample_poly(sung, RATE // speaker.rate, 1), pieces[0].start, words


def decode(path: Path) -> Audio:
    """A file as stereo samples at RATE."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
        frames = [r.to_ndarray() for f in container.decode(audio=0) for r in resampler.resample(f)]
    return np.concatenate(frames, axis=1).astype(np.float64)


def backing(folder: Path) -> Audio:
    """The excerpt of the five tracks, mixed and panned; the last seconds fade."""
    first, count = int(START_S * RATE), int(LENGTH_S * RATE)
    mix = np.zeros((2, count))
    for name, (gain, pan) in BACKING.items():
        track = decode(folder / f"{name}.mp3")[:, first : first + count]
        left_right = np.array([[np.cos((pan + 1) * np.pi / 4)], [np.sin((pan + 1) * np.pi / 4)]]) * np.sqrt(2)
        mix[:, : track.shape[1]] += gain * left_right * track.mean(axis=0)
    return mix


def room(voice: Audio, seed: int = 7) -> Audio:
    """A small room around the voice, so that it does not stand in a void: stereo out."""
    rng = np.random.default_rng(seed)
    n = int(0.5 * RATE)
    tail = rng.standard_normal((2, n)) * np.exp(-np.arange(n) / (0.09 * RATE))
    tail /= np.sqrt((tail**2).sum(axis=1, keepdims=True))
    wet = np.stack([fftconvolve(voice, t)[: len(voice)] for t in tail])
    return np.asarray(voice + 0.11 * wet)


def encode(path: Path, audio: Audio) -> None:
    """Write an MP3 at 160 kbit/s."""
    pcm = np.clip(audio.T * 32767, -32768, 32767).astype(np.int16)
    with av.open(str(path), "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=RATE, layout="stereo")
        stream.bit_rate = 160_000
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="stereo")
        frame.rate = RATE
        resampler = av.AudioResampler(format="s16p", layout="stereo", rate=RATE, frame_size=1152)
        for block in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(block))
        container.mux(stream.encode(None))


def main() -> None:
    """Build song.mp3 and words.csv next to this script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tracks", type=Path, help="folder of the five CC0 tracks")
    parser.add_argument("--stems", type=Path, help="also write voice.npy and backing.npy here")
    args = parser.parse_args()
    speaker, words = Speaker(), []
    voice = np.zeros(int(LENGTH_S * RATE))
    for line in LINES:
        sung, at, times = sing(speaker, line)
        sung *= 0.16 / np.sqrt(np.mean(sung**2))  # lines equally loud
        begin = int(at * RATE)
        voice[begin : begin + len(sung)] += sung
        words += times
    voice = np.tanh(1.6 * sosfilt(butter(2, 110, "high", fs=RATE, output="sos"), voice)) / 1.6
    sung_in_room, band = 2 * VOICE_GAIN * room(voice), backing(args.tracks)
    peak = np.abs(sung_in_room + band).max()
    scale = 0.89 / peak
    fade = np.clip((LENGTH_S - np.arange(band.shape[1]) / RATE) / 2.4, 0, 1)
    if args.stems:
        np.save(args.stems / "voice.npy", sung_in_room * scale * fade)
        np.save(args.stems / "backing.npy", band * scale * fade)
    encode(HERE / "song.mp3", (sung_in_room + band) * scale * fade)
    tags = ID3()
    for tag in (TIT2(text=TITLE), TPE1(text=ARTIST), TALB(text=ALBUM)):
        tags.add(tag)
    tags.add(USLT(lang="eng", desc="", text="\n".join(line.text for line in LINES)))
    tags.save(HERE / "song.mp3")
    with (HERE / "words.csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("word", "start", "end"))
        rows.writerows((word, f"{start:.3f}", f"{end:.3f}") for word, start, end in words)


if __name__ == "__main__":
    main()
