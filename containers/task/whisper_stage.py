"""The whisper stage: the vocal stem and what is known of the words in, lyrics.json out."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from ml.audio import BadAudio
from ml.lyrics.document import failed
from ml.lyrics.engines import Engine
from ml.lyrics.known import KnownText, from_layer
from ml.separation import ModelUnavailable
from task.checkpoints import Checkpoints, clear
from task.log import describe
from task.manifest import NAME as MANIFEST
from task.manifest import TAGS, Manifest, intact, lying, wav
from task.objects import Missing, identify, to_json
from task.outcomes import BadInput, Temporary
from task.shell import Job

LYRICS = "lyrics.json"
MACHINE = "lyrics.transcribed.json"
"""What we had without a person's words, kept when they take its place."""
VOCALS = "vocals.wav"

_SPARE_BYTES = 64 << 20
_WITHOUT_WEIGHTS = "embedded"  # the engine that is always there
_PARTIAL = "lyrics/"  # under the checkpoints: what was heard before a stop


class Write(Protocol):
    """ml.lyrics.write_lyrics."""

    def __call__(
        self,
        vocals: Path,
        *,
        text: KnownText | str | None,
        model: str,
        language: str | None,
        progress: Callable[[float], None],
        stop: Any,
        partial: Path,
        band: Iterable[Path],
    ) -> dict[str, Any]: ...


@dataclass(frozen=True)
class WhisperStage:
    """See task.shell.Stage. `write` and `resolve` are the ml core's front doors."""

    write: Write
    resolve: Callable[[str], Engine]
    name: str = "whisper"
    own: tuple[str, ...] = ("LYRICS_MODEL",)
    optional: tuple[str, ...] = ("LANGUAGE", "TEXT_KEY")
    message: str = "Writing the lyrics"

    def is_done(self, job: Job, manifest: Manifest) -> bool:
        """Lyrics that came out well, from the same stem and words, by the engine that would run now."""
        made = manifest.lyrics
        if made is None or made.get("status") not in ("READY", "INSTRUMENTAL") or not _lists_stems(manifest):
            return False
        if any(made.get(name) != value for name, value in self._identity(job, manifest).items()):
            job.log.info("The lyrics in place are not those asked for")
            return False
        return intact(manifest, [LYRICS], job.folder, job.log)

    def work(self, job: Job, manifest: Manifest | None, /) -> Manifest:
        """Write lyrics.json. There is always one: where no words can be had, it says so, and why."""
        began = job.clock()
        vocals = _fetch(job, manifest)
        own = job.settings.own
        person = _person_text(job)
        checkpoints = Checkpoints(job, _PARTIAL, suffix=".json")
        checkpoints.fetch()

        def report(fraction: float) -> None:
            checkpoints.save()
            job.report(fraction)

        def write(model: str) -> dict[str, Any]:
            return self.write(
                vocals,
                text=person or _known_text(job),
                model=model,
                language=own["LANGUAGE"] or None,
                progress=report,
                stop=job.stop,
                partial=checkpoints.folder,
                band=_band(job, manifest),
            )

        try:
            document = _written(write, own["LYRICS_MODEL"], person)
        except BadAudio as error:
            _upload(job, failed(str(error)))
            raise
        # The version of the owner's text: readers can see that it belongs to an older one.
        document["textVersion"] = person.version if person else None
        if person:
            _keep_machines(job)
        stored = _upload(job, document)
        clear(job, _PARTIAL)
        manifest = _with_stems(job, manifest)
        lyrics = {
            **self._identity(job, manifest),
            "status": _status(document),
            "reason": document.get("reason"),
            "language": document["language"],
            "source": document.get("source"),
            "estimated": document.get("estimated", False),
            # Which weights "auto" came to; None where the engine has none.
            "engineModel": document.get("model"),
            "seconds": round(job.clock() - began, 3),
            "files": [LYRICS],
        }
        return manifest.with_lyrics(lyrics, {LYRICS: stored})

    def tidy(self, _job: Job) -> None:
        """Nothing is kept of an unfinished run."""

    def _identity(self, job: Job, manifest: Manifest) -> dict[str, Any]:
        """What the lyrics follow from: other values, other lyrics."""
        own = job.settings.own
        engine = self._engine(job)
        inputs = {name: manifest.files.get(name) for name in (VOCALS, TAGS)}
        return {
            "engine": engine.name if engine else None,
            "engineVersion": engine.version if engine else None,
            "model": own["LYRICS_MODEL"],
            "requestedLanguage": own["LANGUAGE"] or None,
            "textKey": own["TEXT_KEY"] or None,
            "inputs": {name: stored.sha256 if stored else None for name, stored in inputs.items()},
        }

    def _engine(self, job: Job) -> Engine | None:
        """The engine that would write them now; None where they could only fail."""
        try:
            return self.resolve(job.settings.own["LYRICS_MODEL"])
        except ModelUnavailable:
            person = _person_text(job)
            return self.resolve(_WITHOUT_WEIGHTS) if person and person.timed else None


