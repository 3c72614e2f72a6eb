"""A song's way through the state machine: started when a slot is free, completed, failed, told about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from unplugd.kernel import metrics
from unplugd.kernel.clock import from_iso, to_iso
from unplugd.kernel.errors import Conflict, Invalid, NotFound
from unplugd.kernel.log import logger
from unplugd.processing import rules
from unplugd.processing.model import Lease
from unplugd.realtime import messages
from unplugd.songs.model import STEMS, LyricsStatus, Song, Status, output_prefix

Push = Callable[[str, Mapping[str, Any]], int]

# A starter that died between taking the slot and starting the execution leaves a lease without one. Younger leases may
# belong to a starter that is at work this moment (its timeout is shorter than this).
ORPHAN_AFTER = timedelta(seconds=90)
# The line is read this far at once: enough to find someone for every slot behind songs that just started.
LINE_READ = 50


class Songs(Protocol):
    """What this room needs of the songs table."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...
    def line(self, limit: int) -> Sequence[Song]: ...
    def mark_processing(self, song: Song, *, execution_arn: str, now: str) -> Song | None: ...
    def mark_back_in_line(self, song: Song, *, now: str, attempt: int) -> Song | None: ...
    def mark_completed(self, song: Song, *, facts: Mapping[str, Any], now: str) -> Song | None: ...
    def mark_failed(self, song: Song, *, code: str, message: str, now: str) -> Song | None: ...


class Slots(Protocol):
    """The leases."""

    def leases(self) -> Sequence[Lease]: ...
    def free(self, leases: Sequence[Lease]) -> Sequence[str]: ...
    def take(self, lease: Lease) -> bool: ...
    def release(self, lease: Lease) -> None: ...


class Executions(Protocol):
    """The state machine."""

    def arn(self, name: str) -> str: ...
    def start(self, name: str, payload: Mapping[str, Any]) -> None: ...
    def stop(self, execution_arn: str) -> None: ...
    def status(self, execution_arn: str) -> str | None: ...


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
    songs: Songs,
    slots: Slots,
    executions: Executions,
    push: Push,
    now: datetime,
) -> int:
    """Free the slots of executions that are over, then start as many waiting songs as there are free slots.

    `ended`: execution ARNs that an event says are over. Answers how many songs were started. Safe to run twice at
    once: each step is a conditional write."""
    leases = [
        lease
        for lease in slots.leases()
        if not _release_if_over(lease, ended, songs, slots, executions, push, now)
    ]
    free = slots.free(leases)
    line = songs.line(LINE_READ)
    metrics.put("LineAgeSeconds", rules.line_age_s(line, now), unit="Seconds")
    waiting = rules.next_songs(line, running=[lease.song_id for lease in leases], free=len(free))
    return sum(
        _start(song, slot, songs=songs, slots=slots, executions=executions, push=push, now=now)
        for song, slot in zip(waiting, free, strict=False)
    )


def _release_if_over(
    lease: Lease,
    ended: Collection[str],
    songs: Songs,
    slots: Slots,
    executions: Executions,
    push: Push,
    now: datetime,
) -> bool:
    """Release a lease whose execution is over (an event says so, or the state machine does), and see to its song."""
    if lease.execution_arn not in ended:
        status = executions.status(lease.execution_arn)
        if status == "RUNNING":
            return False
        if status is None and now - from_iso(lease.leased_at) < ORPHAN_AFTER:
            return False
    _recover(lease, songs, push, now)
    slots.release(lease)
    return True


def _recover(lease: Lease, songs: Songs, push: Push, now: datetime) -> None:
    """A song that still says PROCESSING although its execution is over was interrupted (a restart, an abort): it goes
    back in line. Finished stages are in S3, so the next attempt takes up where this one stopped."""
    song = songs.get(lease.user_id, lease.song_id)
    if song is None or not song.runs or song.execution_arn != lease.execution_arn:
        return
    if song.attempt > rules.MAX_RECOVERIES:
        judged = rules.verdict("INTERRUPTED")
        after = songs.mark_failed(song, code=judged.code, message=judged.message, now=to_iso(now))
    else:
        after = songs.mark_back_in_line(song, now=to_iso(now), attempt=song.attempt + 1)
    logger().warning(
        "an execution ended without a result", extra={"songId": song.song_id, "attempt": song.attempt}
    )
    _tell(after, push, now)


def _start(
    song: Song, slot: str, *, songs: Songs, slots: Slots, executions: Executions, push: Push, now: datetime
) -> bool:
    name = f"{song.song_id}-{song.attempt}"
    lease = Lease(slot, song.user_id, song.song_id, song.attempt, executions.arn(name), to_iso(now))
    if not slots.take(lease):
        return False
    started = songs.mark_processing(song, execution_arn=lease.execution_arn, now=to_iso(now))
    if started is None:  # another starter was first, or the person cancelled: the slot is not needed
        slots.release(lease)
        return False
    payload = {
        "userId": song.user_id,
        "songId": song.song_id,
        "key": song.s3_key,
        "attempt": song.attempt,
        "durationSec": song.duration_sec,
        "model": song.model,
        "lyricsModel": song.lyrics_model,
        "language": song.language,
        "lyricsOnly": song.lyrics_only,
    }
    try:
        executions.start(name, payload)
    except Exception:
        # Nothing runs under this name, so the song may take its place again, and at once.
        songs.mark_back_in_line(started, now=to_iso(now), attempt=song.attempt)
        slots.release(lease)
        raise
    after = songs.get(song.user_id, song.song_id)
    if after is None or after.status is Status.CANCELLED:
        executions.stop(lease.execution_arn)  # cancelled or deleted before there was anything to stop
        return False
    _tell(started, push, now)
    return True


