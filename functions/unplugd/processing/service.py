"""A song's way through the state machine: started when a slot is free, in progress, completed or failed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from unplugd.domain import files, measurement, stems
from unplugd.domain.job import MEASUREMENT, SEPARATION, failed_kind
from unplugd.domain.notify import Push, notify_owner
from unplugd.domain.song import Song, Status
from unplugd.domain.unreadable import Unreadable
from unplugd.kernel import metrics
from unplugd.kernel.clock import Clock, to_iso
from unplugd.kernel.errors import Conflict, Invalid, NotFound
from unplugd.kernel.log import logger
from unplugd.processing import closing, ports, progress, rules, starter

_TRIES = 4  # against reports of other parts that change the row between its read and its write


class Songs(Protocol):
    """What this room needs of the songs table."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...
    def mark_completed(self, song: Song, *, facts: Mapping[str, Any], now: str) -> Song | None: ...
    def mark_failed(self, song: Song, *, code: str, message: str, now: str) -> Song | None: ...
    def record_progress(
        self, song: Song, *, stage: str, progress: int, now: str, parts: str | None = None
    ) -> Song | None: ...


class Objects(Protocol):
    """A bucket."""

    def read_json(self, key: str) -> dict[str, Any] | None: ...
    def write_json(self, key: str, document: Mapping[str, Any]) -> None: ...
    def names(self, prefix: str) -> Iterator[str]: ...
    def delete(self, key: str) -> None: ...


# --- starting ---------------------------------------------------------------------------------------------------------


def ended_executions(wake_ups: Iterable[Mapping[str, Any]]) -> set[str]:
    """The ARNs of executions that EventBridge says are over, among wake-ups of any kind."""
    details = [w.get("detail") for w in wake_ups]
    return {
        str(d["executionArn"])
        for d in details
        if isinstance(d, dict) and d.get("status") != "RUNNING" and "executionArn" in d
    }


def start_processing(
    *,
    ended: Collection[str],
    songs: ports.Songs,
    queue: ports.Queue,
    slots: ports.Slots,
    executions: ports.Executions,
    push: Push,
    clock: Clock,
) -> int:
    """Free the slots of executions that are over, then start as many waiting songs as there are free slots.

    `ended`: execution ARNs that an event says are over. Answers how many songs were started."""
    return starter.Starter(songs, queue, slots, executions, push, clock).run(ended)


# --- progress ---------------------------------------------------------------------------------------------------------


def send_progress(message: Mapping[str, Any], *, songs: Songs, push: Push, now: datetime) -> bool:
    """Store a task's progress report and push it to the owner. False when it is late, repeated or of another attempt:
    nothing is stored or pushed then."""
    new = progress.report(message)
    for _ in range(_TRIES):
        try:
            song = songs.get(new.user_id, new.song_id)
        except Unreadable:
            return False
        if song is None or song.attempt != new.attempt or not song.runs:
            return False
        percent, parts = progress.of_stage(new, song.part_progress)
        if not progress.advances(new, percent, stage=song.stage, stored=song.progress):
            return False
        stored = songs.record_progress(song, stage=new.stage, progress=percent, parts=parts, now=to_iso(now))
        if stored is not None:
            notify_owner(stored, push=push, now=now)
            return True
    return False


# --- the states -------------------------------------------------------------------------------------------------------


def mark_completed(
    user_id: str,
    song_id: str,
    attempt: int,
    *,
    lyrics_failed: Mapping[str, Any] | None,
    songs: Songs,
    objects: Objects,
    asked: ports.Asked,
    now: datetime,
) -> Song:
    """Check that the results are all there, then PROCESSING → COMPLETED, and end the rows of the measure queue that
    this answers. Run again for the same attempt, it answers the same; for another attempt or a cancelled song it raises
    `Conflict` and changes nothing."""
    song = _run_of(user_id, song_id, attempt, songs)
    if song.runs:
        if song.job and song.job.kind is MEASUREMENT:
            facts = _new_measurements(song, objects, now)
        else:
            facts = _results(song, lyrics_failed, objects, now)
        done = songs.mark_completed(song, facts=facts, now=to_iso(now))
        song = done or _completed_before(user_id, song_id, attempt, songs)
    closing.measured(song, asked=asked, now=now)
    return song


