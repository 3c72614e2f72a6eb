"""Text into the units that get a time: lines, and in each line words with a sung length."""

import re
import unicodedata
from dataclasses import dataclass

from ml.lyrics.tags import clean_lines

# Scripts written without spaces and sung a character a syllable: kana and Han, with their extensions.
_CJK = re.compile(
    r"[\u3041-\u309f\u30a1-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
# Never the start of a unit: small kana, the long mark and the iteration marks belong to what precedes them.
_CJK_TAIL = frozenset("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶー々ゝゞヽヾ")
_VOWELS = frozenset("aeiouyæøœıаеёиоуыэюяіїєαεηιουω")
_LETTERS_A_SYLLABLE = 2.5
_SILENT_WEIGHT = 0.25
_INSTRUMENTAL = re.compile(r"\W*instrumental\W*", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """One line of lyrics: its text as written, its units in order, how long each is sung (syllables), and whether a
    verse begins with it."""

    text: str
    units: tuple[str, ...]
    weights: tuple[float, ...]
    stanza: bool = False


def lines_of(text: str) -> list[Line]:
    """The lines of `text` that hold anything. Joined, their units are the text without its white space."""
    return [line for raw in clean_lines(text) if (line := line_of(raw)) is not None]


def line_of(text: str, *, stanza: bool = False) -> Line | None:
    """One line of text; None where nothing but white space is in it."""
    units = tuple(unit for token in text.split() for unit in _units(token))
    return (
        Line(" ".join(text.split()), units, tuple(weight(unit) for unit in units), stanza) if units else None
    )


def says_instrumental(text: str) -> bool:
    """Whether a person wrote nothing but the word "instrumental", as taggers do for songs without words."""
    return _INSTRUMENTAL.fullmatch(text) is not None


def weight(unit: str) -> float:
    """About how many syllables `unit` is sung in; never 0, so that each unit has its moment."""
    cjk = len(_CJK.findall(unit))
    plain = [char for char in unicodedata.normalize("NFD", unit.lower()) if not _CJK.match(char)]
    vowel_groups = sum(
        1 for i, char in enumerate(plain) if char in _VOWELS and (i == 0 or plain[i - 1] not in _VOWELS)
    )
    if vowel_groups:
        return float(cjk + vowel_groups)
    letters = sum(1 for char in plain if char.isalnum())
    if letters:
        return cjk + max(1.0, letters / _LETTERS_A_SYLLABLE)
    return float(cjk) or _SILENT_WEIGHT


def _units(token: str) -> list[str]:
    """A token between spaces: whole, or a character each where Han and kana stand.

    Thai, Lao, Khmer and Burmese also write without spaces, but a cut at the wrong letter cannot be read:
    their phrases stay whole.
    """
    if not _CJK.search(token):
        return [token]
    units: list[str] = []
    for char in token:
        previous = units[-1] if units else ""
        starts = _CJK.match(char) is not None and char not in _CJK_TAIL
        opens = unicodedata.category(char) in ("Ps", "Pi")
        after_open = bool(previous) and unicodedata.category(previous[-1]) in ("Ps", "Pi")
        after_cjk = bool(previous) and _CJK.search(previous) is not None
        new_latin_word = char.isalnum() and not starts and after_cjk and char not in _CJK_TAIL
        if not units or ((starts or opens or new_latin_word) and not after_open):
            units.append(char)
        else:
            units[-1] += char
    return units
