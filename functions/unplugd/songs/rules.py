"""Pure decisions about songs: what a person sees of one, the cursor of a page, the presets."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from typing import Any

from unplugd.domain import finding, stems
from unplugd.domain.finding import Figures, Within
from unplugd.domain.song import MAX_TEXT, Status
from unplugd.kernel.errors import Invalid
from unplugd.kernel.ids import is_song_id

DEFAULT_LIMIT, MAX_LIMIT = 50, 100
DOWNLOADS = 20  # on a page; each has some nine links of a kilobyte
_NUMBER = r"\d{1,4}(?:\.\d{1,3})?"
RANGE_PATTERN = rf"{_NUMBER}|{_NUMBER}-(?:{_NUMBER})?|-{_NUMBER}"
_RANGE_SAYS = "must be a number or a range such as 120-130, 120- or -130"
_KEY_SAYS = "must be a key such as 8A or A minor, with ~ in front to find the keys that mix well with it too"


@dataclass(frozen=True)
class Page:
    """What a list call asks for."""

    status: Status | None
    q: str | None
    limit: int
    after: str | None  # the songId of the last song of the page before
    figures: Figures = field(default_factory=Figures)

    @property
    def searches(self) -> bool:
        """Whether rows have to be looked through."""
        return bool(self.q or self.figures)


def page(query: Mapping[str, str], *, owner: str) -> Page:
    """Read a list call's query string; `Invalid` names what is wrong."""
    status = query.get("status")
    if status is not None and status not in set(Status):
        raise Invalid("status must be one of " + ", ".join(Status))
    limit = query.get("limit", str(DEFAULT_LIMIT))
    # The length is asked before int(): what is read must be what was judged, and int() refuses thousands of digits.
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 6 and 1 <= int(limit) <= MAX_LIMIT):
        raise Invalid(f"limit must be a whole number from 1 to {MAX_LIMIT}")
    q = (query.get("q") or "").strip() or None
    if q and len(q) > MAX_TEXT:
        raise Invalid(f"q must have at most {MAX_TEXT} characters")
    wanted = Status(status) if status else None
    figures = Figures(bpm=_range("bpm", query), keys=_keys(query.get("key")), length=_range("length", query))
    cursor = query.get("cursor")
    after = (
        decode_cursor(cursor, owner=owner, status=wanted, q=q, figures=figures)
        if cursor is not None
        else None
    )
    return Page(wanted, q, int(limit), after, figures)


def _range(name: str, query: Mapping[str, str]) -> Within | None:
    """The range that a query parameter asks for: `120`, `120-130`, `120-` or `-130`."""
    text = (query.get(name) or "").strip()
    if not text:
        return None
    if not re.fullmatch(RANGE_PATTERN, text, re.ASCII):
        raise Invalid(f"{name} {_RANGE_SAYS}")
    first, dash, last = text.partition("-")
    within = Within(float(first) if first else None, float(last) if last else None)
    if not dash:
        return Within(within.at_least, within.at_least)
    if within.at_least is not None and within.at_most is not None and within.at_least > within.at_most:
        raise Invalid(f"{name} must go from the smaller to the greater number")
    return within


def _keys(text: str | None) -> tuple[str, ...] | None:
    """The names of the keys that `8A`, `A minor` or, with all that mix well with it, `~8A` ask for."""
    if not (text or "").strip():
        return None
    key = (text or "").strip()
    place = finding.place_of(key.removeprefix("~"))
    if place is None:
        raise Invalid(f"key {_KEY_SAYS}")
    places = finding.compatible(place) if key.startswith("~") else (place,)
    return tuple(finding.KEYS[one] for one in places)


_ANY = Figures()


def _binding(owner: str, status: Status | None, q: str | None, figures: Figures) -> str:
    asked = [astuple(figures)] if figures else []
    material = json.dumps([owner, status, q, *asked]).encode()
    return hashlib.blake2b(material, digest_size=9).hexdigest()


def encode_cursor(
    after: str, *, owner: str, status: Status | None, q: str | None, figures: Figures = _ANY
) -> str:
    """The page after song `after`. Bound to caller and filter, so that it cannot page through anything else.

    It holds no secret: forging one only moves within the forger's own library."""
    text = f"{after}.{_binding(owner, status, q, figures)}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(
    cursor: str, *, owner: str, status: Status | None, q: str | None, figures: Figures = _ANY
) -> str:
    """The songId that `encode_cursor` was given; `Invalid` for any other string, caller or filter."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        after, binding = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").split(".")
    except (ValueError, binascii.Error):
        raise Invalid(
            "This cursor is not one we gave out. Start again without it.", code="bad_cursor"
        ) from None
    if not is_song_id(after) or binding != _binding(owner, status, q, figures):
        raise Invalid("This cursor belongs to another list. Start again without it.", code="bad_cursor")
    return after


@dataclass(frozen=True)
class Preset:
    """A mixer's preset: volumes from 0 to 1. `volumes` names some stems; `others` is the volume of all others, also of
    stems that this version does not know."""

    id: str
    name: str
    description: str
    others: float
    volumes: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As the API shows it: the default stems by name. Every other stem has the volume of `other`."""
        volumes = {stem: self.volumes.get(stem, self.others) for stem in stems.DEFAULT}
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "volumes": volumes,
        }


PRESETS = (
    Preset("balanced", "Balanced", "The song as it is", 1),
    Preset("karaoke", "Karaoke", "Everything but the vocals: you sing", 1, {"vocals": 0}),
    Preset("drum_practice", "Drum practice", "Everything but the drums: you play", 1, {"drums": 0}),
    Preset("bass_practice", "Bass practice", "Everything but the bass: you play", 1, {"bass": 0}),
    Preset("vocals_only", "Vocals only", "The voice alone, to listen closely", 0, {"vocals": 1}),
)


def presets() -> list[dict[str, Any]]:
    """The mixer's presets, as the API shows them."""
    return [preset.to_json() for preset in PRESETS]