def _results(
    song: Song, lyrics_failed: Mapping[str, Any] | None, objects: Objects, now: datetime
) -> dict[str, Any]:
    """What the row says of the stems and lyrics that a run made. Raises `Invalid` when some are missing."""
    prefix = files.output_prefix(song.user_id, song.song_id)
    manifest = objects.read_json(f"{prefix}{files.MANIFEST}") or {}
    if missing := stems.missing_files(manifest):
        raise Invalid(f"The results are incomplete: {', '.join(sorted(missing))}")
    lyrics = _lyrics(f"{prefix}{files.LYRICS}", lyrics_failed, objects)
    status, reason = rules.lyrics_outcome(lyrics)
    facts = {
        "duration_sec": _duration_s(manifest) or song.duration_sec,
        "model": str((manifest.get("separation") or {}).get("model") or song.model),
        "lyrics_model": str((manifest.get("lyrics") or {}).get("model") or song.lyrics_model),
        "stems_prefix": prefix,
        "stem_names": stems.to_text(stems.of_manifest(manifest)),
        "lyrics_key": f"{prefix}{files.LYRICS}",
        "lyrics_status": status,
        "lyrics_reason": reason,
        "run_lyrics_source": _machine_source(lyrics) or song.run_lyrics_source,
    }
    # A run for lyrics alone measures nothing, and what an unlocked change was made over stays the same.
    if song.job and song.job.kind is SEPARATION:
        facts |= _measured(song, objects, now)
    return facts


def _new_measurements(song: Song, objects: Objects, now: datetime) -> dict[str, Any]:
    """The figures of a run that only measured. Raises `Invalid` when it left none, or the engine is older than the one
    that was asked for, because the tasks' image is older than the functions."""
    facts = _measured(song, objects, now)
    asked = rules.asked_version(song.measure_row)
    if facts.get("engine_version", 0) < asked:
        raise Invalid(f"The song was not measured by version {asked} of the engine.")
    return facts


def _completed_before(user_id: str, song_id: str, attempt: int, songs: Songs) -> Song:
    """The song that this very completion has ended already: its write was repeated because the first answer was lost.
    A `Conflict` would end the execution before it notifies the owner and deletes the original."""
    song = _run_of(user_id, song_id, attempt, songs)
    if song.status is not Status.COMPLETED or song.job:
        raise Conflict("The song is no longer being processed.")
    return song


def _measured(song: Song, objects: Objects, now: datetime) -> dict[str, Any]:
    """The figures that the row repeats; nothing of a song that was separated without being measured. What a person
    changed has fields of its own, which no completion writes."""
    written = objects.read_json(files.measurements_key(song.user_id, song.song_id))
    if written is None:
        return {}
    version = measurement.version_of(written)
    return {**measurement.figures(written), "measured_at": to_iso(now), "engine_version": version}


def _machine_source(lyrics: Mapping[str, Any]) -> str | None:
    """Where the words of the run come from. None for a run over a person's words, whose layer has its own source:
    `revert` still goes back to what the machine wrote."""
    return lyrics.get("source") if lyrics.get("textVersion") is None else None


def _lyrics(key: str, failed: Mapping[str, Any] | None, objects: Objects) -> Mapping[str, Any]:
    """What the run wrote, or that it failed. The file always exists, and a failure takes no earlier lyrics away."""
    written = objects.read_json(key)
    if written is not None and not failed:
        return written
    failure = rules.failed_lyrics("The lyrics could not be written. The stems are complete.")
    if written is None or written.get("status") == "FAILED":
        objects.write_json(key, failure)
    return failure


