"""Known words put on the voice by Whisper's cross-attention, in any language that the model knows.

First the song is heard as usual. Heard words that are known ones (ml.lyrics.matching) are anchors, and the other lines
are spread between them. Then each group of lines, some 25 s of song, is handed to CTranslate2's `align` with
the stem around it, which says when each token is sung. Where the model does not believe in a line, its anchors and
estimates stay. Lines that may be elsewhere are marked as estimates (ml.lyrics.doubt). English text is
given to the English aligner as well (ml.lyrics.choice)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import Stopped
from ml.lyrics import choice, doubt, timing
from ml.lyrics.hearing import HEARING_RATE
from ml.lyrics.known import KnownLine, KnownText
from ml.lyrics.matching import match
from ml.lyrics.voice import Span, Voice

MIN_PROBABILITY = 0.1
"""Mean probability of a line's tokens below which the line is taken to be sung somewhere else."""

MAX_FIRST_WORD = 2.0
"""Median words that the first word of a line lasts at most: the same that faster-whisper allows after a pause."""

GROUP_S = 25.0
ONSET_BIAS_S = 0.1
"""How early Whisper's attention turns to a word (s): 0.15 in the median on two real songs with annotated words, 0.08 to
0.18 on others."""

_SHORTEST_S = 0.06  # a word lasts no less
_MARGIN_S = 1.0  # of song on either side of a group: an estimate may be that far off
_FRAMES_A_SECOND = 100
NOT_HEARD = "{count} of {all} lines could not be found in the singing; their times are estimates."


def align(
    whisper: Any,
    heard: NDArray[np.float32],
    known: KnownText,
    segments: Sequence[dict[str, Any]],
    voice: Voice,
    language: str,
    progress: Callable[[float], None],
    stop: threading.Event,
) -> tuple[list[timing.Timed], str | None]:
    """A time for each unit of `known`, and a sentence where lines were not found. `segments` is what Whisper heard.

    Lines whose words have times of their own keep them. Raises Stopped.
    """
    spans = voice.spans or ((0.0, voice.duration_s),)
    anchors = timing.judge(known.lines, _anchors(known.lines, segments, spans, voice.duration_s))
    rough = timing.complete(known.lines, anchors, spans, voice.duration_s)
    heard_at = attend(whisper, heard, known.lines, rough, language, lambda f: progress(0.7 * f), stop)
    heard_at = timing.judge(known.lines, without_pauses(known.lines, heard_at, voice.spans))
    spoken = choice.english(heard, known, language, lambda f: progress(0.7 + 0.3 * f), stop)
    found = choice.combine(known.lines, anchors, heard_at, spoken)
    kept = timing.between_own(known.lines, found, voice.duration_s)
    found = [at or anchor for at, anchor in zip(kept, anchors, strict=True)]
    agreed = choice.agreed(known.lines, heard_at, spoken)
    times = timing.complete(known.lines, found, spans, voice.duration_s)
    times = doubt.marked(known.lines, times, anchors, agreed, voice.spans)
    lost = sum(segment["estimated"] for segment in timing.segments(known.lines, times))
    return times, NOT_HEARD.format(count=lost, all=len(known.lines)) if lost else None


def without_pauses(
    lines: Sequence[KnownLine], found: Sequence[Span | None], sung: Sequence[Span]
) -> list[Span | None]:
    """`found` (one span (s) for each unit) without words that begin in a pause, or before one.

    Attention gives every moment to some word, so the pause before a word is given to that word, and one before a line
    sometimes to its first two. Nobody pauses within a word: where a stretch of voice (`sung`, s, in order) begins
    inside one, the word begins there, unless more of it was sung before. The first word of a line begins there in any
    case, and lasts at most MAX_FIRST_WORD times as long as the median word.
    """
    lengths = [span[1] - span[0] for span in found if span is not None and span[1] > span[0]]
    if not lengths:
        return list(found)
    longest = MAX_FIRST_WORD * float(np.median(lengths))
    cut = [
        None if span is None else (_after_pause(span, sung, always=first), span[1])
        for span, first in zip(found, _firsts(lines), strict=True)
    ]
    at = 0
    for line in lines:
        span = cut[at]
        if span is not None and span[1] - span[0] > longest:
            span = cut[at] = (span[1] - longest, span[1])
        second = cut[at + 1] if len(line.line.units) > 1 else None
        if span and second and second != found[at + 1] and 2 * _voice(span, sung) < span[1] - span[0]:
            # The pause holds the first word too: both are sung after it.
            one, two = line.line.weights[:2]
            middle = second[0] + (second[1] - second[0]) * one / (one + two)
            cut[at : at + 2] = [(second[0], middle), (middle, second[1])]
        at += len(line.line.units)
    return cut


