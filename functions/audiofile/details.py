"""What a song's tags say beyond title and artist, and the pictures in it. mutagen reads; a child process calls it."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audiofile import format_of
from audiofile.tags import ISRC_PATTERN as ISRC_PATTERN
from audiofile.tags import each_set, isrc, one_line, values

MAX_TEXT = 200
MAX_NUMBER = 9999  # of a track, a disc or how many there are
MAX_GAIN_DB, MAX_PEAK = 60.0, 100.0  # more is a mistake in the tag
MAX_PICTURE_BYTES = 20 * 1024**2
MAX_PICTURES = 8  # of a file are looked at
FRONT = 3  # the front cover's number, in ID3 and FLAC
_R128_TO_REPLAY_GAIN_DB = 5.0  # RFC 7845: Opus' gains aim at -23 LUFS, ReplayGain 2.0 at -18
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MUSIC_BRAINZ = {
    "recording_id": "musicbrainztrackid",
    "release_track_id": "musicbrainzreleasetrackid",
    "release_id": "musicbrainzalbumid",
    "release_group_id": "musicbrainzreleasegroupid",
    "artist_id": "musicbrainzartistid",
    "release_artist_id": "musicbrainzalbumartistid",
}
_GAINS = {
    "track_gain_db": ("replaygaintrackgain", MAX_GAIN_DB),
    "track_peak": ("replaygaintrackpeak", MAX_PEAK),
    "album_gain_db": ("replaygainalbumgain", MAX_GAIN_DB),
    "album_peak": ("replaygainalbumpeak", MAX_PEAK),
}
_NUMBERED = {
    "track": ({"trck", "trkn", "tracknumber", "track"}, {"tracktotal", "totaltracks"}),
    "disc": ({"tpos", "disk", "discnumber", "disc"}, {"disctotal", "totaldiscs"}),
}


def read(path: Path) -> dict[str, Any]:
    """The details that the file's tags hold, by the names that `unplugd.domain.details.Details` has; nothing that they
    lack or that makes no sense. Raises what mutagen raises, which for hostile bytes may be any exception."""
    kinds = list(each_set(path))

    def texts(names: set[str]) -> Iterator[str]:
        return (text for tags in kinds for text in values(tags, names))

    found: dict[str, Any] = {
        "album": _first(_line(text) for text in texts({"album", "talb", "\xa9alb"})),
        "genre": _first(_genre(text) for text in texts({"genre", "tcon", "\xa9gen"})),
        "isrc": _first(isrc(text) for text in texts({"isrc", "tsrc", "xid"})),
        "year": _first(_year(text) for text in texts({"tdrc", "tyer", "date", "year", "\xa9day", "tdrl"})),
    }
    for what, (numbers, totals) in _NUMBERED.items():
        pairs = [re.findall(r"\d+", text[:40]) for text in texts(numbers)]
        found[f"{what}_number"] = _first(_number(pair[:1]) for pair in pairs)
        found[f"{what}_total"] = _first(
            [*(_number(pair[1:2]) for pair in pairs), *(_number([text]) for text in texts(totals))]
        )
    for field, (name, most) in _GAINS.items():
        found[field] = _first(_figure(text, most) for text in texts({name}))
    for field, name in (("track_gain_db", "r128trackgain"), ("album_gain_db", "r128albumgain")):
        if found[field] is None:
            found[field] = _first(_of_r128(text) for text in texts({name}))
    for field, name in _MUSIC_BRAINZ.items():
        found[field] = _first(_uuid(text) for text in texts({name}))
    found["recording_id"] = found["recording_id"] or _first(_owner_id(tags) for tags in kinds)
    return {name: value for name, value in found.items() if value is not None}


def pictures(path: Path) -> list[bytes]:
    """The pictures in the file, the front cover first. Raises as `read`."""
    found = [(kind != FRONT, data) for tags in each_set(path) for kind, data in _pictures(tags)]
    form = format_of(path)
    if form is not None and form.name == "flac":
        found += _flac_pictures(path)
    kept = [pair for pair in found if 0 < len(pair[1]) <= MAX_PICTURE_BYTES]
    return [data for _, data in sorted(kept, key=lambda pair: pair[0])[:MAX_PICTURES]]


def _flac_pictures(path: Path) -> list[tuple[bool, bytes]]:
    import mutagen
    from mutagen.flac import FLAC

    try:
        return [(one.type != FRONT, one.data) for one in FLAC(path).pictures]
    except mutagen.MutagenError:
        return []


def _pictures(tags: Any) -> Iterator[tuple[int, bytes]]:
    """(kind, bytes) of each picture of one set of tags."""
    from mutagen.flac import Picture
    from mutagen.id3 import ID3

    if isinstance(tags, ID3):
        yield from ((frame.type, frame.data) for frame in tags.getall("APIC"))
        return
    items = tags.items() if hasattr(tags, "items") else tags
    for name, held in items:
        for one in held if isinstance(held, list) else [held]:
            if name == "covr":
                yield FRONT, bytes(one)
            elif name.lower() == "metadata_block_picture":
                try:
                    picture = Picture(base64.b64decode(one))
                except Exception:  # noqa: S112 - hostile bytes: mutagen raises anything
                    continue
                yield picture.type, picture.data
            elif name.lower() == "cover art (front)":  # APEv2: a name, a zero, the picture
                yield FRONT, bytes(getattr(one, "value", b"")).partition(b"\0")[2]


def _first(found: Any) -> Any:
    return next((one for one in found if one not in (None, "")), None)


def _line(text: str) -> str:
    return one_line(text)[:MAX_TEXT].strip()


def _genre(text: str) -> str:
    """ID3 writes `17`, `(17)` or `(17)Rock` for the seventeenth of its list."""
    from mutagen._constants import GENRES

    number = re.match(r"\(?(\d{1,3})\)?(.*)", text, re.DOTALL)
    if number and (text.startswith("(") or not number[2]):
        known = GENRES[int(number[1])] if int(number[1]) < len(GENRES) else ""
        return _line(number[2]) or known
    return (
        "" if text.strip().lower() == "unknown" else _line(text)
    )  # mutagen's word for a number off the list


def _year(text: str) -> int | None:
    year = re.search(r"(?<!\d)[12]\d{3}(?!\d)", text[:40], re.ASCII)
    return int(year[0]) if year else None


def _number(digits: list[str]) -> int | None:
    text = digits[0].strip() if digits else ""
    number = int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else 0
    return number if 0 < number <= MAX_NUMBER else None


def _figure(text: str, most: float) -> float | None:
    """`-7.25 dB` or `0.988`."""
    number = re.match(r"\s*([+-]?\d{1,4}([.,]\d{1,12})?)\s*(dB)?\s*$", text[:40], re.IGNORECASE | re.ASCII)
    value = float(number[1].replace(",", ".")) if number else math.nan
    return round(value, 3) if abs(value) <= most else None


def _of_r128(text: str) -> float | None:
    """Opus' own gain: 256ths of a decibel."""
    gain = int(text) / 256 if re.fullmatch(r"\s*[+-]?\d{1,5}\s*", text[:20], re.ASCII) else math.nan
    return round(gain + _R128_TO_REPLAY_GAIN_DB, 3) if abs(gain) <= MAX_GAIN_DB else None


def _uuid(text: str) -> str | None:
    found = _UUID.fullmatch(text[:40].strip().lower())
    return found[0] if found else None


def _owner_id(tags: Any) -> str | None:
    """The recording's id in ID3, which has a kind of frame of its own for it."""
    from mutagen.id3 import ID3

    owners = tags.getall("UFID:http://musicbrainz.org") if isinstance(tags, ID3) else []
    found: str | None = _first(_uuid(bytes(one.data)[:40].decode("ascii", "replace")) for one in owners)
    return found