def _duration_s(manifest: Mapping[str, Any]) -> float | None:
    source = manifest.get("source") or {}
    try:
        return round(float(source["frames"] / source["sampleRate"]), 3)
    except (KeyError, TypeError, ZeroDivisionError):
        return None


def send_notification(user_id: str, song_id: str, *, songs: Songs, push: Push, now: datetime) -> int:
    """Notify the owner of the state of their song; answers how many connections took the message."""
    song = songs.get(user_id, song_id)
    return notify_owner(song, push=push, now=now) if song else 0


def cleanup_upload(key: str, *, objects: Objects) -> None:
    """Delete the original: it must not be kept once its stems exist."""
    objects.delete(key)


def mark_failed(
    user_id: str,
    song_id: str,
    attempt: int,
    *,
    stage: str,
    error: str,
    cause: str,
    songs: Songs,
    objects: Objects,
    push: Push,
    asked: ports.Asked,
    now: datetime,
    jitter: closing.Jitter,
) -> Song:
    """PROCESSING → FAILED with a readable reason; half-written results go, finished stages stay for a retry. Of a
    complete song, whose lyrics or measuring failed, nothing goes; the row that asked for the measuring waits for its
    next try."""
    song = _run_of(user_id, song_id, attempt, songs)
    prefix = files.output_prefix(user_id, song_id)
    said = objects.read_json(f"{prefix}{files.FAILURE}")
    measures = _measures(song)
    otherwise = "MEASURING_FAILED" if measures else "SEPARATION_FAILED"
    judged = rules.failure_cause(stage=stage, error=error, cause=cause, said=said, otherwise=otherwise)
    logger().error(
        "measuring a song failed" if measures else "a song failed",
        extra={
            "songId": song_id,
            "stage": stage,
            "error": error,
            "cause": rules.loggable_cause(cause),
            "code": judged.code,
        },
    )
    if judged.code == rules.DEPLOYMENT_INCOMPLETE:
        metrics.put("DeploymentIncomplete", 1)
    if song.job:
        if not song.job.kind.keeps_results:
            _remove_half_written(prefix, objects)
        changed = songs.mark_failed(song, code=judged.code, message=judged.message, now=to_iso(now))
        if changed is None:
            raise Conflict("The song is no longer being processed.")
        song = changed
    closing.failed(song, judged, cause, asked=asked, now=now, jitter=jitter)
    if failed_kind(song):
        notify_owner(song, push=push, now=now)
    return song


def _measures(song: Song) -> bool:
    """Whether the job that failed, perhaps in an earlier call, was one that only measures."""
    return song.job.kind is MEASUREMENT if song.job else failed_kind(song) is MEASUREMENT


def _remove_half_written(prefix: str, objects: Objects) -> None:
    manifest = objects.read_json(f"{prefix}{files.MANIFEST}")
    finished = {f"{prefix}{name}" for name in (manifest or {}).get("files") or {}}
    for key in list(objects.names(prefix)):
        keep = (
            key in finished
            # A person's words, and what the machine had written before them, are no leftovers.
            or key.startswith((f"{prefix}lyrics/", f"{prefix}edits/"))
            or key == f"{prefix}{files.TRANSCRIBED_LYRICS}"
            or key.startswith(f"{prefix}checkpoints/")
            or (manifest and key in (f"{prefix}{files.MANIFEST}", f"{prefix}{files.MEASUREMENTS}"))
        )
        if not keep:
            objects.delete(key)


def _run_of(user_id: str, song_id: str, attempt: int, songs: Songs) -> Song:
    song = songs.get(user_id, song_id)
    if song is None:
        raise NotFound("The song was deleted.")
    if song.attempt != attempt or song.waits or song.status in (Status.CANCELLED, Status.PENDING_UPLOAD):
        raise Conflict("The song is no longer being processed.")
    return song
