"""manifest.json: what the stages made, how, and the checksums that say whether it is all still there.

`{version, source: {sha256, frames, sampleRate}, separation: {…}, lyrics: {…} or null,
files: {name: {sha256, bytes}}}`. It is written last, so that what it lists has been uploaded.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from task.log import Log
from task.objects import Folder, Stored

NAME = "manifest.json"
TAGS = "tags.json"
"""`{"lyrics": text or null}`: what the original's tags said. One stage writes it, the other reads it."""
VERSION = 1
_WAV = ".wav"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Manifest:
    """One manifest. `separation` and `lyrics` are what the stages wrote there, or None."""

    source: Mapping[str, Any] | None = None
    separation: Mapping[str, Any] | None = None
    lyrics: Mapping[str, Any] | None = None
    files: Mapping[str, Stored] = field(default_factory=dict)

    @property
    def stems(self) -> tuple[str, ...]:
        """Which stems the song has. Older manifests do not list them: there the WAVs say it."""
        made = self.separation or {}
        if isinstance(made.get("stems"), list):
            return tuple(made["stems"])
        names = made.get("files") or self.files
        return tuple(name.removesuffix(_WAV) for name in names if name.endswith(_WAV))

    def lists_stems(self) -> bool:
        """Whether it lists every stem's file."""
        return bool(self.stems) and {wav(stem) for stem in self.stems} <= set(self.files)

    def with_lyrics(self, lyrics: Mapping[str, Any], files: Mapping[str, Stored]) -> "Manifest":
        """This manifest with the lyrics stage's part and its files in place of what it said of them."""
        return replace(self, lyrics=lyrics, files={**self.files, **files})

    def to_json(self) -> dict[str, Any]:
        """The document, as it is stored."""
        return {
            "version": VERSION,
            "source": self.source,
            "separation": self.separation,
            "lyrics": self.lyrics,
            "files": {name: {"sha256": f.sha256, "bytes": f.bytes} for name, f in self.files.items()},
        }


def parse(raw: bytes) -> Manifest:
    """The manifest in `raw`. Raises ValueError for anything but one of ours."""
    document = json.loads(raw)
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise ValueError(f"not a manifest of version {VERSION}")
    parts = {name: document.get(name) for name in ("source", "separation", "lyrics")}
    if any(part is not None and not isinstance(part, dict) for part in parts.values()):
        raise ValueError("a part of it is not an object")
    if not _lists_names(parts["separation"] or {}):
        raise ValueError("its separation lists something that is no name")
    listed = document.get("files")
    if not isinstance(listed, dict):
        raise ValueError("it lists no files")
    return Manifest(**parts, files={name: _stored(name, entry) for name, entry in listed.items()})


def wav(stem: str) -> str:
    """The name of a stem's WAV."""
    return f"{stem}{_WAV}"


def _lists_names(separation: Mapping[str, Any]) -> bool:
    lists = (separation.get(key) for key in ("stems", "files"))
    return all(
        names is None or (isinstance(names, list) and all(isinstance(name, str) for name in names))
        for names in lists
    )


def load(folder: Folder, log: Log) -> Manifest | None:
    """The manifest in `folder`; None where there is none, or one that cannot be trusted (logged)."""
    raw = folder.read(NAME)
    if raw is None:
        return None
    try:
        return parse(raw)
    except ValueError as error:  # JSON and Unicode faults are ValueErrors too
        log.warning("The manifest is corrupt or foreign and is ignored", file=NAME, reason=str(error))
        return None


def intact(manifest: Manifest, names: Iterable[str], folder: Folder, log: Log) -> bool:
    """Whether each of `names` is listed and is in S3 with the size and the checksum listed."""
    for name in names:
        listed = manifest.files.get(name)
        found = folder.stored(name) if listed else None
        if listed is None or found != listed:
            log.warning("A finished file is missing or altered; the stage runs again", file=name)
            return False
    return True


def lying(folder: Folder) -> dict[str, Stored]:
    """What the stages uploaded to `folder`, by the checksums that they left there: what a lost manifest listed."""
    there = {name: folder.stored(name) for name in folder.names() if "/" not in name}
    return {name: stored for name, stored in there.items() if stored and _SHA256.fullmatch(stored.sha256)}


def _stored(name: str, entry: Any) -> Stored:
    if not isinstance(entry, dict):
        raise ValueError(f"its entry for {name} is not an object")
    sha256, size = entry.get("sha256"), entry.get("bytes")
    # bool is an int to Python; `true` bytes are none.
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256) or type(size) is not int or "/" in name:
        raise ValueError(f"its entry for {name} is not one of ours")
    return Stored(sha256, size)
