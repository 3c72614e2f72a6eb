"""A person's own layer over the lyrics: what a change asks for, and the layer that follows from it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from unplugd.kernel.errors import Invalid, TooLarge
from unplugd.lyrics import rules, segments
from unplugd.lyrics.model import MAX_BYTES, MAX_LINES, MAX_SHIFT_MS, Lines, Source, timed

WORDS_BY = ("text", "file", "segments", "revert")  # a change brings words in one of these ways, or none
FIELDS = ("version", *WORDS_BY, "format", "encoding", "source", "offsetMs", "nudges")
# A file in base64 or as JSON segments, which say everything of each word.
MAX_BODY_BYTES = 3 * MAX_BYTES
# As much as the lyrics stage reads of it (containers/task/objects.py): half a document cannot be read at all.
MAX_STORED_BYTES = 4 << 20


@dataclass(frozen=True)
class Layer:
    """A person's own layer, as one version of it is stored. Without lines it only moves what the machine wrote."""

    version: int
    text_version: int = 0  # the version that brought these lines; 0 without lines
    source: Source = Source.TRANSCRIBED
    kind: str | None = None
    lines: Lines = ()
    offset_ms: int = 0
    nudges: Mapping[int, int] | None = None

    def to_document(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "version": self.version,
            "textVersion": self.text_version,
            "source": str(self.source),
            "format": self.kind,
            "timed": str(timed(self.lines)) if self.lines else None,
            "offsetMs": self.offset_ms,
            "nudges": {str(line): ms for line, ms in (self.nudges or {}).items()},
            "segments": segments.to_json(self.lines),
        }


def storable(layer: Layer) -> dict[str, Any]:
    """The document of `layer`. `TooLarge` when, with the times and flags of its words, the lyrics stage could not read
    it."""
    document = layer.to_document()
    if len(json.dumps(document, ensure_ascii=False).encode()) > MAX_STORED_BYTES:
        raise TooLarge(f"Lyrics with their times and flags may have at most {MAX_STORED_BYTES >> 20} MB.")
    return document


def layer(document: Mapping[str, Any]) -> Layer:
    """The layer that a stored document holds."""
    return Layer(
        version=int(document["version"]),
        text_version=int(document["textVersion"]),
        source=Source(document["source"]),
        kind=document.get("format"),
        lines=segments.stored(document["segments"]),
        offset_ms=int(document["offsetMs"]),
        nudges={int(line): int(ms) for line, ms in document["nudges"].items()},
    )


@dataclass(frozen=True)
class Change:
    """What a person asks for. `version`: of the layer they saw. What is None stays as it is."""

    version: int
    lines: Lines | None = None
    kind: str | None = None
    source: Source = Source.SUPPLIED
    revert: bool = False
    offset_ms: int | None = None
    nudges: Mapping[int, int] | None = None


def change(given: Mapping[str, Any]) -> Change:
    """Read the fields of a request (those of FIELDS; absent ones are None). `Invalid` names every fault."""
    reader = _Reader(given)
    if given.get("version") is None:
        reader.fault("version", "is required")
    version = reader.whole("version", 0, 2**31)
    offset_ms = reader.whole("offsetMs", -MAX_SHIFT_MS, MAX_SHIFT_MS)
    nudges = reader.nudges()
    kind, encoding = _file_fields(reader, given)
    source = reader.choice("source", (Source.SUPPLIED, Source.EDITED))
    by = [name for name in WORDS_BY if given.get(name) is not None]
    if len(by) > 1:
        reader.fault(by[1], f"cannot be combined with {by[0]}")
    if not by and given.get("offsetMs") is None and given.get("nudges") is None:
        reader.fault("text", "is missing: send text, a file, segments, revert, offsetMs or nudges")
    if "revert" in by and given["revert"] is not True:
        reader.fault("revert", "must be true")
    raw = reader.words(by[0]) if by else None
    reader.done()
    asked = Change(version or 0, revert="revert" in by, offset_ms=offset_ms, nudges=nudges)
    if raw is None:
        return asked
    if isinstance(raw, str | bytes):
        lines, found = rules.read(raw, kind=kind, encoding=encoding)
        return replace(asked, lines=lines, kind=found, source=Source(source or Source.SUPPLIED))
    lines = rules.checked(segments.from_json(raw))
    return replace(asked, lines=lines, kind="json", source=Source(source or Source.EDITED))


