"""The demucs stage: an original in, four stems, their streams, peaks and the original's own lyrics out."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from ml.separation import STEMS, ModelUnavailable, SeparationResult
from task.manifest import TAGS, Manifest, intact
from task.objects import Missing, Stored, to_json
from task.outcomes import BadInput
from task.shell import Job

PEAKS = "peaks.json"

_WORK_BYTES = 3 << 29
"""Disk a ten-minute song may need beside the original: the mix and four stems in float32 (1.06 GB) while they
wait for their common gain, then four WAVs (423 MB) and their streams."""


class Separate(Protocol):
    """ml.separation.separate_file."""

    def __call__(
        self, source: Path, out: Path, *, model: str, progress: Callable[[float], None], stop: Any
    ) -> SeparationResult: ...


@dataclass(frozen=True)
class DemucsStage:
    """See task.shell.Stage. `separate` and `read_lyrics` are the ml core's front doors."""

    separate: Separate
    read_lyrics: Callable[[Path], str | None]
    name: str = "demucs"
    own: tuple[str, ...] = ("UPLOADS_BUCKET", "UPLOAD_KEY", "MODEL")
    optional: tuple[str, ...] = ()
    message: str = "Separating the song"

    def is_done(self, job: Job, manifest: Manifest) -> bool:
        """Stems of the model asked for are done for good, whatever version made them: the original may be gone."""
        made = manifest.separation or {}
        asked = job.settings.own["MODEL"]
        if made.get("requestedModel") != asked or not _is_complete(made):
            job.log.info("The stems in place are not those asked for", model=asked)
            return False
        return intact(manifest, _names(made["files"]), job.folder, job.log)

    def work(self, job: Job, _manifest: Manifest | None, /) -> Manifest:
        """Separate the original. What an older manifest said is replaced whole: its lyrics fit other stems."""
        source = _fetch(job)
        out = job.work / "out"
        out.mkdir()
        text = self.read_lyrics(source)
        model = job.settings.own["MODEL"]
        try:
            result = self.separate(source, out, model=model, progress=job.report, stop=job.stop)
        except ModelUnavailable as error:
            raise BadInput("MODEL_UNAVAILABLE", str(error)) from error
        source.unlink()
        (out / TAGS).write_bytes(to_json({"lyrics": text}))
        files = _upload(job, out, _names(result.files))
        return Manifest(
            source={
                "sha256": result.source_sha256,
                "frames": result.frames,
                "sampleRate": result.sample_rate,
            },
            separation=_separation(result, model),
            files=files,
        )


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


def _names(made: Iterable[str]) -> list[str]:
    """The stage's files in a fixed order: stems, peaks and tags always, and whatever else was made."""
    always = [*(f"{stem}.wav" for stem in STEMS), PEAKS, TAGS]
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
        "seconds": round(result.seconds, 3),
        "gain": result.gain,
        # A residual of nothing at all is minus infinity, which JSON cannot say.
        "residualDb": result.residual_db if math.isfinite(result.residual_db) else None,
        "files": list(result.files),
    }
