"""The demucs stage: an original in; stems, their streams, peaks, measurements and the original's own lyrics out."""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, TypeVar

from ml import Stopped
from ml.separation import BadParts, ModelUnavailable, Part, PartResult, SeparationResult
from ml.separation.parts import INDEX, folder_name
from task.checkpoints import TAG, Checkpoints, clear
from task.manifest import TAGS, Manifest, intact, wav
from task.objects import Folder, Missing, Stored, to_json
from task.outcomes import BadInput
from task.settings import BadSettings
from task.shell import Job

T = TypeVar("T")

PEAKS = "peaks.json"

MEASUREMENTS = "measurements.json"
"""What ml.analysis measured: `{version, beats, key, chords, sections, loudness, melody}`. A song can be without it."""

PARTS = "checkpoints/parts/"
"""Where parts lie: with the checkpoints, since they are kept, expire and go as those do."""

MERGE = "merge"
"""PART of the task that puts the parts together."""

_WORK_BYTES = 17 << 27
"""Disk that ten minutes and six stems, the most that a model gives, may need in addition to the original: the mix and
the stems as stretches in float32 (1.5 GB) while they wait for their common gain, WAVs (635 MB), streams (58 MB)."""


class Separate(Protocol):
    """ml.separation.separate_file."""

    def __call__(
        self,
        source: Path,
        out: Path,
        *,
        model: str,
        progress: Callable[[float], None],
        stop: Any,
        checkpoints: Path,
        warn: Callable[[str], None],
    ) -> SeparationResult: ...


class SeparatePart(Protocol):
    """ml.separation.separate_part."""

    def __call__(
        self,
        source: Path,
        out: Path,
        part: Part,
        *,
        model: str,
        progress: Callable[[float], None],
        stop: Any,
        checkpoints: Path,
        warn: Callable[[str], None],
    ) -> PartResult: ...


class MergeParts(Protocol):
    """ml.separation.merge_parts."""

    def __call__(
        self, source: Path, parts: Sequence[Path], out: Path, *, progress: Callable[[float], None], stop: Any
    ) -> SeparationResult: ...


class Measure(Protocol):
    """ml.analysis.measure_song."""

    def __call__(
        self, source: Mapping[str, Path], mix: Path, *, stop: Any, warn: Callable[[str], None]
    ) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class DemucsStage:
    """See task.shell.Stage. `separate`, `separate_part`, `merge_parts`, `read_lyrics` and `measure` are the ml core's
    front doors. Without `measure` a song is not measured.

    With PART=k and PARTS=n it makes part k of n, stores it with the checkpoints and writes no manifest. With
    PART=merge and PARTS=n it puts the n parts together, and ends as a task that made the whole song.
    """

    separate: Separate
    separate_part: SeparatePart
    merge_parts: MergeParts
    read_lyrics: Callable[[Path], str | None]
    measure: Measure | None = None
    name: str = "demucs"
    own: tuple[str, ...] = ("UPLOADS_BUCKET", "UPLOAD_KEY", "MODEL")
    optional: tuple[str, ...] = ("PART", "PARTS")
    message: str = "Separating the instruments"

    def is_done(self, job: Job, manifest: Manifest) -> bool:
        """Stems of the requested model are done, also if another version made them: the original may be gone."""
        made = manifest.separation or {}
        asked = job.settings.own["MODEL"]
        if made.get("requestedModel") != asked or not _is_complete(made):
            job.log.info("The stems in place are not those asked for", model=asked)
            return False
        return intact(manifest, _names(manifest.stems, made["files"]), job.folder, job.log)

    def work(self, job: Job, _manifest: Manifest | None, /) -> Manifest | None:
        """Separate the original. What an older manifest said is replaced whole: its lyrics fit other stems."""
        part, parts = _part(job)
        source = _fetch(job)
        out = job.work / "out"
        out.mkdir()
        if part is not None:
            _upload_part(
                job,
                self._run(job, f"part-{part.number}-of-{part.of}/", self.separate_part, source, out, part),
            )
            return None
        text = self.read_lyrics(source)
        result = (
            self._merge(job, source, out, parts) if parts else self._run(job, "", self.separate, source, out)
        )
        measured = self._measure(job, {stem: out / wav(stem) for stem in result.stems}, source)
        source.unlink()
        (out / TAGS).write_bytes(to_json({"lyrics": text}))
        names = _names(result.stems, result.files)
        if measured is not None:
            (out / MEASUREMENTS).write_bytes(to_json(measured))
            names.append(MEASUREMENTS)
        files = _upload(job, out, names)
        return Manifest(
            source={
                "sha256": result.source_sha256,
                "frames": result.frames,
                "sampleRate": result.sample_rate,
            },
            separation=_separation(result, job.settings.own["MODEL"]),
            files=files,
        )

    def tidy(self, job: Job) -> None:
        """The checkpoints have served."""
        clear(job)

    def _measure(self, job: Job, stems: Mapping[str, Path], mix: Path) -> Mapping[str, Any] | None:
        """What the song is like; None if that fails, because a song is complete without it. Raises Stopped."""
        if self.measure is None:
            return None
        began = time.monotonic()
        try:
            measured = self.measure(stems, mix, stop=job.stop, warn=job.log.warning)
        except Exception as error:
            if isinstance(error, Stopped):
                raise
            job.log.warning("The song could not be measured", reason=f"{type(error).__name__}: {error}")
            return None
        job.log.info("The song is measured", seconds=round(time.monotonic() - began, 1))
        return measured

    def _merge(self, job: Job, source: Path, out: Path, parts: int) -> SeparationResult:
        """The stems from the stored parts. If the parts do not form a complete song, separate it from scratch."""
        rooms = [_fetch_part(job, Part(number, parts)) for number in range(1, parts + 1)]
        try:
            return self.merge_parts(source, rooms, out, progress=job.report, stop=job.stop)
        except BadParts as error:
            job.log.warning(
                "The parts cannot be used, so the whole song is separated here", reason=str(error)
            )
            return self._run(job, "", self.separate, source, out)

    def _run(self, job: Job, under: str, separate: Callable[..., T], *given: Any) -> T:
        """Call the engine with checkpoints that outlive this task."""
        kept = Checkpoints(job, under)
        kept.fetch()

        def report(fraction: float) -> None:
            kept.save()
            job.report(fraction)

        try:
            return separate(
                *given,
                model=job.settings.own["MODEL"],
                progress=report,
                stop=job.stop,
                checkpoints=kept.folder,
                warn=job.log.warning,
            )
        except ModelUnavailable as error:
            raise BadInput("MODEL_UNAVAILABLE", str(error)) from error
        except BaseException:
            kept.save()
            raise