def _file_fields(reader: _Reader, given: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The format and the encoding of a file, where they are given. Only then is the list of all formats loaded."""
    if given.get("format") is None and given.get("encoding") is None:
        return None, None
    from lyricsfile.encoding import ENCODINGS
    from lyricsfile.registry import READABLE

    return reader.choice("format", READABLE), reader.choice("encoding", ENCODINGS)


class _Reader:
    """The plain fields of a change, and what is wrong with them."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self.faults: list[dict[str, str]] = []

    def fault(self, name: str, problem: str) -> None:
        self.faults.append({"field": name, "problem": problem})

    def done(self) -> None:
        if self.faults:
            first = self.faults[0]
            raise Invalid(f"{first['field']} {first['problem']}", details=self.faults)

    def whole(self, name: str, at_least: int, at_most: int) -> int | None:
        value = self._given.get(name)
        if value is None:
            return None
        number = _whole(value)
        if number is None or not at_least <= number <= at_most:
            self.fault(name, f"must be a whole number from {at_least} to {at_most}")
            return None
        return number

    def choice(self, name: str, options: tuple[str, ...]) -> str | None:
        value = self._given.get(name)
        if value is None or (isinstance(value, str) and value in options):
            return value
        self.fault(name, "must be one of " + ", ".join(options))
        return None

    def nudges(self) -> dict[int, int] | None:
        """Line (from 0) → milliseconds."""
        value = self._given.get("nudges")
        if value is None:
            return None
        if not isinstance(value, dict) or len(value) > MAX_LINES:
            self.fault("nudges", f"must be an object of at most {MAX_LINES} lines")
            return None
        found = {}
        for line, given in value.items():
            ms = _whole(given)
            if not (line.isascii() and line.isdigit() and len(line) <= 4 and int(line) < MAX_LINES):
                self.fault(f"nudges.{line[:20]}", "must be the number of a line, counted from 0")
            elif ms is None or abs(ms) > MAX_SHIFT_MS:
                self.fault(f"nudges.{line}", f"must be a whole number from {-MAX_SHIFT_MS} to {MAX_SHIFT_MS}")
            elif ms:
                found[int(line)] = ms
            if len(self.faults) >= segments.MAX_FAULTS:
                break
        return found

    def words(self, name: str) -> str | bytes | list[Any] | None:
        value = self._given[name]
        if name == "text" and not isinstance(value, str):
            self.fault(name, "must be a string")
        elif name == "segments" and not isinstance(value, list):
            self.fault(name, "must be a list")
        elif name == "file":
            return self._file(value)
        elif name != "revert":
            return value  # type: ignore[no-any-return]  # by what was asked above: a string or a list
        return None

    def _file(self, value: Any) -> bytes | None:
        if isinstance(value, str) and len(value) > MAX_BYTES * 4 / 3 + 4:
            raise rules.too_large()
        try:
            return base64.b64decode(value, validate=True)
        except (TypeError, ValueError, binascii.Error):
            self.fault("file", "must be the bytes of a file in base64")
            return None


def _whole(value: Any) -> int | None:
    """A whole number, also one written as 1.0."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def after(current: Layer, asked: Change) -> Layer:
    """The layer that follows `current`. New words begin without offset and nudges, which were those of the old ones."""
    version = current.version + 1
    if asked.lines is not None:
        made = Layer(version, version, asked.source, asked.kind, asked.lines)
    elif asked.revert:
        made = Layer(version)
    else:
        made = replace(current, version=version)
    if asked.offset_ms is not None:
        made = replace(made, offset_ms=asked.offset_ms)
    return replace(made, nudges=asked.nudges) if asked.nudges is not None else made
