"""File names as people and programs give them: what counts as the same name."""

from __future__ import annotations

import hashlib
import re
import unicodedata

# Of the characters of a name that a caller sends. It is cleaned before use; this only bounds what is worth cleaning.
MAX_FILE_NAME = 16_384
_KEPT = 1024  # characters of a name that are stored


def last_part(name: str) -> str:
    """A file name without its path. A backslash divides a path of Windows, or one that goes up: elsewhere it is a
    letter of a name such as `AC\\DC`."""
    windows = re.match(r"[A-Za-z]:\\|\\\\", name) or re.search(r"(?:^|[/\\])\.\.\\", name)
    return re.split(r"[/\\]" if windows else "/", name)[-1]


def kept_name(name: str) -> str:
    """What is stored of a file name."""
    return last_part(name)[:_KEPT]


def name_key(name: str) -> str:
    """What two file names have in common when they are the same but for case, path and how an é is composed (Unicode's
    canonical caseless match). 32 hexadecimal digits: an index takes keys of 1,024 bytes, and names can be longer."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", kept_name(name)).casefold())
    return hashlib.blake2b(folded.encode("utf-8", "replace"), digest_size=16).hexdigest()