def _part(job: Job) -> tuple[Part | None, int]:
    """The part to make, if this is to be one; and how many are to be put together (0: none)."""
    number, of = job.settings.own["PART"], job.settings.own["PARTS"]
    try:
        if number == MERGE:
            return None, Part.parse(f"1/{of}").of
        return (Part.parse(f"{number}/{of}") if number or of else None), 0
    except ValueError as error:
        raise BadSettings(f"PART={number} and PARTS={of}: {error}") from error


def _upload_part(job: Job, made: PartResult) -> None:
    """Store a part's folder; its index goes last, so that a part that has one is whole."""
    folder = _stored_part(job, made.folder.name)
    for path in sorted(made.folder.iterdir(), key=lambda path: (path.name == INDEX, path.name)):
        folder.upload(path, tag=TAG)


def _fetch_part(job: Job, part: Part) -> Path:
    """A copy of a stored part's folder: empty when there is none. Raises Stopped."""
    name = folder_name(part)
    stored, room = _stored_part(job, name), job.work / "parts" / name
    room.mkdir(parents=True)
    for file in stored.names():
        if "/" not in file:
            stored.download(file, room / file)
    return room


def _stored_part(job: Job, name: str) -> Folder:
    return replace(job.folder, prefix=f"{job.folder.prefix}{PARTS}{name}/")


def _fetch(job: Job) -> Path:
    bucket, key = job.settings.own["UPLOADS_BUCKET"], job.settings.own["UPLOAD_KEY"]
    # Some demuxers go by the name's ending; the rest of the name is the person's and stays out of paths.
    suffix = PurePosixPath(key).suffix.lower()
    source = job.work / f"original{suffix if suffix[1:].isalnum() else ''}"
    try:
        job.require_space(job.objects.size(bucket, key) + _WORK_BYTES)
        job.objects.download(bucket, key, source)
    except Missing as error:
        raise BadInput(
            "ORIGINAL_MISSING", "The uploaded file is no longer there; upload the song again."
        ) from error
    return source


def _upload(job: Job, out: Path, names: Iterable[str]) -> Mapping[str, Stored]:
    return {name: job.folder.upload(out / name) for name in names}


def _names(stems: Iterable[str], made: Iterable[str]) -> list[str]:
    """The stage's files in a fixed order: stems, peaks and tags first, then all else that was made."""
    always = [*map(wav, stems), PEAKS, TAGS]
    return [*always, *sorted(set(made) - set(always))]


def _is_complete(made: Mapping[str, Any]) -> bool:
    texts = all(
        isinstance(made.get(name), str) for name in ("engine", "model", "modelVersion", "modelSha256")
    )
    files = made.get("files")
    return texts and isinstance(files, list) and all(isinstance(name, str) for name in files)


def _separation(result: SeparationResult, requested: str) -> dict[str, Any]:
    return {
        "engine": result.engine,
        "model": result.model,
        "requestedModel": requested,
        "modelVersion": result.model_version,
        "modelSha256": result.model_sha256,
        "precision": result.precision,
        "seconds": round(result.seconds, 3),
        "gain": result.gain,
        # A residual of nothing at all is minus infinity, which JSON cannot say.
        "residualDb": result.residual_db if math.isfinite(result.residual_db) else None,
        "stems": list(result.stems),
        "files": list(result.files),
    }
