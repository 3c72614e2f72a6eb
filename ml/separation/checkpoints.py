"""Stretches on disk: what a member made of a few neighbouring segments, so that it need not be made again.

A file is one line of magic, one line of JSON (the recipe, member, segments, SHA-256 of what follows) and the open sums
(ml.separation.segments.Sums) as little-endian float32, (frames, stems, 2). The unbroken run goes the same way as the
resumed one and the merged one: they give the same bits because they read the same files.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.separation import InUse
from ml.separation.engine import Separator
from ml.separation.folders import locked
from ml.separation.segments import Grid

SUFFIX = ".stretch"
_DRAFT = f"{SUFFIX}.tmp"
_MAGIC = b"unplugd stretch 1\n"
_HEADER_BYTES = 1 << 16  # longest header that is read


@dataclass(frozen=True)
class Recipe:
    """Everything the bits of a stretch depend on, and what is needed to put stretches together."""

    source_sha256: str
    frames: int
    engine: str
    model: str
    version: str
    sha256: str
    precision: str
    stems: tuple[str, ...]
    remainder: str
    normalised: bool
    level: float
    grids: tuple[Grid, ...]

    @classmethod
    def of(cls, separator: Separator, source_sha256: str, frames: int) -> Recipe:
        """The recipe of `separator` for one song."""
        facts = {
            name: getattr(separator, name)
            for name in (
                "engine",
                "model",
                "version",
                "sha256",
                "precision",
                "stems",
                "remainder",
                "normalised",
                "level",
            )
        }
        grids = tuple(Grid.of(member, frames) for member in separator.members)
        return cls(source_sha256=source_sha256, frames=frames, grids=grids, **facts)

    def to_json(self) -> dict[str, Any]:
        """As headers hold it."""
        document: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Recipe:
        """The recipe in a header. Raises TypeError, KeyError, ValueError for what is none."""
        grids = [
            Grid(**{**grid, "stems": tuple(grid["stems"]), "weights": tuple(grid["weights"])})
            for grid in document["grids"]
        ]
        return cls(**{**document, "stems": tuple(document["stems"]), "grids": tuple(grids)})

    def difference(self, other: dict[str, Any]) -> str:
        """The first thing in which the recipe `other`, from a header, differs; empty if nothing does."""
        mine = self.to_json()
        return next((name for name in mine if mine[name] != other.get(name)), "")


@dataclass(frozen=True)
class Stretch:
    """A whole and proper stretch file: segments [first, last) of one grid, its frames [start, end)."""

    path: Path
    grid: Grid
    first: int
    last: int
    offset: int

    @property
    def span(self) -> tuple[int, int]:
        return self.grid.span(self.first, self.last)

    def read(self, start: int, end: int) -> NDArray[np.float32]:
        """The sums over the frames [start, end), which lie in its span: (frames, stems, 2)."""
        width = len(self.grid.stems) * 2
        skip = self.offset + (start - self.span[0]) * width * 4
        values = np.fromfile(self.path, "<f4", (end - start) * width, offset=skip)
        return values.reshape(end - start, len(self.grid.stems), 2)


class Unfit(Exception):
    """A stretch file that cannot be used; the message says why."""


class Checkpoints:
    """The stretches of one recipe in `folder`. `durable`: each is on the disk for good before it is counted on."""

    def __init__(self, folder: Path, recipe: Recipe, *, durable: bool, warn: Callable[[str], None]) -> None:
        self._folder = folder
        self._recipe = recipe
        self._durable = durable
        self._warn = warn

    def find(self, grid: Grid, first: int, last: int) -> Stretch | None:
        """The stretch if it is here, whole and of this recipe; what is not, is said and left to be overwritten."""
        path = self._path(grid, first, last)
        try:
            return open_stretch(path, self._recipe, grid, first, last)
        except FileNotFoundError:
            return None
        except (Unfit, OSError) as error:
            self._warn(f"The checkpoint {path.name} is not used and its work done again: {error}")
            return None

    def write(self, grid: Grid, first: int, last: int, sums: NDArray[np.float32]) -> Stretch:
        """Keep a stretch. It appears whole or not at all. Raises OSError (disk full)."""
        payload = np.ascontiguousarray(sums, "<f4").data.cast("B")
        header = {
            "recipe": self._recipe.to_json(),
            "member": grid.name,
            "segments": [first, last],
            "payload_sha256": hashlib.sha256(payload).hexdigest(),
        }
        start = _MAGIC + json.dumps(header, separators=(",", ":")).encode() + b"\n"
        path = self._path(grid, first, last)
        aside = path.with_suffix(_DRAFT)
        try:
            with aside.open("wb") as file:
                file.write(start)
                file.write(payload)
                if self._durable:
                    file.flush()
                    os.fsync(file.fileno())
            aside.replace(path)
        except BaseException:
            with suppress(OSError):
                aside.unlink()
            raise
        return Stretch(path, grid, first, last, len(start))

    def _path(self, grid: Grid, first: int, last: int) -> Path:
        return self._folder / f"{grid.name}-{first:05d}-{last:05d}{SUFFIX}"


def open_stretch(path: Path, recipe: Recipe, grid: Grid, first: int, last: int) -> Stretch:
    """The stretch in `path`, proved. Raises Unfit, FileNotFoundError, OSError."""
    with path.open("rb") as file:
        magic, line = file.readline(len(_MAGIC)), file.readline(_HEADER_BYTES)
        try:
            header = json.loads(line) if magic == _MAGIC and line.endswith(b"\n") else None
        except ValueError:
            header = None
        if not isinstance(header, dict) or not isinstance(header.get("recipe"), dict):
            raise Unfit("it is damaged or no checkpoint")
        if (name := recipe.difference(header["recipe"])) != "":
            raise Unfit(f"it was made with another {name}")
        if (header.get("member"), header.get("segments")) != (grid.name, [first, last]):
            raise Unfit("it holds other segments than its name says")
        offset = file.tell()
        if hashlib.file_digest(file, "sha256").hexdigest() != header.get("payload_sha256"):
            raise Unfit("it is damaged")
    return Stretch(path, grid, first, last, offset)


def started(folder: Path) -> bool:
    """Whether an earlier run left stretches in `folder`."""
    return next(folder.glob(f"*{SUFFIX}"), None) is not None


def clear(folder: Path, used: Iterable[Stretch]) -> None:
    """Remove stretches that have served and what killed runs had begun to write, and the folder if that was all.

    For the run that has the folder `held`. What others keep there, parts and songs to go on with too, stays.
    """
    for stretch in used:
        stretch.path.unlink(missing_ok=True)
    for draft in folder.glob(f"*{_DRAFT}"):
        if draft.is_file():
            draft.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep every other run out of a folder of checkpoints. Raises InUse if one is in it."""
    with suppress(FileExistsError):
        folder.mkdir(parents=True)
    with locked(folder) as free:
        if not free:
            raise InUse(f"Another separation is using the checkpoints in {folder}. Give each its own folder.")
        yield
