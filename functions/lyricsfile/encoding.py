"""A lyrics file's bytes as text. What is certain is repaired; what would be a guess is asked for."""

from __future__ import annotations

import re
import unicodedata

from lyricsfile.reading import NotRead

# What files of lyrics come in where they are not Unicode. Asked for by name: a guess would store nonsense in silence.
ENCODINGS = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    *(f"windows-{page}" for page in range(1250, 1259)),
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-15",
    "koi8-r",
    "shift_jis",
    "euc-jp",
    "gb18030",
    "big5",
    "euc-kr",
)
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_BINARY = (
    (b"PK\x03\x04", "a document or an archive (zip)"),
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "a Word file"),
)
_OFFERED = ("windows-1252", "windows-1251", "windows-1250", "shift_jis", "gb18030", "big5", "euc-kr")
_MOST_OFFERED = 3
_SHOWN = 40  # characters of a line, as the message shows it
_BEFORE = 16  # bytes of that line before the one that is no Unicode
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}encoding=[\"']([\w-]{1,20})[\"']")
_ZEROS = 0.1  # of the bytes of a text in UTF-16: its spaces, line ends, digits and Latin letters


def decoded(raw: bytes, encoding: str | None = None) -> str:
    """The text of a file's bytes: in `encoding`, or in Unicode with or without its mark.

    A last character that was cut off is left out, and XML may say what it is written in. Raises NotRead for all else,
    saying what was found, how the line would read in likely encodings, and how to name one.
    """
    for start, what in _BINARY:
        if raw.startswith(start):
            raise NotRead(
                f"The file is {what}, not lyrics. Save the words as text and send that.", field="file"
            )
    if encoding:
        return _named(raw, encoding)
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return _named(raw[len(mark) :], name)
    if unmarked := _without_mark(raw):
        return _named(raw, unmarked)
    if b"\x00" in raw:
        raise _asked("It holds zero bytes, so it is no text that we know.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if _is_cut(raw, error):
            return raw[: error.start].decode("utf-8")
        declared = _DECLARED.match(raw[:300])
        if declared and (name := declared[1].decode("ascii", "replace").lower()) in ENCODINGS:
            return _named(raw, name)
        raise _unclear(raw, error) from None


def _named(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if error.start and error.end >= len(raw) and error.reason in _CUT:
            return raw[: error.start].decode(encoding).removeprefix("\ufeff")
        line = raw.count(b"\n", 0, error.start) + 1
        raise _asked(
            f"It is not {encoding}: the byte 0x{raw[error.start]:02X} in line {line} has no meaning there."
        ) from None
    except UnicodeError:
        raise _asked(f"It is not {encoding}.") from None


_CUT = ("unexpected end of data", "truncated data", "incomplete multibyte sequence")


def _is_cut(raw: bytes, error: UnicodeDecodeError) -> bool:
    """Whether only the last character lacks its end, in a text that is UTF-8 elsewhere."""
    return error.reason in _CUT and error.end == len(raw) and any(byte > 0x7F for byte in raw[: error.start])


def _without_mark(raw: bytes) -> str | None:
    """UTF-16 that does not say so: every other byte is zero in its spaces, line ends and Latin letters."""
    zeros = (raw[0::2].count(0), raw[1::2].count(0))
    if sum(zeros) < max(2, _ZEROS * len(raw) / 2) or min(zeros) > 0:
        return None
    name = "utf-16-le" if zeros[1] else "utf-16-be"
    try:
        text = raw[: len(raw) // 2 * 2].decode(name)
    except UnicodeError:
        return None
    strange = any(
        unicodedata.category(char) in ("Cn", "Co", "Cc") and char not in "\t\r\n\f" for char in text
    )
    return None if strange else name


def _unclear(raw: bytes, error: UnicodeDecodeError) -> NotRead:
    byte, line = raw[error.start], raw.count(b"\n", 0, error.start) + 1
    around = _line_around(raw, error.start)
    if _mostly_utf8(raw):
        shown = around.decode("utf-8", "replace").strip()[:_SHOWN]
        return _asked(
            f"It is UTF-8 but for the byte 0x{byte:02X} in line {line} (“{shown}”). Correct that character."
        )
    readings = [f"in {name} it would be “{text}”" for name in _OFFERED if (text := _as(around, name))]
    offered = f": {'; '.join(readings[:_MOST_OFFERED])}" if readings else ""
    return _asked(f"It is not Unicode. Line {line} has the byte 0x{byte:02X}{offered}.")


def _mostly_utf8(raw: bytes) -> bool:
    """Whether whole UTF-8 sequences are more than what disturbs them: other encodings make them by rare accident."""
    whole = len(re.findall(rb"[\xc3-\xf4][\x80-\xbf]{1,3}|\xc2[\xa0-\xbf]", raw))
    return whole > 2 * raw.decode("utf-8", "replace").count("\ufffd")


def _line_around(raw: bytes, at: int) -> bytes:
    start = max(raw.rfind(b"\n", 0, at) + 1, at - _BEFORE)
    end = raw.find(b"\n", at)
    return raw[start : end if end >= 0 else len(raw)][:400]


def _as(raw: bytes, encoding: str) -> str | None:
    """How the line reads in an encoding; None where it has bytes without a meaning, or signs among its letters."""
    try:
        text = raw.decode(encoding).strip()
    except UnicodeError:
        return None
    odd = [
        char
        for char in text
        if char > "\x7f" and not (char.isalpha() or unicodedata.category(char)[0] in "MPZ")
    ]
    mixed = re.search(r"[a-z][A-ZÀ-ÞА-Я]", text) is not None
    return None if odd or mixed else text[:_SHOWN]


def _asked(what: str) -> NotRead:
    return NotRead(
        f"The file's characters cannot be read. {what} Save the file as UTF-8, or name its encoding in “encoding” "
        f"(such as windows-1252, windows-1251 or shift_jis).",
        field="encoding",
        problem="must be the file's encoding",
    )
