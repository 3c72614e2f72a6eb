"""Finished stretches of a separation, or of a transcription, kept in S3 with the song until its stems exist.

Spot gives a task 120 s, a crash gives it none: a stretch is stored as soon as it is whole. It is in the song's own
folder, so it is kept with a failed song's folder and deleted with the song. A tag lets the bucket's lifecycle remove
checkpoints that are never used again.
"""

from dataclasses import replace
from pathlib import Path

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from ml.separation.checkpoints import SUFFIX
from task.log import describe
from task.objects import Folder
from task.shell import Job

PREFIX = "checkpoints/"
TAG = "kind=checkpoint"
"""As the lifecycle rule in templates/storage.yaml names it."""


class Checkpoints:
    """The local folder that the engine fills, and its copy in S3."""

    def __init__(self, job: Job, under: str = "", suffix: str = SUFFIX) -> None:
        self.folder = job.work / "checkpoints"
        self.folder.mkdir()
        self._near, self._far = _places(job.folder, under)
        self._suffix = suffix
        self._log = job.log
        self._stored: dict[str, tuple[int, ...]] = {}  # which file of that name is in S3

    def fetch(self) -> None:
        """Fetch what an earlier run left; the engine looks for itself what of it fits. Raises Stopped."""
        for name in self._near.names():
            if name.endswith(self._suffix) and "/" not in name:
                self._near.download(name, self.folder / name)
                self._stored[name] = _version(self.folder / name)
        if self._stored:
            self._log.info("An earlier run left checkpoints", count=len(self._stored))

    def save(self) -> None:
        """Store what is finished and not stored yet, also what the engine made again in place of what was fetched.

        Never fails the song: without it, work is only done again.
        """
        for path in sorted(self.folder.glob(f"*{self._suffix}")):
            try:
                version = _version(path)
                if self._stored.get(path.name) != version:
                    self._stored[path.name] = version  # also if it fails: the next one is more worth trying
                    self._far.upload(path, tag=TAG)
            except (ClientError, BotoCoreError, Boto3Error, OSError) as error:
                self._log.warning("A checkpoint was not stored", file=path.name, **describe(error))


def clear(job: Job, under: str = "") -> None:
    """Remove all of the song's checkpoints, or those `under` a folder of theirs: they have served."""
    near, _ = _places(job.folder, under)
    near.delete_all(near.names())


def _version(path: Path) -> tuple[int, ...]:
    """What changes with a file that takes another's place: it is written aside and renamed."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _places(folder: Folder, under: str) -> tuple[Folder, Folder]:
    """The folder of checkpoints in S3, and the same for writing: what is finished is worth the second that storing it
    takes, also once a stop is asked for."""
    near = replace(folder, prefix=f"{folder.prefix}{PREFIX}{under}")
    return near, replace(near, objects=folder.objects.unstoppable())
