"""What a song's tags say, of each kind that its file can have: title, artist, album, ISRC, lyrics. mutagen reads."""

from __future__ import annotations

import html
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiofile import place_of

MAX_TEXT, MAX_LYRICS = 200_000, 20
"""Characters of a text, and texts of lyrics in a file, that are looked at."""
MAX_PIECES = 10_000  # of SYLT


@dataclass(frozen=True)
class Tags:
    """A song's tags. `lyrics`: every text that is called lyrics, the timed ones first, some as LRC.

    `isrc`: the International Standard Recording Code, as `isrc` writes it."""

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    isrc: str | None = None
    lyrics: tuple[str, ...] = ()


def read(path: Path) -> Tags:
    """The tags of the file. Raises what mutagen raises, which for hostile bytes may be any exception."""
    kinds = list(each_set(path))
    titles = (value for tags in kinds for value in values(tags, _TITLE))
    artists = ([*values(tags, _ARTIST)] for tags in kinds)
    albums = (value for tags in kinds for value in values(tags, _ALBUM))
    codes = (isrc(value) for tags in kinds for value in values(tags, _ISRC))
    texts = [pair for tags in kinds for pair in _lyrics(tags)]
    return Tags(
        next(filter(None, map(one_line, titles)), None),
        next(
            (", ".join(dict.fromkeys(names)) for found in artists if (names := [*map(one_line, found)])), None
        ),
        next(filter(None, map(one_line, albums)), None),
        next(filter(None, codes), None),
        tuple(text for _, text in sorted(texts, key=lambda pair: pair[0])[:MAX_LYRICS]),
    )


ISRC_PATTERN = r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}"
"""ISO 3901: country, registrant, the year's last two digits, and five digits."""


def isrc(text: str) -> str | None:
    """The recording code that `text` is, in twelve characters; None if it is none. People write `us-rc1-76-07839`, a
    shop `label:isrc:USRC17607839`."""
    code = re.sub(r"[\s-]+", "", text[-40:].rpartition(":")[2]).upper()
    return code if re.fullmatch(ISRC_PATTERN, code, re.ASCII) else None


def one_line(text: str) -> str:
    """A title in one line: `First\\nsecond` has a space between, and `&amp;` is a sign."""
    return " ".join(unescaped(re.sub(r" *[\r\n\t\v\f\u2028\u2029]+ *", " ", text)).split(" ")).strip()


_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")


def unescaped(text: str) -> str:
    """`text` as it was before a program wrote it for the web; a bare `&` stays."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


# --- declared as Latin-1 ----------------------------------------------------------------------------------------------

_KANA = re.compile("[\u3041-\u30ff]")
_CYRILLIC = re.compile("[Ѐ-ӿ]")
_CYRILLIC_VOWELS = frozenset("аеёиіїоуыэюяє")
_MOST_CONSONANTS = 0.7  # Greek and Hebrew bytes are Cyrillic letters too, but with too few vowels for words


def repaired(text: str) -> str:
    """Text that a tag declares as Latin-1, in the encoding that its bytes prove: UTF-8, Shift-JIS with kana,
    Windows-1251 whose words are Cyrillic throughout, or Windows-1252. All else stays as it is declared."""
    if not any("\x80" <= char <= "\xff" for char in text):
        return text
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        return text
    for name, proves in (("utf-8", lambda _: True), ("cp932", _is_japanese), ("cp1251", _is_cyrillic)):
        try:
            read_so = raw.decode(name)
        except UnicodeDecodeError:
            continue
        if proves(read_so):
            return read_so
    if any("\x80" <= char <= "\x9f" for char in text):
        return raw.decode("cp1252", "replace").replace("\ufffd", "")
    return text


def _is_japanese(text: str) -> bool:
    strange = [char for char in text if char > "\x7f"]
    sensible = [
        char
        for char in strange
        if unicodedata.name(char, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "IDEO"))
    ]
    return len(_KANA.findall(text)) > 0 and len(sensible) > 0.8 * len(strange)


def _is_cyrillic(text: str) -> bool:
    """Whether each word with a letter beyond ASCII is Cyrillic throughout, and written as words are."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if any(char > "\x7f" for char in word)]
    letters = "".join(words).lower()
    if not words or max(map(len, words)) < 3 or not all(_CYRILLIC.match(char) for char in letters):
        return False
    written = all(word.isupper() or word[1:].islower() or len(word) == 1 for word in words)
    consonants = sum(char not in _CYRILLIC_VOWELS for char in letters)
    return written and consonants <= _MOST_CONSONANTS * len(letters)


# --- the kinds of tags ------------------------------------------------------------------------------------------------

_TITLE = {"title", "tit2", "\xa9nam"}
_ARTIST = {"artist", "tpe1", "\xa9art"}
_ALBUM = {"album", "talb", "\xa9alb"}
_ISRC = {"isrc", "tsrc", "xid"}
_TIMED = {"syncedlyrics", "synchronizedlyrics", "synchronisedlyrics", "lyricslrc"}
_UNTIMED = {"lyrics", "unsyncedlyrics", "unsynchronizedlyrics", "unsynchronisedlyrics", "\xa9lyr", "lyric"}


