"""The song a person names: refused with a sentence before anything is started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiofile import FORMATS, MAX_BYTES

CONTENT_TYPES = {f".{suffix}": form.content_type for form in FORMATS.values() for suffix in form.suffixes}


class Refused(Exception):
    """What is asked for cannot be done; the message says why and what would help."""


@dataclass(frozen=True)
class SongFile:
    """A file that can be uploaded."""

    path: Path
    content_type: str


def check(path: Path) -> SongFile:
    """The file, or `Refused`. Whether it really is audio is the server's to judge."""
    if path.is_dir():
        raise Refused(f"{path} is a folder. Name one song file in it.")
    if not path.exists():
        raise Refused(f"There is no file {path}.")
    content_type = CONTENT_TYPES.get(path.suffix.lower())
    if content_type is None:
        raise Refused(f"{path.name} is not a type Unplugd takes. Use mp3, wav, m4a, flac, ogg or opus.")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    size = path.stat().st_size
    if empty:
        raise Refused(f"{path.name} is empty.")
    if size > MAX_BYTES:
        raise Refused(
            f"{path.name} has {size / 1024**2:.1f} MB; at most {MAX_BYTES // 1024**2} MB can be taken. "
            "Use a compressed copy (mp3, m4a or flac)."
        )
    return SongFile(path, content_type)


def check_folder(folder: Path) -> Path:
    """A folder results can go to (it need not exist yet), or `Refused`."""
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not existing.is_dir():
        raise Refused(f"{existing} is a file, so {folder} cannot be a folder for the results.")
    return folder
