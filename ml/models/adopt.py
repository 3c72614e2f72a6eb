"""Weights that are on this machine already, in a folder of any layout a person is likely to have → the store.

A demucs repository (`NAME.yaml`, `SIG-HASH.th`), torch's cache of one, a folder of safetensors, or a CTranslate2
Whisper. A Whisper is taken only if its files are the published ones of that name (ml.models.sources).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ml.audio.checksum import sha256
from ml.models import ModelError, NotPublished, WrongHash
from ml.models.download import Digest, FreeBytes, free_bytes, require_space
from ml.models.fetch import PUBLISHED as PUBLISHED_WHOLE
from ml.models.fetch import prepare
from ml.models.prepare import SUFFIX, bag_of
from ml.models.sources import DEMUCS, WHISPER
from ml.models.store import Model, ModelStore

PUBLISHED = "the published SHA-256 (its first 8 digits)"
OWN_NAME = "the SHA-256 (its first digits) in the file's own name"
NOTHING = "nothing: no hash is published for a file like this"

_PICKLE = re.compile(r"(?P<signature>[A-Za-z0-9_]+)-(?P<prefix>[0-9a-f]{8,64})\.th")
WHISPER_FILES = ("model.bin", "config.json", "tokenizer.json")
"""What every CTranslate2 Whisper has; with them a vocabulary, and for some sizes preprocessor_config.json."""

_WHISPER_FILES = re.compile(
    r"model\.bin|config\.json|tokenizer\.json|preprocessor_config\.json|vocabulary\.(json|txt)"
)


def adopt(store: ModelStore, name: str, source: Path, *, free: FreeBytes = free_bytes) -> Model:
    """Put the model `name` into the store from the folder `source`, which is left as it is.

    Raises ModelError: not there, not whole, or a file's hash is not the published one or the one in its name
    (WrongHash).
    """
    if not source.is_dir():
        raise ModelError(f"{source} is not a folder.")
    for folder in (source, source / name):
        if name not in DEMUCS and (folder / "model.bin").is_file():
            return _adopt_whisper(store, name, folder, free)
    if name in WHISPER:
        raise NotPublished(f"{source} holds no {name}: it needs {', '.join(WHISPER_FILES)}.")
    return _adopt_demucs(store, name, source, free)


def contents(source: Path) -> list[str]:
    """The published models that the folder `source` holds, or folders in it of their names: those that `adopt` can try.

    Raises ModelError where it holds none.
    """
    if not source.is_dir():
        raise ModelError(f"{source} is not a folder.")
    names = []
    for name, published in WHISPER.items():
        sizes = {file: known.size_bytes for file, known in published.files.items()}
        if any(_has(folder, "model.bin", sizes["model.bin"]) for folder in (source, source / name)):
            names.append(name)
    for name, bag in DEMUCS.items():
        if all(_has_network(source, signature) for signature, _ in bag.members):
            names.append(name)
    if not names:
        raise NotPublished(
            f"{source} holds no published model: neither a Whisper's model.bin nor demucs' networks. "
            "Name the model if its files have other names."
        )
    return names


def _has(folder: Path, name: str, size_bytes: int) -> bool:
    path = folder / name
    return path.is_file() and path.stat().st_size == size_bytes


def _has_network(source: Path, signature: str) -> bool:
    return (source / f"{signature}{SUFFIX}").is_file() or any(source.glob(f"{signature}-*.th"))


def _adopt_whisper(store: ModelStore, name: str, folder: Path, free: FreeBytes) -> Model:
    files = {path.name: path for path in folder.iterdir() if _WHISPER_FILES.fullmatch(path.name)}
    missing = [wanted for wanted in WHISPER_FILES if wanted not in files]
    if missing:
        raise NotPublished(f"{folder} holds a Whisper that lacks {', '.join(missing)}.")
    published = WHISPER.get(name)
    if published is None:
        return _install(store, name, "whisper", files, NOTHING, None, free)
    for file, known in published.files.items():
        if file not in files:
            raise NotPublished(f"{folder} holds a Whisper that lacks {file}.")
        if not Digest("sha256", known.sha256).fits(files[file]):
            raise WrongHash(f"{folder / file} is not {name}'s published file{_known_as(file, files[file])}.")
    wanted = {file: files[file] for file in published.files}
    return _install(store, name, "whisper", wanted, PUBLISHED_WHOLE, None, free)


def _known_as(file: str, path: Path) -> str:
    """Which published Whisper this file is of, for a message."""
    digest = sha256(path)
    names = [
        name for name, known in WHISPER.items() if file in known.files and known.files[file].sha256 == digest
    ]
    return f": it is {names[0]}'s" if len(names) == 1 else " (its hash differs)"


def _adopt_demucs(store: ModelStore, name: str, source: Path, free: FreeBytes) -> Model:
    bag = _bag(name, source)
    files: dict[str, Path] = {}
    proofs = set()
    for signature in bag["models"]:
        path, proof = _network(signature, source)
        files[path.name] = path
        proofs.add(proof)
    # One proof for the model: that of its least proved file.
    order = (NOTHING, OWN_NAME, PUBLISHED, PUBLISHED_WHOLE)
    proved = next(proof for proof in order if proof in proofs)
    return _install(store, name, "demucs", files, proved, bag, free)


def _install(
    store: ModelStore,
    name: str,
    kind: str,
    files: dict[str, Path],
    proved: str,
    bag: dict[str, Any] | None,
    free: FreeBytes,
) -> Model:
    store.folder.mkdir(parents=True, exist_ok=True)
    size_bytes = sum(path.stat().st_size for path in files.values())
    require_space(store.folder, 2 * size_bytes, free)  # half-precision files may be written out in full
    return store.install(
        name,
        kind,
        origin="a folder on this machine",
        revision=None,
        proved=proved,
        bag=bag,
        fill=lambda folder: prepare(files, dict.fromkeys(files, proved), folder),
    )


def _bag(name: str, source: Path) -> dict[str, Any]:
    """What the model `name` is made of: its own yaml first, then what is published, else one network of that name."""
    path = source / f"{name}.yaml"
    if not path.is_file():
        return bag_of(name) if name in DEMUCS else {"models": [name], "weights": None, "segment": None}
    import yaml

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        bag = {
            "models": [str(signature) for signature in raw["models"]],
            "weights": [[float(w) for w in row] for row in raw["weights"]] if raw.get("weights") else None,
            "segment": float(raw["segment"]) if raw.get("segment") else None,
        }
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError):
        raise ModelError(f"{path} does not describe a bag of demucs models.") from None
    if not bag["models"]:
        raise ModelError(f"{path} names no models.")
    return bag


def _network(signature: str, source: Path) -> tuple[Path, str]:
    """The file of one network, and how far it is proved."""
    plain = source / f"{signature}{SUFFIX}"
    if plain.is_file():
        published = next((bag.files[plain.name] for bag in DEMUCS.values() if plain.name in bag.files), None)
        fits = published is not None and Digest("sha256", published.sha256).fits(plain)
        return plain, PUBLISHED_WHOLE if fits else NOTHING
    for path in sorted(source.glob(f"{signature}-*.th")):
        match = _PICKLE.fullmatch(path.name)
        if match is None or match["signature"] != signature:
            continue
        if not Digest("sha256", match["prefix"]).fits(path):
            raise WrongHash(f"{path} is damaged: its SHA-256 does not begin with {match['prefix']}.")
        known = {pair for bag in DEMUCS.values() for pair in bag.members}
        return path, PUBLISHED if (signature, match["prefix"][:8]) in known else OWN_NAME
    if (source / f"{signature}.th").is_file():
        raise WrongHash(
            f"{source / signature}.th has no hash in its name, so it cannot be checked. "
            f"Name it {signature}-<first 8 digits of its SHA-256>.th if you know where it is from."
        )
    raise NotPublished(f"{source} holds neither {signature}{SUFFIX} nor {signature}-<hash>.th.")
