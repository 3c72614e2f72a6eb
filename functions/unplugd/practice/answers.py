"""What counts as the right answer, so that a browser can judge what is typed without getting the title.

A browser gets hashes: SHA-256, in hexadecimal digits, of the salt followed by an answer in its normal form. It brings
what was typed into the same form (`normal` has the steps) and compares."""

from __future__ import annotations

import hashlib
import re
import unicodedata

SALT_BYTES = 16
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}")
_FEATURED = re.compile(r"(?<!\w)(?:feat|ft|featuring)(?!\w).*")
_MARKS = re.compile("[\u0300-\u036f]")
_ARTICLE = re.compile(r"^(?:the|a|an) (?=.)")
_SEVERAL = re.compile(r"\s*(?:[,;/&+]|\band\b|\bx\b|\bvs\b)\s*")


def normal(text: str) -> str:
    """The normal form of an answer: without case, accents, brackets, "feat." and punctuation.

    In this order: upper and then lower case (so that ß is ss), NFKD, the accents U+0300–U+036F off, NFKC, the final
    sigma as any other, brackets off unless nothing else is there, "feat.", "ft." or "featuring" and what follows off
    unless nothing is before it, apostrophes off, "&" as "and", all but letters, digits and marks a space."""
    return _words(_bare(text))


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.upper().lower())
    folded = unicodedata.normalize("NFKC", _MARKS.sub("", folded)).replace("ς", "σ")
    for cut in (_BRACKETS, _FEATURED):
        shorter = cut.sub(" ", folded)
        folded = shorter if _words(shorter) else folded
    return folded


def _words(text: str) -> str:
    plain = re.sub("['’‘`´]", "", text).replace("&", " and ")
    letters = "".join(char if unicodedata.category(char)[0] in "LNM" else " " for char in plain)
    # A title of signs alone, such as "!!!", is its own answer.
    return " ".join(letters.split()) or "".join(text.split())


def titles(title: str) -> set[str]:
    """The answers that name a title: whole, without its article, without what follows a dash ("- Remastered")."""
    whole = _bare(title)
    main = re.split(r"\s[-–—]\s", whole)[0]
    return {_ARTICLE.sub("", found) for found in (_words(whole), _words(main)) if found} | {_words(whole)}


def artists(artist: str) -> set[str]:
    """The answers that name an artist: all of them, or one of several."""
    whole = _bare(artist)
    found = {_words(whole), *(_words(one) for one in _SEVERAL.split(whole) if one)}
    return found | {_ARTICLE.sub("", one) for one in found}


def hashes(answers: set[str], salt: str) -> list[str]:
    """What a browser gets of them, in no meaningful order."""
    return sorted(hashlib.sha256((salt + answer).encode()).hexdigest() for answer in answers if answer)


def initial(text: str) -> str | None:
    """The first letter of a title, or None for one so short that it would be more than half of the answer."""
    letters = normal(text).replace(" ", "")
    return letters[0].upper() if len(letters) >= 2 else None


def year(number: int | None, title: str) -> str | None:
    """The year of a song, or None when it is not known, or when the title has it ("1979"): it would be the answer."""
    if number is None or str(number) in normal(title):
        return None
    return str(number)
