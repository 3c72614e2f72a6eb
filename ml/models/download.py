"""One file over HTTP: with progress, going on where a broken connection left off, proved before it gets its name."""

from __future__ import annotations

import errno
import hashlib
import http.client
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, NoReturn

from ml.models import HostFailed, NoNetwork, NoSpace, NotPublished, WrongHash

Algorithm = Literal["sha256", "git-blob"]
FreeBytes = Callable[[Path], int]


@dataclass(frozen=True)
class Patience:
    """`timeout_s` is the silence (s) after which a connection counts as broken. A file is given up after `first`
    connections that brought nothing, or `tries` of them once bytes have come; those that bring bytes do not count."""

    timeout_s: float = 30.0
    first: int = 2
    tries: int = 5


PATIENT = Patience()
HURRIED = Patience(timeout_s=10.0, first=1, tries=3)
"""Where the same file can be had elsewhere."""

RESERVE_BYTES = 256 << 20
"""Room that is left on the disk for everything else."""

_CHUNK_BYTES = 1 << 18
_BROKEN = (urllib.error.URLError, ConnectionError, TimeoutError, ssl.SSLError, http.client.HTTPException)


@dataclass(frozen=True)
class Digest:
    """What a file must hash to: `hex` is the whole hash, or its first digits where no more is published."""

    algorithm: Algorithm
    hex: str

    def fits(self, path: Path) -> bool:
        """Whether `path` hashes to it."""
        with path.open("rb") as file:
            if self.algorithm == "sha256":
                return hashlib.file_digest(file, "sha256").hexdigest().startswith(self.hex)
            # Git's name of a content, which the hub gives as the etag of its small files (not for security).
            blob = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
            while chunk := file.read(_CHUNK_BYTES):
                blob.update(chunk)
            return blob.hexdigest().startswith(self.hex)


@dataclass(frozen=True)
class RemoteFile:
    """One published file: where it is, what it is called here, its size in bytes (where known) and its digest."""

    url: str
    name: str
    size_bytes: int | None
    digest: Digest


def free_bytes(folder: Path) -> int:
    """Room on the disk that `folder` is on."""
    return shutil.disk_usage(folder).free


def download(
    file: RemoteFile,
    folder: Path,
    *,
    progress: Callable[[int, int | None], None] = lambda _done, _all: None,
    free: FreeBytes = free_bytes,
    pause: Callable[[float], None] = time.sleep,
    patience: Patience = PATIENT,
) -> Path:
    """Fetch `file` into `folder` and return its path. What is there already, and fits, is not fetched again.

    `progress` gets (bytes here, bytes in all or None). A broken connection is taken up again, now and in the next
    call, from `NAME.part`. Raises NoNetwork, NoSpace, WrongHash, NotPublished, HostFailed.
    """
    to = folder / file.name
    part = folder / f"{file.name}.part"
    if to.is_file() and file.digest.fits(to):
        size = to.stat().st_size
        progress(size, size)
        return to
    # A part left by an older run may be of another file of that name: then it is fetched once more, from the start.
    for resumed in (part.exists(), False):
        _fetch(file, part, progress, free, pause, patience)
        if file.digest.fits(part):
            part.replace(to)
            return to
        part.unlink()
        if not resumed:
            break
    raise WrongHash(
        f"{file.name} from {_host(file.url)} is not the published file (its hash differs), so it was thrown away. "
        "Try again; if that changes nothing, something between here and there alters files."
    )