def _firsts(lines: Sequence[KnownLine]) -> list[bool]:
    return [i == 0 for line in lines for i in range(len(line.line.units))]


def _after_pause(word: Span, sung: Sequence[Span], *, always: bool) -> float:
    """Where `word` begins (s) if it does not begin before a pause."""
    start, end = word
    onset = max((a for a, _ in sung if start < a < end - _SHORTEST_S), default=start)
    before = _voice((start, onset), sung)
    return onset if always or before < _voice((onset, end), sung) else start


def _voice(span: Span, sung: Sequence[Span]) -> float:
    """How much of `span` is sung (s)."""
    return sum(max(0.0, min(b, span[1]) - max(a, span[0])) for a, b in sung)


def _anchors(
    lines: Sequence[KnownLine],
    segments: Sequence[dict[str, Any]],
    spans: Sequence[Span],
    duration_s: float,
) -> list[Span | None]:
    """For each unit the span of the heard word that it is, where one is."""
    units = [unit for line in lines for unit in line.line.units]
    words = [word for segment in segments for word in segment["words"]]
    guess = timing.complete(lines, [None] * len(units), spans, duration_s)
    matches = match(
        units,
        [time.start for time in guess],
        [word["word"] for word in words],
        [word["start"] for word in words],
    )
    return [None if j is None else (words[j]["start"], words[j]["end"]) for j in matches]


def attend(
    whisper: Any,
    heard: NDArray[np.float32],
    lines: Sequence[KnownLine],
    rough: Sequence[timing.Timed],
    language: str,
    progress: Callable[[float], None],
    stop: threading.Event,
) -> list[Span | None]:
    """For each unit where `align` puts it; None in lines it does not believe in."""
    from faster_whisper.tokenizer import Tokenizer

    multilingual = whisper.model.is_multilingual
    tokenizer = Tokenizer(whisper.hf_tokenizer, multilingual, task="transcribe", language=language)
    found: list[Span | None] = []
    for group in _groups(lines, rough):
        if stop.is_set():
            raise Stopped
        first = len(found)
        count = sum(len(line.line.units) for line in group)
        own = rough[first : first + count]
        start = max(0.0, own[0].start - _MARGIN_S)
        samples = heard[round(start * HEARING_RATE) : round((own[-1].end + _MARGIN_S) * HEARING_RATE)]
        found += _group(whisper, tokenizer, samples, group, start)
        progress(len(found) / len(rough))
    return found


def _groups(lines: Sequence[KnownLine], rough: Sequence[timing.Timed]) -> list[list[KnownLine]]:
    groups: list[list[KnownLine]] = []
    began = 0.0
    position = 0
    for line in lines:
        start, end = rough[position].start, rough[position + len(line.line.units) - 1].end
        position += len(line.line.units)
        if groups and end - began <= GROUP_S:
            groups[-1].append(line)
        else:
            groups.append([line])
            began = start
    return groups


def _group(
    whisper: Any, tokenizer: Any, samples: NDArray[np.float32], group: Sequence[KnownLine], start: float
) -> list[Span | None]:
    from faster_whisper.audio import pad_or_trim

    nothing: list[Span | None] = [None for line in group for _ in line.line.units]
    tokens = tokenizer.encode(" " + " ".join(line.line.text for line in group))
    if len(tokens) > whisper.max_length // 2 or len(samples) < HEARING_RATE // 10:
        return nothing
    features = whisper.feature_extractor(samples)
    frames = min(features.shape[-1], whisper.feature_extractor.nb_max_frames)
    (words,) = whisper.find_alignment(tokenizer, [tokens], whisper.encode(pad_or_trim(features)), frames)
    letters = [
        (word, i, len(text))
        for word in words
        for text in ["".join(word["word"].split())]
        for i in range(len(text))
    ]
    units = [unit for line in group for unit in line.line.units]
    if len(letters) != sum(map(len, units)):
        return nothing
    found: list[Span | None] = []
    at = 0
    for line in group:
        size = sum(map(len, line.line.units))
        believed = (
            float(np.mean([w["probability"] for w, _, _ in letters[at : at + size]])) >= MIN_PROBABILITY
        )
        for unit in line.line.units:
            (a, i, n), (b, k, m) = letters[at], letters[at + len(unit) - 1]
            begin = a["start"] + (a["end"] - a["start"]) * i / n
            end = b["start"] + (b["end"] - b["start"]) * (k + 1) / m
            at_s = start + ONSET_BIAS_S
            found.append((at_s + float(begin), at_s + float(end)) if believed else None)
            at += len(unit)
    return found
