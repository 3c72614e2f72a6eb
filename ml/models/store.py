"""The folder that holds the weights: one sub-folder a model, each with a manifest of its files' SHA-256.

`NAME/manifest.json`: `{version, name, kind: "demucs"|"whisper", origin, revision, proved, bag, files: {name: {sha256,
bytes, published}}}`. A model appears whole or not at all: it is made aside and moved into place. Engines load only what
the manifest lists and only after its hashes have been checked again.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ml.audio.checksum import sha256
from ml.models import ModelError, WrongHash

MANIFEST = "manifest.json"
VERSION = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class ModelFile:
    """A stored file; `published` is what its source published about it, in words."""

    sha256: str
    bytes: int
    published: str


@dataclass(frozen=True)
class Model:
    """One model in the store. `proved` says how far its weights could be proved when they came; `bag` is demucs' list
    of networks and weights."""

    name: str
    kind: str
    folder: Path
    origin: str
    revision: str | None
    proved: str
    bag: Mapping[str, Any] | None
    files: Mapping[str, ModelFile]

    @property
    def size_bytes(self) -> int:
        """Room it takes."""
        return sum(file.bytes for file in self.files.values())

    @property
    def sha256(self) -> str:
        """One hash for the whole model: the file's own where there is one, else that of the names and hashes."""
        if len(self.files) == 1:
            return next(iter(self.files.values())).sha256
        listed = "".join(f"{name} {self.files[name].sha256}\n" for name in sorted(self.files))
        return hashlib.sha256(listed.encode()).hexdigest()

    def verify(self, names: Iterable[str] | None = None) -> None:
        """Check these files, or all of them. Raises WrongHash, naming the first that is missing or not as listed."""
        for name in self.files if names is None else names:
            listed, path = self.files.get(name), self.folder / name
            if listed is None or not path.is_file():
                raise WrongHash(
                    f"{self.name} lacks its file {name}. Fetch it again: make models MODELS={self.name}"
                )
            if path.stat().st_size != listed.bytes or sha256(path) != listed.sha256:
                raise WrongHash(
                    f"{self.name}'s file {name} is damaged. Fetch it again: make models MODELS={self.name}"
                )


class ModelStore:
    """The weights under `folder`, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, name: str) -> Model | None:
        """The model `name`; None where it is not here. Raises ModelError for a manifest that is none of ours."""
        if not _NAME.fullmatch(name):
            return None
        path = self.folder / name / MANIFEST
        try:
            raw = path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            return _parse(json.loads(raw), path.parent)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ModelError(
                f"{path} is not a manifest of ours. Delete its folder and fetch the model again."
            ) from None

    def list(self) -> list[Model]:
        """Every model that is here, by name. A folder with a broken manifest is left out."""
        found: list[Model] = []
        for path in sorted(self.folder.glob(f"*/{MANIFEST}")):
            try:
                model = self.find(path.parent.name)
            except ModelError:
                continue
            if model is not None:
                found.append(model)
        return found

    def best(self, order: Iterable[str], kind: str) -> Model | None:
        """The first of `order` that is here and of `kind`."""
        present = {model.name: model for model in self.list() if model.kind == kind}
        return next((present[name] for name in order if name in present), None)

    def workshop(self, name: str) -> Path:
        """The folder in which `name` is fetched. It outlives a failure: the next run goes on from there."""
        if not _NAME.fullmatch(name):
            raise ModelError(f"'{name}' cannot be a model's name: letters, digits, dots and dashes only.")
        room = self.folder / f".fetching-{name}"
        room.mkdir(parents=True, exist_ok=True)
        return room

    def install(
        self,
        name: str,
        kind: str,
        *,
        origin: str,
        revision: str | None,
        proved: str,
        bag: Mapping[str, Any] | None,
        fill: Callable[[Path], Mapping[str, str]],
    ) -> Model:
        """Make the model: `fill` puts its files into an empty folder and says, file by file, what was published of it.

        Replaces a model of that name in one step; on a failure the old one stays.
        """
        new = self.folder / f".new-{name}"
        old = self.folder / f".old-{name}"
        for left_over in (new, old):
            shutil.rmtree(left_over, ignore_errors=True)
        new.mkdir(parents=True)
        try:
            published = fill(new)
            manifest = {
                "version": VERSION,
                "name": name,
                "kind": kind,
                "origin": origin,
                "revision": revision,
                "proved": proved,
                "bag": bag,
                "files": _listed(new, published),
            }
            _write(new / MANIFEST, manifest)
            model = _parse(manifest, self.folder / name)
            if (self.folder / name).exists():
                (self.folder / name).rename(old)
            new.rename(self.folder / name)
        finally:
            shutil.rmtree(new, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
        return model

    def extend(self, model: Model, fill: Callable[[Path], Mapping[str, str]]) -> Model:
        """Add files to a model that is here: `fill` as in `install`. On a failure it stays as it was."""
        with TemporaryDirectory(dir=self.folder, prefix=f".new-{model.name}-") as made:
            new = Path(made)
            published = fill(new)
            listed = _listed(new, published)
            for file in published:
                (new / file).replace(model.folder / file)
            manifest = json.loads((model.folder / MANIFEST).read_text(encoding="utf-8"))
            manifest["files"] |= listed
            _write(new / MANIFEST, manifest)
            (new / MANIFEST).replace(model.folder / MANIFEST)
        return _parse(manifest, model.folder)


def _listed(folder: Path, published: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What the manifest says of the files in `folder`."""
    return {
        file: {
            "sha256": sha256(folder / file),
            "bytes": (folder / file).stat().st_size,
            "published": words,
        }
        for file, words in sorted(published.items())
    }


def _write(path: Path, manifest: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _parse(document: Any, folder: Path) -> Model:
    if document["version"] != VERSION or document["name"] != folder.name:
        raise ValueError("another version, or a folder that was renamed")
    files = {
        name: ModelFile(str(entry["sha256"]), int(entry["bytes"]), str(entry["published"]))
        for name, entry in document["files"].items()
    }
    if not files or any(not _NAME.fullmatch(name) for name in files):
        raise ValueError("no files, or names that are none")
    return Model(
        name=document["name"],
        kind=str(document["kind"]),
        folder=folder,
        origin=str(document["origin"]),
        revision=document["revision"],
        proved=str(document["proved"]),
        bag=document["bag"],
        files=files,
    )
