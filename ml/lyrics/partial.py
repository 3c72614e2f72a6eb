"""What was heard so far, kept in a folder, so that a run that was stopped does not hear it again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Partial:
    """One file for each hearing, named by what its content follows from: the samples and `engine` (all other
    inputs). Without a folder nothing is kept."""

    def __init__(self, folder: Path | None, engine: str) -> None:
        self._folder = folder
        self._engine = engine

    def other(self, how: str) -> Partial:
        """The same folder, for what is heard in another way (`how`): the same samples may give other words."""
        return Partial(self._folder, f"{self._engine} {how}")

    def read(self, samples: NDArray[np.float32]) -> dict[str, Any] | None:
        """What was heard in `samples` before, or None. A file that cannot be read counts as none."""
        if self._folder is None:
            return None
        try:
            found = json.loads(self._path(self._folder, samples).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def write(self, samples: NDArray[np.float32], heard: dict[str, Any]) -> None:
        """Keep `heard`, of `samples`. The file appears whole or not at all."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(self._folder, samples)
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps(heard, ensure_ascii=False), "utf-8")
        draft.replace(path)

    def _path(self, folder: Path, samples: NDArray[np.float32]) -> Path:
        key = hashlib.sha256(self._engine.encode())
        key.update(np.ascontiguousarray(samples).tobytes())
        return folder / f"{key.hexdigest()[:32]}.json"
