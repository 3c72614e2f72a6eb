"""Words that are known before anybody listens: from the song's tags or from a person, with or without times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml.lyrics.tags import lines_of_text
from ml.lyrics.voice import Span
from ml.lyrics.words import Line, line_of


@dataclass(frozen=True)
class KnownLine:
    """One line: its units (ml.lyrics.words), when it starts and ends (s, None where unknown), and, where its words
    have times of their own, one span (s) for each unit."""

    line: Line
    start: float | None = None
    end: float | None = None
    times: tuple[Span, ...] | None = None


@dataclass(frozen=True)
class KnownText:
    """The words of a song in their order. `by_person`: somebody gave them, they do not come from the file's tags.
    `version` is that of the person's text; it goes into the document as `textVersion`."""

    lines: tuple[KnownLine, ...]
    by_person: bool = False
    version: int | None = None

    @property
    def characters(self) -> int:
        """Letters and signs, white space aside."""
        return sum(len(unit) for known in self.lines for unit in known.line.units)

    @property
    def timed(self) -> bool:
        """Whether every word has a time of its own."""
        return all(known.times for known in self.lines)

    @property
    def text(self) -> str:
        """The lines as text, without times."""
        return "\n".join(known.line.text for known in self.lines)


def from_text(text: str) -> KnownText:
    """Plain text, LRC or another format, as a tag has it: a line is known to start where it says, and words too."""
    lines = lines_of_text(text)
    # A single mark in front of a line, or in front of several words, times the line.
    timed = any(len(line.words) > 1 for line in lines)
    known = []
    for given in lines:
        line = line_of(given.text, stanza=given.stanza)
        if line is not None:
            words = [{"word": word.text, "start": word.start, "end": word.end} for word in given.words]
            single = timed and all(len(word.text.split()) == 1 for word in given.words)
            times = _unit_times(line, words) if words and single else None
            known.append(KnownLine(line, given.start, None if words and not times else given.end, times))
    return KnownText(tuple(known))


def from_layer(document: Mapping[str, Any]) -> KnownText:
    """A person's text as stored under `lyrics/person-*.json` (docs/architecture.md): one line for each segment.

    Raises KeyError, TypeError or ValueError where it is not such a document.
    """
    lines = []
    for segment in document["segments"]:
        line = line_of(str(segment["text"]), stanza=segment.get("stanza") is True)
        if line is None:
            # Nothing to sing, but the answer must have as many lines as the question.
            line = Line(str(segment["text"]), (str(segment["text"]),), (1.0,))
        start, end = segment.get("start"), segment.get("end")
        words = segment.get("words") or ()
        lines.append(
            KnownLine(
                line,
                None if start is None else float(start),
                None if end is None else float(end),
                _unit_times(line, words) if words else None,
            )
        )
    return KnownText(tuple(lines), by_person=True, version=int(document["textVersion"]))


def _unit_times(line: Line, words: Sequence[Mapping[str, Any]]) -> tuple[Span, ...] | None:
    """Spans of the line's units from those of `words`, which spell the same letters but may be cut otherwise: each
    letter has its share of its word. None where they spell something else."""
    letters: list[Span] = []
    spelt = ""
    for word in words:
        text = "".join(str(word["word"]).split())
        start, end = float(word["start"]), float(word["end"])
        step = (end - start) / max(1, len(text))
        letters += [(start + i * step, start + (i + 1) * step) for i in range(len(text))]
        spelt += text
    if spelt != "".join(line.units):
        return None
    times, at = [], 0
    for unit in line.units:
        times.append((letters[at][0], letters[at + len(unit) - 1][1]))
        at += len(unit)
    return tuple(times)
