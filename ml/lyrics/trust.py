"""What in lyrics to doubt, from the vocal stem: marked, never taken out.

A word or segment gets `flags`, a list of

- "silence"  the stem is (almost) silent at the word;
- "rate"     the line is faster than singing can be;
- "loop"     the same words over and over, which is how a transcriber gets lost.

The document gets `unworded`: spans (s) that are sung and have no words, `[{start, end}]`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ml.lyrics.loops import MAX_REPEATS, runs
from ml.lyrics.timing import MAX_SYLLABLES_A_SECOND
from ml.lyrics.voice import Span
from ml.lyrics.words import weight

MIN_UNWORDED_S = 2.0
"""Shorter spans without words are breaths, an "oh", or a leak."""

_MIN_VOICE = 0.2
"""Share of a word's time that must be voice."""
_ROOM_S = 0.25  # a word's end or start may be this far off and the word still be right


def mark(document: dict[str, Any], spans: Sequence[Span]) -> dict[str, Any]:
    """`document` with flags. `spans`: where the stem is sung (s, in order)."""
    segments = [dict(segment) for segment in document["segments"]]
    looped = _looped([segment["text"] for segment in segments])
    for segment, loops in zip(segments, looped, strict=True):
        segment["words"] = [_word(word, spans) for word in segment["words"]]
        flags = ["rate"] * _too_fast(segment) + ["loop"] * (loops or _loops_within(segment))
        if flags:
            segment["flags"] = flags
    return {**document, "segments": segments, "unworded": unworded(segments, spans)}


def unworded(segments: Sequence[Mapping[str, Any]], spans: Sequence[Span]) -> list[dict[str, float]]:
    """The parts of `spans` of MIN_UNWORDED_S and more that no word touches."""
    taken = [(word["start"] - _ROOM_S, word["end"] + _ROOM_S) for s in segments for word in s["words"]]
    taken.sort()
    free: list[dict[str, float]] = []
    for start, end in spans:
        at = start
        for a, b in [*((a, b) for a, b in taken if b > start and a < end), (end, end)]:
            if a - at >= MIN_UNWORDED_S:
                free.append({"start": round(at, 3), "end": round(a, 3)})
            at = max(at, b)
    return free


def _word(word: Mapping[str, Any], spans: Sequence[Span]) -> dict[str, Any]:
    start, end = word["start"] - _ROOM_S, word["end"] + _ROOM_S
    voice = sum(max(0.0, min(b, end) - max(a, start)) for a, b in spans)
    over_silence = voice < _MIN_VOICE * max(word["end"] - word["start"], 0.05)
    return {**word, "flags": ["silence"]} if over_silence else dict(word)


def _too_fast(segment: Mapping[str, Any]) -> bool:
    duration_s = segment["end"] - segment["start"]
    syllables = sum(weight(word["word"]) for word in segment["words"])
    return bool(syllables > 2 and syllables > MAX_SYLLABLES_A_SECOND * duration_s)


def _looped(texts: Sequence[str]) -> list[bool]:
    """For each line whether it is one of more than MAX_REPEATS alike in a row."""
    flags = [False] * len(texts)
    first = 0
    for i in range(1, len(texts) + 1):
        if i == len(texts) or texts[i].casefold() != texts[first].casefold():
            if i - first > MAX_REPEATS:
                flags[first:i] = [True] * (i - first)
            first = i
    return flags


def _loops_within(segment: Mapping[str, Any]) -> bool:
    """Whether a group of words comes again and again within the line (ml.lyrics.loops)."""
    return bool(runs([word["word"] for word in segment["words"]]))
