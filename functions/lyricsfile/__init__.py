"""Lyrics files as this project takes them: formats, encodings, lines and words with their times.

Two readers share this package: the API (unplugd.lyrics), and the lyrics stage (ml.lyrics), which meets the same formats
in the tags of songs. It imports nothing of ours and nothing that must be installed.
"""

from __future__ import annotations

from lyricsfile.encoding import decoded
from lyricsfile.model import Lines
from lyricsfile.reading import NotRead
from lyricsfile.registry import READERS, detect

__all__ = ["NotRead", "read"]


def read(text: str | bytes, *, kind: str | None = None, encoding: str | None = None) -> tuple[Lines, str]:
    """The lines of a file or of a tag, sorted by time, and the format's name (found out where `kind` is None).

    Raises NotRead, which names the line or the encoding that is wrong.
    """
    plain = decoded(text, encoding) if isinstance(text, bytes) else text.removeprefix("\ufeff")
    kind = kind or detect(plain)
    return READERS[kind](plain), kind
