"""By which figures a person looks for songs: tempo, key and length."""

from __future__ import annotations

from dataclasses import dataclass

from unplugd.domain import measurement

_HOURS = 12  # of the Camelot wheel
_SHORT_MODES = {"": "major", "m": "minor"}  # as in C and Cm


@dataclass(frozen=True)
class Within:
    """The numbers from `at_least` to `at_most`, both included; None: no such limit."""

    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Figures:
    """What is asked of a song's figures; None asks nothing. A song without the figure does not match."""

    bpm: Within | None = None
    keys: tuple[str, ...] | None = None  # names such as `Eb minor`, any of which will do
    length: Within | None = None  # seconds

    def __bool__(self) -> bool:
        return self != Figures()


def _keys() -> dict[str, str]:
    names = [f"{tonic} {mode}" for tonic in measurement.TONICS for mode in measurement.MODES]
    return {measurement.camelot(name) or "": name for name in names}


KEYS = _keys()
"""Place on the Camelot wheel → the key's name."""


def compatible(place: str) -> tuple[str, ...]:
    """The places that mix well with this one: itself, a fifth down and up, and the relative key."""
    hour, mode = int(place[:-1]), place[-1]
    neighbours = [f"{(hour - 1 + step) % _HOURS + 1}{mode}" for step in (-1, 1)]
    return place, *neighbours, f"{hour}{'B' if mode == 'A' else 'A'}"


def place_of(key: str) -> str | None:
    """The place of a key that is given as `8A`, `A minor`, `Bbmin` or `F#m`, in any case; None for what is no key."""
    text = "".join(key.split())
    if text.upper() in KEYS:
        return text.upper()
    letters = 2 if text[1:2] in ("#", "b") else 1
    tonic, mode = text[:1].upper() + text[1:letters], text[letters:].lower()
    return measurement.camelot(measurement.key_name(tonic, _SHORT_MODES.get(mode, mode)))