# --- the states -------------------------------------------------------------------------------------------------------


def mark_completed(
    user_id: str,
    song_id: str,
    attempt: int,
    *,
    lyrics_failed: Mapping[str, Any] | None,
    songs: Songs,
    objects: Objects,
    now: datetime,
) -> Song:
    """Check that the results are all there, then PROCESSING → COMPLETED. Run again for the same attempt, it answers
    the same; for another attempt or a cancelled song it raises `Conflict` and changes nothing."""
    song = _run_of(user_id, song_id, attempt, songs)
    if not song.runs:
        return song
    prefix = output_prefix(user_id, song_id)
    manifest = objects.read_json(f"{prefix}manifest.json") or {}
    missing = {f"{stem}.wav" for stem in STEMS} - set(manifest.get("files") or {})
    if missing:
        raise Invalid(f"The results are incomplete: {', '.join(sorted(missing))}")
    status, reason = _lyrics(f"{prefix}lyrics.json", lyrics_failed, objects)
    facts = {
        "duration_sec": _duration_s(manifest) or song.duration_sec,
        "model": str((manifest.get("separation") or {}).get("model") or song.model),
        "lyrics_model": str((manifest.get("lyrics") or {}).get("model") or song.lyrics_model),
        "stems_prefix": prefix,
        "lyrics_key": f"{prefix}lyrics.json",
        "lyrics_status": status,
        "lyrics_reason": reason,
    }
    done = songs.mark_completed(song, facts=facts, now=to_iso(now))
    if done is None:
        raise Conflict("The song is no longer being processed.")
    return done


def _lyrics(key: str, failed: Mapping[str, Any] | None, objects: Objects) -> tuple[LyricsStatus, str | None]:
    written = None if failed else objects.read_json(key)
    if written is None:
        written = rules.failed_lyrics("The lyrics could not be written. The stems are complete.")
        objects.write_json(key, written)
    return rules.lyrics_outcome(written)


def _duration_s(manifest: Mapping[str, Any]) -> float | None:
    source = manifest.get("source") or {}
    try:
        return round(float(source["frames"] / source["sampleRate"]), 3)
    except (KeyError, TypeError, ZeroDivisionError):
        return None


def send_notification(user_id: str, song_id: str, *, songs: Songs, push: Push, now: datetime) -> int:
    """Tell the person where their song stands; answers how many connections heard it."""
    song = songs.get(user_id, song_id)
    return _tell(song, push, now)


def cleanup_upload(key: str, *, objects: Objects) -> None:
    """Delete the original: once its stems exist it is nobody's business to keep it."""
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
    now: datetime,
) -> Song:
    """PROCESSING → FAILED with a readable reason; half-written results go, finished stages stay for a retry."""
    song = _run_of(user_id, song_id, attempt, songs)
    prefix = output_prefix(user_id, song_id)
    said = objects.read_json(f"{prefix}failure.json")
    judged = rules.failure_cause(stage=stage, error=error, cause=cause, said=said)
    logger().error(
        "a song failed",
        extra={"songId": song_id, "stage": stage, "error": error, "cause": cause[:2000], "code": judged.code},
    )
    if song.runs:
        _remove_half_written(prefix, objects)
        changed = songs.mark_failed(song, code=judged.code, message=judged.message, now=to_iso(now))
        if changed is None:
            raise Conflict("The song is no longer being processed.")
        song = changed
    if song.status is Status.FAILED or song.lyrics_status is LyricsStatus.FAILED:
        _tell(song, push, now)
    return song


def _remove_half_written(prefix: str, objects: Objects) -> None:
    manifest = objects.read_json(f"{prefix}manifest.json")
    finished = {f"{prefix}{name}" for name in (manifest or {}).get("files") or {}}
    for key in list(objects.names(prefix)):
        keep = (
            key in finished
            or key.startswith(f"{prefix}checkpoints/")
            or (manifest and key == f"{prefix}manifest.json")
        )
        if not keep:
            objects.delete(key)


def _run_of(user_id: str, song_id: str, attempt: int, songs: Songs) -> Song:
    song = songs.get(user_id, song_id)
    if song is None:
        raise NotFound("The song is gone.")
    if song.attempt != attempt or song.waits or song.status in (Status.CANCELLED, Status.PENDING_UPLOAD):
        raise Conflict("The song is no longer being processed.")
    return song


def _tell(song: Song | None, push: Push, now: datetime) -> int:
    message = messages.for_song(song, now=now) if song else None
    return push(song.user_id, message) if song and message else 0