def each_set(path: Path) -> Iterator[Any]:
    """Each set of tags in the file, as mutagen has it: its own, those in front of it and behind it."""
    import mutagen
    from mutagen.apev2 import APEv2
    from mutagen.id3 import ID3

    place = place_of(path)
    start = place.start if place else 0
    # mutagen takes one tag in front of a song at most.
    source: Any = io.BytesIO(path.read_bytes()[start:]) if start else path
    file = mutagen.File(source)
    if file is not None and file.tags is not None:
        yield file.tags
    for kind in (ID3, APEv2):
        if file is None or not isinstance(file.tags, kind):
            try:
                yield kind(path)
            except (mutagen.MutagenError, OSError):
                continue


def _items(tags: Any) -> Iterator[tuple[str, Any, str]]:
    """(name, frame or value, text) of each value; names as `_plain_name` has them."""
    from mutagen.id3 import ID3, Encoding

    if isinstance(tags, ID3):
        for frame in tags.values():
            texts = getattr(frame, "text", None)
            name = frame.desc if frame.FrameID == "TXXX" else frame.FrameID
            if frame.FrameID == "SYLT" or texts is None:
                continue
            for value in texts if isinstance(texts, list) else [texts]:
                latin, text = getattr(frame, "encoding", None) == Encoding.LATIN1, str(value)[:MAX_TEXT]
                yield _plain_name(name), frame, repaired(text) if latin else text
        return
    pairs: Iterable[tuple[str, Any]] = tags.items() if hasattr(tags, "items") else tags
    for name, values in pairs:
        for value in values if isinstance(values, list | tuple) else [values]:
            if isinstance(value, bytes):  # MP4's free form
                yield _plain_name(name), value, bytes(value)[:MAX_TEXT].decode("utf-8", "replace")
            else:
                for text in str(value)[:MAX_TEXT].split("\0"):  # APEv2 keeps several values in one
                    yield _plain_name(name), value, text


def _plain_name(name: str) -> str:
    """`----:com.apple.iTunes:LYRICS`, `UNSYNCED LYRICS` and `Unsynced_Lyrics` by what they mean."""
    last = name.rpartition(":")[2].lower()
    return last if last.startswith("\xa9") else re.sub(r"[^a-z0-9]", "", last)


def values(tags: Any, names: set[str]) -> Iterator[str]:
    """Each text of a set of tags that has one of these names (as `_plain_name` has them) and is not blank."""
    return (text for name, _, text in _items(tags) if name in names and text.strip())


def _lyrics(tags: Any) -> Iterator[tuple[int, str]]:
    """(rank, text) of each text that is called lyrics: timed ones first, then the song's language, then the others."""
    from mutagen.id3 import ID3

    spoken: set[str] = set()
    if isinstance(tags, ID3):
        spoken = {str(text).lower() for frame in tags.getall("TLAN") for text in frame.text}
        for frame in tags.getall("SYLT"):
            if text := _synchronised(frame):
                yield 0, unescaped(text)
    for name, frame, text in _items(tags):
        if not text.strip():
            continue
        if name in _TIMED:
            yield 1, unescaped(text)
        elif name == "uslt":
            own, is_translation = frame.lang.lower() in spoken, "transl" in frame.desc.lower()
            yield 4 if is_translation else 2 if own else 3, unescaped(text)
        elif name in _UNTIMED:
            yield 3, unescaped(text)


def lrc_mark(seconds: float, brackets: str = "[]") -> str:
    """The LRC mark of a time: 62.5 s is "[01:02.500]"."""
    ms = max(0, round(seconds * 1000))
    return f"{brackets[0]}{ms // 60_000:02}:{ms // 1000 % 60:02}.{ms % 1000:03}{brackets[1]}"


def _synchronised(frame: Any) -> str:
    """ID3's SYLT (text, ms) as LRC: a new line where the text says so. "" where its times are not milliseconds or it
    holds something else than lyrics."""
    if frame.format != 2 or frame.type not in (0, 1, 2):
        return ""
    pairs = [(repaired(text) if frame.encoding == 0 else text, ms) for text, ms in frame.text[:MAX_PIECES]]
    # Taggers write a line a frame, with or without the line break, or a syllable a frame with breaks between lines.
    breaks = any("\n" in text or "\r" in text for text, _ in pairs)
    lines: list[list[tuple[str, int]]] = [[]]
    for text, ms in pairs:
        first, *others = re.split(r"\r\n|\r|\n", text)
        if lines[-1] and not breaks:
            lines.append([])
        if first or not others:  # an empty frame ends what is sung before it
            lines[-1].append((first, ms))
        lines += [[(other, ms)] if other else [] for other in others]
    return "\n".join(map(_lrc_line, filter(None, lines)))


def _lrc_line(pieces: list[tuple[str, int]]) -> str:
    """A line of LRC, with a time before each piece where it has several."""
    words = (
        [f"{lrc_mark(ms / 1000, '<>')}{text}" for text, ms in pieces] if len(pieces) > 1 else [pieces[0][0]]
    )
    return lrc_mark(pieces[0][1] / 1000) + "".join(words)