def _fetch(
    file: RemoteFile,
    part: Path,
    progress: Callable[[int, int | None], None],
    free: FreeBytes,
    pause: Callable[[float], None],
    patience: Patience,
) -> None:
    """Bring `part` to the file's full length."""
    brought, idle = False, 0
    while True:
        before = _length(part)
        fault: Exception | None = None
        try:
            if _connect(file, part, before, progress, free, patience.timeout_s):
                return
        except _BROKEN as error:
            fault = error
        if _length(part) > before:
            brought, idle = True, 0
        else:
            idle += 1
        # Where nothing ever came, waiting longer would not help: there is no network, or no such host.
        if idle >= (patience.tries if brought or before else patience.first):
            if not _length(part):
                _unreachable(file, fault)
            raise NoNetwork(
                f"The connection to {_host(file.url)} keeps breaking: {_length(part) >> 20} MiB of {file.name} are "
                "here. Run the same command again; it goes on from there."
            ) from fault
        pause(0.5 * 2**idle)


def _connect(
    file: RemoteFile,
    part: Path,
    have: int,
    progress: Callable[[int, int | None], None],
    free: FreeBytes,
    timeout_s: float,
) -> bool:
    """One connection; whether the file is whole afterwards."""
    request = urllib.request.Request(file.url, headers={"User-Agent": "unplugd"})  # noqa: S310 - hosts are ours (sources.py)
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        answer: Any = urllib.request.urlopen(request, timeout=timeout_s)  # noqa: S310 - as above
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 416:  # nothing after what we have: whole, or longer than it should be
                return True
            _refused(file, error.code)
    with answer:
        resumes = answer.status == 206
        length = answer.headers.get("Content-Length")
        whole = int(length) + (have if resumes else 0) if length else file.size_bytes
        require_space(part.parent, (whole or 0) - (have if resumes else 0), free)
        done = have if resumes else 0
        with part.open("ab" if resumes else "wb") as out:
            progress(done, whole)
            while chunk := answer.read(_CHUNK_BYTES):
                _write(out, chunk, part.parent)
                done += len(chunk)
                progress(done, whole)
    return whole is None or done >= whole


def require_space(folder: Path, size_bytes: int, free: FreeBytes = free_bytes) -> None:
    """Raises NoSpace unless `size_bytes` and a reserve fit on the disk of `folder`."""
    there = free(folder)
    if size_bytes > 0 and there < size_bytes + RESERVE_BYTES:
        raise NoSpace(
            f"{folder} has {there >> 20} MiB free and the weights need {(size_bytes + RESERVE_BYTES) >> 20} MiB. "
            "Free some room, or name a folder on another disk with MODEL_DIR."
        )


def _write(out: BinaryIO, chunk: bytes, folder: Path) -> None:
    try:
        out.write(chunk)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(
                f"The disk of {folder} is full; free some room and run the same command again."
            ) from error
        raise


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def read_json_bytes(url: str, limit_bytes: int) -> bytes:
    """A short answer of an API. Raises NoNetwork, NotPublished, HostFailed."""
    file = RemoteFile(url, url.rsplit("/", 1)[-1], None, Digest("sha256", ""))
    request = urllib.request.Request(url, headers={"User-Agent": "unplugd"})  # noqa: S310 - hosts are ours (sources.py)
    try:
        with urllib.request.urlopen(request, timeout=PATIENT.timeout_s) as answer:  # noqa: S310 - as above
            content: bytes = answer.read(limit_bytes)
            return content
    except urllib.error.HTTPError as error:
        with error:
            _refused(file, error.code)
    except _BROKEN as error:
        _unreachable(file, error)


def _refused(file: RemoteFile, status: int) -> NoReturn:
    host = _host(file.url)
    if status in (401, 403, 404, 410):
        raise NotPublished(f"{host} does not have {file.name} for everybody (it answers {status}).")
    raise HostFailed(f"{host} cannot give {file.name} now (it answers {status}). Try again later.")


def _unreachable(file: RemoteFile, error: Exception | None) -> NoReturn:
    reason = getattr(error, "reason", None) or error
    because = f" ({reason})" if reason else ""
    raise NoNetwork(
        f"{_host(file.url)} cannot be reached{because}. Weights that another machine fetched can be taken from a "
        "folder: unplugd models --from FOLDER."
    ) from error


def _host(url: str) -> str:
    return url.split("://", 1)[-1].split("/", 1)[0]
