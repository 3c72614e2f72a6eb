"""One run of a stage: environment in, files out, exit code.

A stage whose outputs and manifest are in S3 returns at once. Otherwise it works in a temporary folder, uploads,
and the manifest is written last. In every case the folder is removed, one log line says how the run ended, and the exit
code is one of `task.outcomes`.
"""

import errno
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from ml import Stopped
from ml.audio import BadAudio
from task import manifest as manifests
from task import outcomes, settings, stopping
from task.log import Log, describe
from task.manifest import Manifest
from task.objects import Clients, Folder, Objects, clients
from task.outcomes import BadInput, Temporary
from task.progress import INTERVAL_S, Reporter, lambda_sender
from task.settings import Settings

FAILURE = "failure.json"
"""Why a song cannot be processed; mark_failed stores it for the owner: `{stage, attempt, errorCode, message}`."""

_TEMPORARY = (
    Temporary,
    ClientError,
    BotoCoreError,
    Boto3Error,
    ConnectionError,
    MemoryError,
)
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Job:
    """What a stage works with. `work` is an empty folder that is removed afterwards."""

    settings: Settings
    objects: Objects
    folder: Folder
    work: Path
    log: Log
    stop: threading.Event
    clock: Callable[[], float]
    report: Callable[[float], None]

    def require_space(self, size_bytes: int) -> None:
        """Raises Temporary when the work folder's disk has less room than that: better now than half-way."""
        free = shutil.disk_usage(self.work).free
        if free < size_bytes:
            raise Temporary(f"{free >> 20} MiB of disk are free, {size_bytes >> 20} MiB are needed")


class Stage(Protocol):
    """One engine's side of a run."""

    @property
    def name(self) -> str:
        """The stage, as progress, logs and metrics call it."""
        ...

    @property
    def own(self) -> tuple[str, ...]:
        """Environment variables it needs in addition to the common ones."""
        ...

    @property
    def optional(self) -> tuple[str, ...]:
        """Variables that may be empty."""
        ...

    @property
    def message(self) -> str:
        """What the person reads while it works."""
        ...

    def is_done(self, job: Job, manifest: Manifest) -> bool:
        """Whether `manifest` lists this very work and S3 holds it."""
        ...

    def work(self, job: Job, manifest: Manifest | None, /) -> Manifest | None:
        """Do the work, upload its files, return the manifest to write; None where this is only a part of the work.

        Raises BadInput, Temporary, Stopped.
        """
        ...

    def tidy(self, job: Job) -> None:
        """Remove what only an unfinished run needs: the manifest is written."""
        ...


def run(
    stage: Stage,
    environ: Mapping[str, str],
    *,
    stop: threading.Event,
    out: TextIO = sys.stdout,
    make_client: Clients = clients,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], float] = time.time,
    work_root: Path | None = None,
) -> int:
    """Run `stage` once and return its exit code. `work_root` is where its folder is made (None: TMPDIR)."""
    log = Log(out, now, {"service": environ.get("SERVICE", "unplugd"), "stage": stage.name})
    try:
        given = settings.read(environ, own=stage.own, optional=stage.optional)
    except settings.BadSettings as error:
        log.error(str(error), errorType=type(error).__name__, exitCode=outcomes.UNKNOWN)
        return outcomes.UNKNOWN
    log = log.bind(
        songId=given.song_id, userId=given.user_id, attempt=given.attempt, correlationId=given.correlation_id
    )
    began = clock()
    this = _Run(stage, given, log, stop, make_client, clock)
    try:
        this.execute(work_root)
        code = outcomes.DONE
    except BaseException as error:  # every fault needs an exit code, by which the state machine decides
        code = this.judge(error)
    log.info("The stage ended", exitCode=code, seconds=round(clock() - began, 3))
    return code


