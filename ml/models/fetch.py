"""From a published name to a model in the store: choose the source, fetch, prove, prepare."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ml.models import ModelError, NotPublished, WrongHash, hub
from ml.models.download import Digest, FreeBytes, RemoteFile, download, free_bytes, require_space
from ml.models.prepare import UnsafeWeights, bag_of, converts, to_safetensors
from ml.models.sources import DEMUCS, KINDS, PUBLIC, WHISPER, Hosts
from ml.models.store import Model, ModelStore

Progress = Callable[[str, int, int | None], None]
"""Gets the file's name, the bytes of it that are here, and its size in bytes (None where unknown)."""

WHISPER_FILES = ("model.bin", "config.json", "tokenizer.json")
"""What every CTranslate2 Whisper has; with them a vocabulary, and for some sizes preprocessor_config.json."""

_WHISPER_MORE = re.compile(r"preprocessor_config\.json|vocabulary\.(json|txt)")

PUBLISHED_PREFIX = "the published SHA-256 (its first 8 digits)"
HUB_ETAG = "the hub's revision and etag"


@dataclass(frozen=True)
class _Plan:
    """What is fetched, and how it is proved."""

    origin: str
    revision: str | None
    proved: str
    files: tuple[RemoteFile, ...]


def fetch(
    store: ModelStore,
    name: str,
    *,
    progress: Progress = lambda _file, _done, _all: None,
    hosts: Hosts = PUBLIC,
    free: FreeBytes = free_bytes,
    from_hub: bool = False,
) -> Model:
    """Put the published model `name` into the store and return it. What is here and whole is not fetched again.

    A demucs model comes from demucs' own host, or with `from_hub` (and where that host lacks it, or its file cannot be
    read safely) from the hub. Raises the errors of ml.models.
    """
    if name not in KINDS:
        raise ModelError(f"No model is published as '{name}'. There is: {', '.join(KINDS)}.")
    here = store.find(name)
    if here is not None:
        try:
            here.verify()
        except WrongHash:  # damaged: that is why it is fetched again
            here = None
    if here is not None:
        return here
    if name in WHISPER:
        return _carry_out(store, name, _hub_plan(WHISPER[name], None, hosts), progress, free)
    if not from_hub:
        try:
            return _carry_out(store, name, _demucs_plan(name, hosts), progress, free)
        except (NotPublished, UnsafeWeights):
            pass
    members = [signature for signature, _ in DEMUCS[name].members]
    return _carry_out(store, name, _hub_plan(DEMUCS[name].hub, members, hosts), progress, free)


def _demucs_plan(name: str, hosts: Hosts) -> _Plan:
    bag = DEMUCS[name]
    files = tuple(
        RemoteFile(
            f"{hosts.demucs}/{bag.folder}/{signature}-{prefix}.th",
            f"{signature}-{prefix}.th",
            None,
            Digest("sha256", prefix),
        )
        for signature, prefix in bag.members
    )
    return _Plan(f"{hosts.demucs}/{bag.folder}", None, PUBLISHED_PREFIX, files)


def _hub_plan(repository: str, members: list[str] | None, hosts: Hosts) -> _Plan:
    revision = hub.revision_of(repository, hosts)
    listed = hub.files_of(repository, revision, hosts)
    if members is None:
        wanted = [*WHISPER_FILES, *sorted(name for name in listed if _WHISPER_MORE.fullmatch(name))]
    else:
        wanted = [f"{signature}.safetensors" for signature in members]
    missing = [name for name in wanted if name not in listed]
    if missing:
        raise NotPublished(f"{hosts.hub}/{repository} lacks {', '.join(missing)}.")
    files = tuple(listed[name] for name in wanted)
    return _Plan(f"{hosts.hub}/{repository}", revision, HUB_ETAG, files)


def _carry_out(store: ModelStore, name: str, plan: _Plan, progress: Progress, free: FreeBytes) -> Model:
    workshop = store.workshop(name)
    missing = sum(file.size_bytes or 0 for file in plan.files if not (workshop / file.name).exists())
    require_space(workshop, missing, free)
    fetched = {
        file.name: download(file, workshop, progress=partial(progress, file.name), free=free)
        for file in plan.files
    }
    size_bytes = sum(path.stat().st_size for path in fetched.values())
    if any(converts(path) for path in fetched.values()):
        require_space(workshop, 2 * size_bytes, free)  # half-precision files may be written out in full

    published = {
        file.name: f"{file.digest.algorithm} {file.digest.hex} at {plan.revision or plan.origin}"
        for file in plan.files
    }

    model = store.install(
        name,
        KINDS[name],
        origin=plan.origin,
        revision=plan.revision,
        proved=plan.proved,
        bag=bag_of(name) if name in DEMUCS else None,
        fill=lambda folder: prepare(fetched, published, folder),
    )
    shutil.rmtree(workshop, ignore_errors=True)
    return model


def prepare(files: Mapping[str, Path], published: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Put proved files into `folder`: demucs' `.th` converted to safetensors, all others as they are.

    Returns what was published of each stored file.
    """
    filled = {}
    for name, path in files.items():
        if converts(path):
            made = to_safetensors(path, folder / f"{path.stem.split('-')[0]}.safetensors")
        else:
            made = folder / name
            try:
                made.hardlink_to(path.resolve())  # a hub's cache holds links to its files
            except OSError:  # another disk, or one without links
                shutil.copyfile(path, made)
        filled[made.name] = published[name]
    return filled
