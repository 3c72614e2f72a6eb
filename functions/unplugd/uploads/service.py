"""Accepting a file: the check that it is a song. What promises the file is in uploads/promises.py."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from audiofile import MAX_BYTES
from unplugd.domain.files import UPLOADS, parse_upload_key
from unplugd.domain.notify import Push, notify_owner
from unplugd.domain.queueing import WakeQueue, put_in_queue
from unplugd.domain.quota import QUOTA_USED, Quotas
from unplugd.domain.song import Song, Status
from unplugd.domain.unreadable import Unreadable
from unplugd.kernel.clock import Clock, to_iso
from unplugd.kernel.errors import Invalid, QuotaUsed, Transient
from unplugd.kernel.log import logger
from unplugd.uploads import rules
from unplugd.uploads.imports import import_songs as import_songs
from unplugd.uploads.model import Probe
from unplugd.uploads.ports import Accepted, Events, Listing, Place
from unplugd.uploads.promises import FORM_TOO_LARGE as FORM_TOO_LARGE
from unplugd.uploads.promises import create_placeholder as create_placeholder
from unplugd.uploads.promises import create_upload as create_upload
from unplugd.uploads.promises import create_uploads as create_uploads
from unplugd.uploads.promises import renew_upload as renew_upload
from unplugd.uploads.promises import upload_song as upload_song

SWEEP_FOR_S = 90.0  # the function is ended after 120; what it did not come to is first in the next sweep
_TRIES = 4  # against a person who changes the song while it joins the queue


class Songs(Protocol):
    """What this room needs of the songs table."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...
    def extend_upload(self, song: Song, *, ttl: int) -> bool: ...
    def mark_queued(self, song: Song, *, seen: Song) -> Song | None: ...
    def mark_rejected(self, song: Song, *, code: str, message: str, now: str) -> Song | None: ...
    def queue_position_of(self, song: Song) -> int: ...
    def same_sound(self, owner: str, sound_sha256: str, *, but: str) -> str | None: ...


class Objects(Protocol):
    """The uploads bucket, to check what is in it."""

    def fetch(self, key: str, target: Path) -> bool: ...
    def delete(self, key: str) -> None: ...


def validate_upload(
    key: str,
    size_bytes: int,
    *,
    work: Path,
    probe: Callable[[Path], Probe],
    songs: Songs,
    objects: Objects,
    queue: WakeQueue,
    accepted: Accepted,
    push: Push,
    quotas: Quotas,
    clock: Clock,
) -> None:
    """Check an object that arrived. Repeated, late or reordered events change a song at most once."""
    try:
        user_id, song_id = _owner_of(key)
    except Invalid as error:
        logger().warning("skipped an object with a foreign key", extra={"reason": error.message})
        return
    try:
        song = songs.get(user_id, song_id)
    except Unreadable:  # the sweeper announces the file again once the row can be read
        return
    if song is None or song.s3_key != key:
        logger().warning("removed an upload that belongs to no song", extra={"songId": song_id})
        objects.delete(key)
        return
    if song.status is not Status.PENDING_UPLOAD:
        _heard_before(song, key, objects=objects, queue=queue, accepted=accepted)
        return
    found = _probe(key, size_bytes, work=work, probe=probe, objects=objects)
    if found is None:
        logger().info("the object was deleted again", extra={"songId": song_id})
        return
    refusal = rules.TOO_LARGE if size_bytes > MAX_BYTES else rules.judge(found)
    if refusal is None:
        try:
            quotas.take_minutes(user_id, song_id, found.duration_s, clock())
        except QuotaUsed as error:
            refusal = rules.Refusal(QUOTA_USED, error.message)
    if refusal:
        _refuse(song, refusal, songs=songs, objects=objects, push=push, now=clock())
    else:
        _accept(song, found, size_bytes, songs=songs, queue=queue, push=push, clock=clock)
        accepted(song.user_id, song.song_id)


def sweep_uploads(
    *, songs: Songs, objects: Listing, events: Events, accepted: Accepted, place: Place, now: datetime
) -> int:
    """Announce uploads again that have arrived and were never checked: their event was lost, or died with its function.
    Answers how many. A repeated event changes nothing twice. The row of such a song lives as long as its file, so
    that a redrive finds it however long the validator was broken.

    An accepted upload whose mix or details are still missing is handed on again, as long as it is there.

    Originals that no function will read again are deleted at any age: the function that should have done it died.

    The next sweep begins behind the last upload that this one saw, also when that made it fail: however many there are,
    none keeps the others waiting."""
    until = time.monotonic() + SWEEP_FOR_S
    stopped = place.read()
    repeated = 0
    last = ""
    try:
        for key, size_bytes, arrived in _from(stopped, objects):
            last = key
            if rules.is_unchecked(now - arrived):
                repeated += _sweep(
                    key,
                    size_bytes,
                    arrived,
                    songs=songs,
                    objects=objects,
                    events=events,
                    accepted=accepted,
                    now=now,
                )
            if time.monotonic() > until:
                break
        else:
            last = ""
    finally:
        if last or stopped:
            place.note(_behind(last))
    return repeated


