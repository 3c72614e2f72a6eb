"""What SubRip and WebVTT have in common: cues of a time line and words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lyricsfile.reading import clean, fault, seconds

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,6}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s+\S.*)?\s*")
_LIKE_TIMING = re.compile(r"\s*[-+]?\d.*-->")
_COUNTER = re.compile(r"\s*\d{1,7}\s*")


@dataclass(frozen=True)
class Cue:
    """One cue: the number of its time line in the file, its times, and the lines of its words as they are there."""

    number: int
    start: float
    end: float
    texts: tuple[str, ...]

    @property
    def text(self) -> str:
        """Its words in one line."""
        return " ".join(self.texts)


def cues(lines: list[tuple[int, str]], *, open_ended: bool) -> list[Cue]:
    """The cues of a file that have words, by their starts.

    A cue ends at the next empty line, as WebVTT says. `open_ended`: it ends at the next time line (before that one's
    number), as players of SubRip read it: its words may contain an empty line, and none has to be between two cues.
    """
    at = [i for i, (_, raw) in enumerate(lines) if _LIKE_TIMING.match(raw)]
    first = at[0] if at else len(lines)
    counted = first > 0 and bool(at) and _COUNTER.fullmatch(lines[first - 1][1]) is not None
    _refuse_words(lines[:first], named=bool(at))
    found = []
    for here, until in zip(at, [*at[1:], len(lines)], strict=False):
        number, raw = lines[here]
        texts = [text for _, text in lines[here + 1 : until]]
        if not open_ended:
            end = texts.index("") if "" in texts else len(texts)
            _refuse_words(lines[here + 1 + end : until], named=until < len(lines))
            texts = texts[:end]
        elif (
            until < len(lines) and texts and _COUNTER.fullmatch(texts[-1]) and (counted or _after_gap(texts))
        ):
            texts.pop()
        if any(clean(text) for text in texts):
            found.append(Cue(number, *_times(number, raw), tuple(text for text in texts if text)))
    return sorted(found, key=lambda cue: cue.start)


def _refuse_words(lines: list[tuple[int, str]], *, named: bool) -> None:
    """Words that belong to no cue would be lost. `named`: the last line is the number or name of the cue below."""
    for number, raw in lines[:-1] if named else lines:
        if clean(raw) and not _COUNTER.fullmatch(raw):
            raise fault(
                number, f"{clean(raw)[:40]} is no time line; one looks like 00:01:02,500 --> 00:01:04,000"
            )


def _after_gap(texts: list[str]) -> bool:
    return len(texts) == 1 or not clean(texts[-2])


def _times(number: int, raw: str) -> tuple[float, float]:
    match = _TIMING.fullmatch(raw)
    if match is None:
        raise fault(
            number, f"{clean(raw)[:40]} is no time line; one looks like 00:01:02,500 --> 00:01:04,000"
        )
    start = seconds(number, *match.groups()[:4])
    end = seconds(number, *match.groups()[4:])
    if end < start:
        raise fault(number, "it ends before it begins")
    return start, end


def time(value: float, point: str) -> str:
    """`HH:MM:SS.mmm`, with `point` before the milliseconds."""
    ms = round(value * 1000)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}{point}{ms % 1000:03d}"
