"""One song on several machines: each makes a run of whole segments of every member, one puts them together.

A part is a folder: the stretches of its segments, and `part.json` `{version, part, parts, recipe, stretches: [{member,
first, last, file}]}`. It needs the song's mean and deviation, so every machine decodes the whole song (seconds). The
seams stay open sums, and a sum of two has one order: merged, the files are those of a single run to the bit.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.separation import BadParts, Part
from ml.separation.checkpoints import Recipe, Stretch, Unfit, open_stretch

INDEX = "part.json"
VERSION = 2


@dataclass(frozen=True)
class StoredPart:
    """A part's index, read; its stretches are not looked at yet."""

    folder: Path
    part: Part
    recipe: Recipe
    listed: list[dict[str, Any]]


def folder_name(part: Part) -> str:
    """What a part's folder is called."""
    return f"part-{part.number}-of-{part.of}"


def write(folder: Path, part: Part, recipe: Recipe, stretches: Sequence[Stretch]) -> None:
    """Make the part in `folder`, which must not exist: the index comes last."""
    folder.mkdir()
    listed = []
    for stretch in stretches:
        shutil.copyfile(stretch.path, folder / stretch.path.name)
        listed.append(
            {
                "member": stretch.grid.name,
                "first": stretch.first,
                "last": stretch.last,
                "file": stretch.path.name,
            }
        )
    document = {"version": VERSION, "part": part.number, "parts": part.of, "recipe": recipe.to_json()}
    (folder / INDEX).write_text(json.dumps({**document, "stretches": listed}), encoding="utf-8")


def read(folder: Path) -> StoredPart:
    """The part in `folder`. Raises BadParts."""
    try:
        document = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        if document["version"] != VERSION:
            raise BadParts(f"{folder} is a part of another version of this program. Make it again.")
        part = Part(document["part"], document["parts"])
        listed = [
            {**entry, "first": int(entry["first"]), "last": int(entry["last"])}
            for entry in document["stretches"]
        ]
        if any(Path(entry["file"]).name != entry["file"] for entry in listed):
            raise ValueError("a file outside the part")
        return StoredPart(folder, part, Recipe.from_json(document["recipe"]), listed)
    except OSError as error:
        raise BadParts(f"{folder} is not a part: it has no {INDEX}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadParts(f"{folder} is not a part of ours, or it is damaged. Make it again.") from error


def check(parts: Sequence[StoredPart], source_sha256: str, source: Path) -> Recipe:
    """The one recipe of all parts, each of which is there once. Raises BadParts, saying which one is at fault."""
    if not parts:
        raise BadParts("There is no part to merge.")
    first = parts[0]
    for part in parts:
        if part.recipe.source_sha256 != source_sha256:
            raise BadParts(f"{part.folder} is a part of another song than {source.name}.")
        if (name := first.recipe.difference(part.recipe.to_json())) != "":
            raise BadParts(f"{part.folder} was made with another {name} than {first.folder}.")
        if part.part.of != first.part.of:
            raise BadParts(
                f"{part.folder} is one of {part.part.of} parts, {first.folder} one of {first.part.of}."
            )
    numbers = [part.part.number for part in parts]
    for part in parts:
        if numbers.count(part.part.number) > 1:
            raise BadParts(f"Part {part.part.number} of {first.part.of} is given more than once.")
    missing = [str(number) for number in range(1, first.part.of + 1) if number not in numbers]
    if missing:
        raise BadParts(f"Of {first.part.of} parts these are missing: {', '.join(missing)}.")
    return first.recipe


def stretches(parts: Sequence[StoredPart], recipe: Recipe) -> list[Stretch]:
    """Every stretch, proved, in order; they cover each member's segments once, or (silence) there are none.

    Raises BadParts.
    """
    if not any(part.listed for part in parts):
        return []
    grids = {grid.name: grid for grid in recipe.grids}
    at = dict.fromkeys(grids, 0)
    found = []
    for part in sorted(parts, key=lambda part: part.part.number):
        for entry in part.listed:
            member, first, last = entry["member"], entry["first"], entry["last"]
            if member not in grids or first != at[member] or not first < last <= grids[member].count:
                raise BadParts(f"{part.folder} has segments that are not its own. Make it again.")
            try:
                found.append(open_stretch(part.folder / entry["file"], recipe, grids[member], first, last))
            except (Unfit, OSError) as error:
                reason = "it is missing" if isinstance(error, FileNotFoundError) else str(error)
                raise BadParts(f"{entry['file']} of {part.folder} cannot be used: {reason}.") from error
            at[member] = last
        if any(at[name] != part.part.run(grid.count).stop for name, grid in grids.items()):
            raise BadParts(f"{part.folder} lacks segments. Make it again.")
    return found