def _from(stopped: str, objects: Listing) -> Iterator[tuple[str, int, datetime]]:
    """Every upload once: those behind `stopped`, then the others."""
    yield from objects.listed(UPLOADS, after=stopped)
    for found in objects.listed(UPLOADS) if stopped else ():
        if found[0] > stopped:
            return
        yield found


def _behind(key: str) -> str:
    """A text behind `key`, and before those of the next song. It leaves out the file's name, which is private."""
    return key.rsplit("/", 1)[0] + "0" if key else ""  # in keys, 0 follows the slash


def _sweep(
    key: str,
    size_bytes: int,
    arrived: datetime,
    *,
    songs: Songs,
    objects: Listing,
    events: Events,
    accepted: Accepted,
    now: datetime,
) -> bool:
    """Look after one upload; whether it was announced again."""
    try:
        song = songs.get(*_owner_of(key))
    except (Invalid, Unreadable):
        return False  # no key of ours, or a row that cannot be read (which is reported where it is read)
    if song is None or song.s3_key != key:
        return False
    if _is_done_with(song):
        logger().warning("deleting an original that was left behind", extra={"songId": song.song_id})
        objects.delete(key)
    elif song.status is Status.PENDING_UPLOAD and now - arrived <= rules.SWEPT_FOR:
        logger().warning("announcing an upload again", extra={"songId": song.song_id})
        ttl = int((arrived + rules.ORIGINALS_KEPT).timestamp())
        if song.ttl is not None and song.ttl < ttl:
            songs.extend_upload(song, ttl=ttl)
        events.repeat(key, size_bytes)
        return True
    elif _lacks_something(song) and now - arrived <= rules.SWEPT_FOR:
        accepted(song.user_id, song.song_id)
    return False


def _lacks_something(song: Song) -> bool:
    return song.is_accepted and not (song.mix_at and song.details_at)


def _heard_before(song: Song, key: str, *, objects: Objects, queue: WakeQueue, accepted: Accepted) -> None:
    """A repeated event. The first may have died after its write, so what follows that write is done again."""
    if song.status is Status.QUEUED:
        queue.wake()
        if _lacks_something(song):
            accepted(song.user_id, song.song_id)
    elif _is_done_with(song):
        objects.delete(key)


def _is_done_with(song: Song) -> bool:
    """Whether no function will read the song's original again: its stems are complete, and lyrics are made from those;
    or it was refused, and never joined the queue. Any other song that failed may be tried again."""
    return song.status is Status.COMPLETED or (song.status is Status.FAILED and song.attempt == 0)


def _owner_of(key: str) -> tuple[str, str]:
    parts = parse_upload_key(key)
    if parts is None:
        raise Invalid("not uploads/user/song/file")  # without the key: a file name is private
    return parts.user_id, parts.song_id


def _probe(
    key: str, size_bytes: int, *, work: Path, probe: Callable[[Path], Probe], objects: Objects
) -> Probe | None:
    if size_bytes > MAX_BYTES:
        return Probe()
    target = work / "upload"
    try:
        return probe(target) if objects.fetch(key, target) else None
    finally:
        target.unlink(missing_ok=True)


def _refuse(
    song: Song, refusal: rules.Refusal, *, songs: Songs, objects: Objects, push: Push, now: datetime
) -> None:
    refused = songs.mark_rejected(song, code=refusal.code, message=refusal.message, now=to_iso(now))
    if refused is None:
        return
    logger().info("refused an upload", extra={"songId": song.song_id, "code": refusal.code})
    objects.delete(song.s3_key or "")
    notify_owner(refused, push=push, now=now)


def _accept(
    song: Song,
    probe: Probe,
    size_bytes: int,
    *,
    songs: Songs,
    queue: WakeQueue,
    push: Push,
    clock: Clock,
) -> None:
    """Put the song in the queue, unless another call did or it was deleted. What a person changed during the check
    is read again, and is kept over the file's tags. A song that the person has already is named, and theirs to keep."""
    sound = probe.sound_sha256
    same = songs.same_sound(song.user_id, sound, but=song.song_id) if sound else None
    seen: Song | None = song
    for _ in range(_TRIES):
        if seen is None or seen.status is not Status.PENDING_UPLOAD or seen.s3_key != song.s3_key:
            return
        known = dataclasses.replace(
            seen,
            title=seen.title
            or probe.title
            or seen.file_title
            or rules.title_from_file_name(seen.s3_key or ""),
            artist=seen.artist or probe.artist,
            album=seen.album or probe.album,
            isrc=probe.isrc,
            duration_sec=probe.duration_s,
            original_format=probe.format,
            file_size_bytes=size_bytes,
            sound_sha256=sound,
            same_as=same,
        )
        write = partial(songs.mark_queued, seen=seen)
        if put_in_queue(
            known, write=write, place_of=songs.queue_position_of, queue=queue, push=push, clock=clock
        ):
            return
        seen = songs.get(song.user_id, song.song_id)
    raise Transient("The song was changed each time it was about to join the queue.")