def _written(write: Callable[[str], dict[str, Any]], model: str, person: KnownText | None) -> dict[str, Any]:
    """The document that `write` makes with `model`. Words with times of their own can do without it."""
    try:
        return write(model)
    except ModelUnavailable as error:
        if person and person.timed:
            return write(_WITHOUT_WEIGHTS)
        # The stems are fine and the reason is readable: a result, not a fault of this run.
        return failed(str(error))


def _lists_stems(manifest: Manifest) -> bool:
    return VOCALS in manifest.files and manifest.lists_stems()


def _with_stems(job: Job, manifest: Manifest | None) -> Manifest:
    """The manifest to extend. One that cannot be read, or does not list the stems, gets the stored files again: stems
    that are not listed count as missing, and once the original is deleted they cannot be made again."""
    if manifest is not None and _lists_stems(manifest):
        return manifest
    job.log.warning(
        "The manifest does not list the stems; it is made again from the stored files", file=MANIFEST
    )
    manifest = manifest or Manifest()
    return replace(manifest, files={**lying(job.folder), **manifest.files})


def _fetch(job: Job, manifest: Manifest | None) -> Path:
    try:
        return _download(job, manifest, VOCALS)
    except Missing as error:
        raise BadInput("STEMS_MISSING", "The vocal stem is not there; process the song again.") from error


def _band(job: Job, manifest: Manifest | None) -> Iterator[Path]:
    """The other stems that the manifest lists, each fetched when it is asked for and removed before the next. Lyrics
    can do without one: what is missing is logged."""
    for stem in manifest.stems if manifest else ():
        name = wav(stem)
        if name == VOCALS:
            continue
        try:
            path = _download(job, manifest, name)
        except Missing:
            job.log.warning("A stem is missing; the words are heard without it", file=name)
            continue
        yield path
        path.unlink()


def _download(job: Job, manifest: Manifest | None, name: str) -> Path:
    """Raises Missing, Temporary (it is not the file that the manifest lists)."""
    path = job.work / name
    job.require_space(job.folder.size(name) + _SPARE_BYTES)
    job.folder.download(name, path)
    listed = manifest.files.get(name) if manifest else None
    if listed is not None and identify(path) != listed:
        raise Temporary(f"{name} is not the file its manifest lists")
    return path


def _known_text(job: Job) -> str | None:
    """The words that the original's tags held. A file that cannot be read holds none: logged, not fatal."""
    raw = job.folder.read(TAGS)
    try:
        tags = json.loads(raw) if raw is not None else {}
    except ValueError:
        tags = None
    text = tags.get("lyrics") if isinstance(tags, Mapping) else None
    if raw is None or not isinstance(tags, Mapping) or not isinstance(text, str | None):
        job.log.warning("The tags of the original are missing or unreadable", file=TAGS)
        return None
    return text


def _person_text(job: Job) -> KnownText | None:
    """The words that the song's owner gave, if there are any. They may be gone: newer ones have taken their place, and
    the run for those is waiting already."""
    key = job.settings.own["TEXT_KEY"]
    if not key:
        return None
    try:
        return from_layer(json.loads(job.objects.read(job.settings.output_bucket, key)))
    except Missing:
        job.log.warning("The owner's words are gone; newer ones are waiting", key=key)
    except (ValueError, KeyError, TypeError) as error:
        job.log.error("The owner's words cannot be read", key=key, **describe(error))
    return None


def _keep_machines(job: Job) -> None:
    """Keep what we wrote without a person's words under a name of its own, before theirs take its place."""
    try:
        before = json.loads(job.folder.read(LYRICS) or b"{}")
    except ValueError:
        return
    if before and before.get("textVersion") is None and _status(before) != "FAILED":
        job.folder.write_json(MACHINE, before)


def _upload(job: Job, document: Mapping[str, Any]) -> Any:
    path = job.work / LYRICS
    path.write_bytes(to_json(document))
    return job.folder.upload(path)


def _status(document: Mapping[str, Any]) -> str:
    """The song's lyricsStatus that follows from a document."""
    if document.get("status") == "FAILED":
        return "FAILED"
    return "INSTRUMENTAL" if document["instrumental"] else "READY"
