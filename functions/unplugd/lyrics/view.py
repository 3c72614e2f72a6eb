"""The lyrics a person is shown: their own layer and what the machine wrote, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from unplugd.domain.song import Song
from unplugd.lyrics import rules, segments
from unplugd.lyrics.layers import Layer
from unplugd.lyrics.model import Lines, Source, timed


@dataclass(frozen=True)
class View:
    """Lyrics as they are shown. Times are those of the recording, without the offset and the nudges."""

    song_id: str
    title: str | None
    artist: str | None
    version: int
    source: Source
    lines: Lines
    language: str | None = None
    instrumental: bool = False
    notice: str | None = None
    grade: str | None = None  # of the times that the machine gave a person's or a tag's words
    offset_ms: int = 0
    nudges: Mapping[int, int] = field(default_factory=dict)
    unworded: tuple[tuple[float, float], ...] = ()  # (start, end) of singing without words

    def to_json(self) -> dict[str, Any]:
        """The answer of GET …/lyrics."""
        unsure = [
            line
            for line in self.lines
            if _estimated(line.more) or any(_estimated(w.more) for w in line.words)
        ]
        return {
            "songId": self.song_id,
            "version": self.version,
            "source": str(self.source),
            "timed": str(timed(self.lines)) if self.lines else None,
            "language": self.language,
            "instrumental": self.instrumental,
            "estimated": bool(unsure),
            "notice": self.notice,
            "grade": self.grade,
            "offsetMs": self.offset_ms,
            "nudges": {str(line): ms for line, ms in sorted(self.nudges.items())},
            "segments": segments.to_json(self.lines),
            "unworded": [{"start": start, "end": end} for start, end in self.unworded],
        }


def _estimated(more: Mapping[str, Any]) -> bool:
    return bool(more.get("estimated"))


def machine_view(song: Song, document: Mapping[str, Any], layer: Layer) -> View:
    """What the machine wrote, moved as `layer` (which has no words of its own) says."""
    source = document.get("source")
    view = _view(song, layer, Source(source) if source in set(Source) else Source.TRANSCRIBED)
    lines = _as_a_whole(segments.stored(document.get("segments") or ()), document)
    return replace(_with_findings(view, document), lines=lines)


def person_view(song: Song, layer: Layer, document: Mapping[str, Any] | None) -> View:
    """A person's words: with their own times where those are enough, else as the machine aligned these very words, or,
    until it has, as they are."""
    view = replace(_view(song, layer, layer.source), lines=layer.lines)
    if document is None or document.get("textVersion") != layer.text_version:
        return replace(view, language=song.language)
    view = _with_findings(view, document)
    aligned = segments.stored(document.get("segments") or ())
    if not rules.needs_run(layer.lines, layer.source) or len(aligned) != len(layer.lines):
        return view
    verses = (replace(line, stanza=own.stanza) for line, own in zip(aligned, layer.lines, strict=True))
    return replace(view, lines=_as_a_whole(tuple(verses), document), instrumental=False)


def _view(song: Song, layer: Layer, source: Source) -> View:
    return View(
        song.song_id,
        song.title,
        song.artist,
        layer.version,
        source,
        lines=(),
        offset_ms=layer.offset_ms,
        nudges=layer.nudges or {},
    )


def _with_findings(view: View, document: Mapping[str, Any]) -> View:
    return replace(
        view,
        language=document.get("language"),
        instrumental=bool(document.get("instrumental")),
        notice=document.get("notice") or document.get("reason"),
        grade=document.get("grade"),
        unworded=tuple((span["start"], span["end"]) for span in document.get("unworded") or ()),
    )


def _as_a_whole(lines: Lines, document: Mapping[str, Any]) -> Lines:
    """Lines of a document that says of all its times that they are estimated."""
    if not document.get("estimated") or any("estimated" in line.more for line in lines):
        return lines
    return tuple(replace(line, more={**line.more, "estimated": True}) for line in lines)
