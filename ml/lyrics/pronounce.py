"""How English words are spoken, in the phones of the en-us model: its dictionary first, spelling rules for the rest."""

import re
from collections.abc import Callable

# Longest first. Rough on purpose: an aligner that knows the order of the words needs only about the right sounds.
_SPELLINGS: dict[str, str] = {
    "tion": "SH AH N", "sion": "ZH AH N", "ture": "CH ER", "ough": "AO", "augh": "AO", "eigh": "EY", "igh": "AY",
    "tch": "CH", "dge": "JH", "sch": "SH", "ing": "IH NG", "ck": "K", "ch": "CH", "sh": "SH", "th": "TH", "ph": "F",
    "wh": "W", "qu": "K W", "ng": "NG", "kn": "N", "wr": "R", "gh": "G", "ee": "IY", "ea": "IY", "oo": "UW",
    "ou": "AW", "ow": "OW", "oi": "OY", "oy": "OY", "ai": "EY", "ay": "EY", "au": "AO", "aw": "AO", "ew": "UW",
    "ie": "IY", "ei": "EY", "oa": "OW", "ue": "UW", "er": "ER", "ir": "ER", "ur": "ER", "ar": "AA R", "or": "AO R",
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH",
    "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH",
    "v": "V", "w": "W", "x": "K S", "y": "IY", "z": "Z",
}  # fmt: skip
_DOUBLED = re.compile(r"([bcdfgklmnprstvz])\1")
_LONG = re.compile(r"(.)\1{2,}")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'"})


def spelled(word: str) -> str:
    """`word` as a dictionary has it: lower case, letters and apostrophes only; "" where nothing is left."""
    return re.sub(r"[^a-z']", "", word.lower().translate(_APOSTROPHES)).strip("'")


def by_rules(word: str) -> str:
    """Phones (space-separated) for a word that no dictionary has, from its spelling (as `spelled` gives it)."""
    # "loooove" is "love" held, "nanana" is three syllables.
    letters = _DOUBLED.sub(r"\1", _LONG.sub(r"\1", word.replace("'", "")))
    if len(letters) > 3 and letters.endswith("e") and letters[-2] not in "aeiou":
        letters = letters[:-1]
    phones: list[str] = []
    at = 0
    while at < len(letters):
        size = next(n for n in (4, 3, 2, 1) if letters[at : at + n] in _SPELLINGS)
        phones.append(_SPELLINGS[letters[at : at + size]])
        at += size
    return " ".join(phones)


def phones_of(word: str, lookup: Callable[[str], str | None]) -> str | None:
    """The phones of a word as `spelled` gives it; None where it has no letters. `lookup` asks the dictionary."""
    for form in (word, f"{word}g" if word.endswith("in") else word, word.replace("'", "")):
        if form and (found := lookup(form)):
            return found
    return by_rules(word) or None