class _Run:
    """One run: what it was given, and the song's folder once S3 could be spoken to."""

    def __init__(
        self,
        stage: Stage,
        given: Settings,
        log: Log,
        stop: threading.Event,
        make_client: Clients,
        clock: Callable[[], float],
    ) -> None:
        self._stage = stage
        self._given = given
        self._log = log
        self._stop = stop
        self._make_client = make_client
        self._clock = clock
        self._folder: Folder | None = None

    def execute(self, work_root: Path | None) -> None:
        """Do the work, unless it is done. Raises what ends it early."""
        objects = Objects(self._make_client("s3"), self._stop)
        folder = self._folder = Folder(objects, self._given.output_bucket, self._given.output_prefix)
        reporter = self._reporter()

        began = self._clock()

        def report(fraction: float) -> None:
            # Send nothing in the last interval, so that the last message need not wait for its turn. Only that one
            # says 100: after the engine's last sample the files still have to be stored.
            left_s = (self._clock() - began) * (1 / max(fraction, 1e-6) - 1)
            if left_s < INTERVAL_S:
                reporter.quiet()
            else:
                reporter.report(min(99, int(100 * fraction)), self._stage.message)

        finished = threading.Event()
        with tempfile.TemporaryDirectory(
            prefix=f"unplugd-{self._stage.name}-", dir=work_root, ignore_cleanup_errors=True
        ) as work:
            stopping.watch(self._stop, finished, Path(work))
            try:
                self._work(
                    Job(self._given, objects, folder, Path(work), self._log, self._stop, self._clock, report)
                )
                reporter.finish("Done")
            finally:
                reporter.close()
                finished.set()

    def _work(self, job: Job) -> None:
        began = self._clock()
        manifest = manifests.load(job.folder, job.log)
        if manifest is not None and self._stage.is_done(job, manifest):
            job.log.info("Already done: outputs and manifest are in place")
        else:
            job.log.info("The stage begins")
            made = self._stage.work(job, manifest)
            if made is not None:
                job.folder.write_json(manifests.NAME, made.to_json())
            job.log.seconds("StageSeconds", self._clock() - began, dimension="stage")
            if made is None:
                return
        self._stage.tidy(job)
        # What an earlier attempt could not do no longer holds.
        job.folder.delete(FAILURE)

    def _reporter(self) -> Reporter:
        fields = {
            "userId": self._given.user_id,
            "songId": self._given.song_id,
            "attempt": self._given.attempt,
            "stage": self._stage.name,
        }
        # Parts of a song speak of themselves; send_progress makes one figure of them.
        fields |= {name.lower(): given for name in ("PART", "PARTS") if (given := self._given.own.get(name))}
        send = lambda_sender(lambda: self._make_client("lambda"), self._given.progress_function, fields)

        def failed(error: Exception) -> None:
            self._log.warning("A progress message was not sent", **describe(error))

        return Reporter(send, failed, clock=self._clock)

    def judge(self, error: BaseException) -> int:
        """The exit code for `error`; logs it, and leaves the reason in S3 where the song itself is at fault."""
        if isinstance(error, BadAudio):
            error = BadInput("CORRUPT_AUDIO", str(error))
        if isinstance(error, BadInput):
            self._log.error("The song cannot be processed", errorCode=error.code, **describe(error))
            self._leave_reason(error)
            return outcomes.BAD_INPUT
        # After a stop request, a broken transfer or a closed socket is part of stopping.
        if isinstance(error, Stopped) or self._stop.is_set():
            self._log.warning("Stopped on request", **describe(error))
            return outcomes.STOPPED
        if isinstance(error, _TEMPORARY) or (isinstance(error, OSError) and error.errno in _NO_SPACE):
            self._log.error("A temporary fault; another run may do", **describe(error))
            return outcomes.TEMPORARY
        self._log.error("An unforeseen fault", **describe(error, trace=True))
        return outcomes.UNKNOWN

    def _leave_reason(self, error: BadInput) -> None:
        reason = {
            "stage": self._stage.name,
            "attempt": self._given.attempt,
            "errorCode": error.code,
            "message": str(error),
        }
        try:
            if self._folder is not None:
                self._folder.write_json(FAILURE, reason)
        except (ClientError, BotoCoreError) as fault:
            self._log.warning("The reason could not be stored", **describe(fault))
