"""The front door: a file's or a tag's lyrics as lines."""

from __future__ import annotations

from lyricsfile.encoding import decoded
from lyricsfile.model import Lines
from lyricsfile.registry import READERS, detect


def read(text: str | bytes, *, kind: str | None = None, encoding: str | None = None) -> tuple[Lines, str]:
    """The lines of a file or of a tag, sorted by time, and the format's name (found out where `kind` is None).

    Raises NotRead, which names the line or the encoding that is wrong.
    """
    plain = decoded(text, encoding) if isinstance(text, bytes) else text.removeprefix("\ufeff")
    kind = kind or detect(plain)
    return READERS[kind](plain), kind
