"""What a measurement job is asked for: the request's fields, checked, and the songs that its scope names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from audiofile.tags import isrc
from unplugd.domain.measurable import Measurable
from unplugd.domain.measure_queue import CURRENT, HISTORICAL
from unplugd.domain.measurement import MEASURES
from unplugd.kernel.errors import Invalid

Kind = Literal["songIds", "album", "isrcs", "library"]
KINDS: tuple[Kind, ...] = ("songIds", "album", "isrcs", "library")
MAX_SONGS = 100
MAX_CODES = 1000
MAX_ALBUM = 200
MAX_PLATFORMS = 10
PLATFORM_PATTERN = r"[a-z][a-z0-9_-]{0,29}"
DEFAULT_PLATFORMS = ("spotify",)
# What each source can say of a song.
MEASURES_OF: Mapping[str, tuple[str, ...]] = {CURRENT: MEASURES, HISTORICAL: ("plays",)}
SCOPE_SAYS = f"must be exactly one of songIds (≤ {MAX_SONGS}), album, isrcs, library: true"
SOURCE_SAYS = "must be current or historical"
NOTHING = {
    CURRENT: "scope must name a complete song of yours",
    HISTORICAL: "scope must name a song of yours with a recording code (ISRC)",
}


@dataclass(frozen=True)
class Scope:
    """Which songs. `values`: ids, one album, or codes; empty for the library."""

    kind: Kind
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A request for measurements."""

    scope: Scope
    source: str
    measures: tuple[str, ...]
    platforms: tuple[str, ...]


@dataclass(frozen=True)
class Subject:
    """What one row of the queue is about: a song, or a code that no song of the person's carries."""

    song: Measurable | None
    isrc: str | None


def read(scope: Any, source: Any, measures: Any, platforms: Any) -> Asked:
    """The request's fields as they were sent. `Invalid` names every fault."""
    faults: list[dict[str, str]] = []

    def fault(name: str, problem: str) -> None:
        faults.append({"field": name, "problem": problem})

    found = _scope(scope, fault)
    known = source if isinstance(source, str) and source in MEASURES_OF else None
    if known is None:
        fault("source", SOURCE_SAYS)
    options = MEASURES_OF[known or CURRENT]
    if measures is not None and known and not _is_list_of(measures, options):
        fault("measures", "must be a list of " + ", ".join(options))
    if platforms is not None and not _are_platforms(platforms):
        fault("platforms", f"must be a list of 1 to {MAX_PLATFORMS} names such as spotify")
    if faults or found is None or known is None:
        first = faults[0]
        raise Invalid(f"{first['field']} {first['problem']}", details=faults)
    wanted = options if measures is None else tuple(name for name in options if name in measures)
    places = DEFAULT_PLATFORMS if platforms is None else tuple(sorted(set(platforms)))
    return Asked(found, known, wanted, places if known == HISTORICAL else ())


def _scope(value: Any, fault: Any) -> Scope | None:
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in KINDS:
        fault("scope", SCOPE_SAYS)
        return None
    kind: Kind = next(iter(value))
    found, problem = _READERS[kind](value[kind])
    if problem:
        fault(f"scope.{kind}", problem)
    return Scope(kind, found)


def _song_ids(value: Any) -> tuple[tuple[str, ...], str]:
    if not _is_text_list(value, MAX_SONGS):
        return (), f"must be a list of 1 to {MAX_SONGS} song ids"
    return tuple(sorted(set(value))), ""


def _album(value: Any) -> tuple[tuple[str, ...], str]:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_ALBUM:
        return (), f"must be a name of 1 to {MAX_ALBUM} characters"
    return (folded(value),), ""


def _isrcs(value: Any) -> tuple[tuple[str, ...], str]:
    says = f"must be a list of 1 to {MAX_CODES} recording codes (ISRC)"
    if not _is_text_list(value, MAX_CODES):
        return (), says
    codes = [isrc(one) for one in value]
    known = [code for code in codes if code]
    return (tuple(sorted(set(known))), "") if len(known) == len(codes) else ((), says)


def _library(value: Any) -> tuple[tuple[str, ...], str]:
    return (), "" if value is True else "must be true"


_READERS: Mapping[Kind, Any] = {
    "songIds": _song_ids,
    "album": _album,
    "isrcs": _isrcs,
    "library": _library,
}


def _is_text_list(value: Any, at_most: int) -> bool:
    return (
        isinstance(value, list) and 1 <= len(value) <= at_most and all(isinstance(one, str) for one in value)
    )


def _is_list_of(value: Any, options: Sequence[str]) -> bool:
    return _is_text_list(value, len(options)) and set(value) <= set(options)


def _are_platforms(value: Any) -> bool:
    return _is_text_list(value, MAX_PLATFORMS) and all(
        re.fullmatch(PLATFORM_PATTERN, one, re.ASCII) for one in value
    )


def folded(album: str) -> str:
    """An album's name as names are compared: without case and extra spaces."""
    return " ".join(album.casefold().split())


def matching(scope: Scope, songs: Iterable[Measurable]) -> list[Measurable]:
    """The songs of a library that an album, codes or the whole library name."""
    if scope.kind == "library":
        return list(songs)
    if scope.kind == "album":
        return [song for song in songs if song.album and folded(song.album) in scope.values]
    return [song for song in songs if song.isrc and song.isrc in scope.values]


def subjects(asked: Asked, songs: Sequence[Measurable]) -> list[Subject]:
    """What the rows are about. An outside source is asked once for each code: for the newest song that carries it, or
    for the code itself."""
    if asked.source == CURRENT:
        return [Subject(song, song.isrc) for song in songs if song.is_complete]
    by_code: dict[str, Subject] = {}
    for song in sorted(songs, key=lambda song: song.song_id, reverse=True):
        if song.isrc:
            by_code.setdefault(song.isrc, Subject(song, song.isrc))
    if asked.scope.kind == "isrcs":
        for code in asked.scope.values:
            by_code.setdefault(code, Subject(None, code))
    return list(by_code.values())
