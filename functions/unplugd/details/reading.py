"""Read what a song's file says of it. The file is a stranger's, so a child process does it (`kernel.children`)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from audiofile import details as said
from unplugd.details import picture
from unplugd.domain.details import ANNOTATIONS, Details
from unplugd.domain.files import ARTWORK
from unplugd.edge.fields import printable
from unplugd.kernel import children
from unplugd.kernel.log import logger

CPU_SECONDS = 30
MOST_BYTES = 1024**2  # of a picture of 512 pixels
MODULE = "unplugd.details.reading"


def read(source: Path, work: Path) -> Details:
    """The details of a file; its pictures are written into `work` by the names of `files.ARTWORK`. A file that cannot
    be read in time and memory has no details."""
    try:
        known = json.loads(children.run(MODULE, source, work, seconds=CPU_SECONDS * 2))
    except children.ChildFailed as error:
        logger().warning("a file's details cannot be read", extra={"reason": str(error)})
        return Details()
    return Details(**{name: value for name, value in known.items() if name in ANNOTATIONS})


# --- in the child -----------------------------------------------------------------------------------------------------


def look(source: Path, work: Path) -> dict[str, Any]:
    """The fields of `Details`."""
    try:
        found = said.read(source)
    except MemoryError:
        raise
    except Exception:  # a broken tag: mutagen may raise anything
        found = {}
    known = {name: printable(value) if isinstance(value, str) else value for name, value in found.items()}
    return {name: value for name, value in known.items() if value != ""} | _picture(source, work)


def _picture(source: Path, work: Path) -> dict[str, int]:
    """Write the first picture that can be read; its size."""
    try:
        found = said.pictures(source)
    except MemoryError:
        raise
    except Exception:
        return {}
    for data in found:
        try:
            made, width, height = picture.made(data, ARTWORK)
        except picture.BadPicture:
            continue
        for name, content in made.items():
            (work / name).write_bytes(content)
        return {"artwork_width": width, "artwork_height": height}
    return {}


if __name__ == "__main__":
    children.limit(cpu_seconds=CPU_SECONDS, file_bytes=MOST_BYTES)
    sys.stdout.write(json.dumps(look(Path(sys.argv[1]), Path(sys.argv[2]))))
