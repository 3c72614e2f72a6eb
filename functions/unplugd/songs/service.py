"""The library: list, read, edit and delete one's own songs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from unplugd.domain import personal_data, stems
from unplugd.domain.files import (
    ARTWORK,
    LINK_SECONDS,
    LYRICS,
    MANIFEST,
    PEAKS,
    artwork_key,
    manifest_key,
    mix_key,
    output_prefix,
    stream_name,
    wav_name,
)
from unplugd.domain.finding import Figures
from unplugd.domain.job import Kind, failed_kind
from unplugd.domain.notify import Push, notify_owner
from unplugd.domain.queueing import WakeQueue, put_in_queue
from unplugd.domain.quota import Quotas
from unplugd.domain.song import Song, Status
from unplugd.domain.song_view import public_view
from unplugd.domain.unreadable import Unreadable, UnreadableSong
from unplugd.kernel.clock import Clock, to_iso
from unplugd.kernel.errors import AppError, Conflict, NotFound, Transient
from unplugd.kernel.ids import is_song_id
from unplugd.kernel.log import logger
from unplugd.songs import rules

_GONE = "There is no such song in your library."
MOST_OF_A_NAME = 100  # as many rows as one call reads
_TRIES = 4  # against another change of the same title at this moment


class Songs(Protocol):
    """What this room needs of the songs table."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...
    def page(
        self, owner: str, *, status: Status | None, after: str | None, limit: int
    ) -> Sequence[Song | UnreadableSong]: ...
    def search(
        self,
        owner: str,
        *,
        status: Status | None,
        q: str | None,
        figures: Figures,
        after: str | None,
        limit: int,
    ) -> tuple[Sequence[Song | UnreadableSong], str | None]: ...
    def named(self, owner: str, file_name: str, *, limit: int) -> Sequence[Song | UnreadableSong]: ...
    def queue_position_of(self, song: Song) -> int: ...
    def update_details(self, song: Song, changes: Mapping[str, Any], *, now: str) -> Song | None: ...
    def mark_queued_again(self, song: Song, *, kind: Kind) -> Song | None: ...
    def mark_cancelled(self, song: Song, *, now: str) -> Song | None: ...


class Tombstones(Protocol):
    """Where deleted songs are remembered."""

    def delete_with_tombstone(self, song: Song | UnreadableSong, *, now: str) -> None: ...


class Practice(Protocol):
    """The practice table."""

    def remove(self, user_id: str, song_id: str | None = None) -> bool: ...


class Details(Protocol):
    """The details table."""

    def remove(self, user_id: str, song_id: str | None = None) -> bool: ...


class Originals(Protocol):
    """The uploads bucket."""

    def exists(self, key: str) -> bool: ...


class Manifests(Protocol):
    """The output bucket, to see which stages are finished."""

    def read_json(self, key: str) -> dict[str, Any] | None: ...


class Executions(Protocol):
    """The state machine."""

    def stop(self, execution_arn: str) -> None: ...


class Results(Protocol):
    """The output bucket."""

    def download_link(self, key: str) -> str: ...


class Emptier(Protocol):
    """A bucket from which a song's files can be removed."""

    def empty(self, prefix: str) -> bool: ...


def list_presets() -> dict[str, Any]:
    """The mixer's presets."""
    return {"data": rules.presets()}


def list_songs(
    page: rules.Page, *, owner: str, songs: Songs, results: Results, now: datetime
) -> dict[str, Any]:
    """One page of the owner's songs, newest first, and the cursor of the next, if there is one. A song with a picture
    has a link to the small one."""
    last: str | None
    if page.searches:
        shown, last = songs.search(
            owner, status=page.status, q=page.q, figures=page.figures, after=page.after, limit=page.limit
        )
    else:
        found = songs.page(owner, status=page.status, after=page.after, limit=page.limit + 1)
        shown = found[: page.limit]
        last = shown[-1].song_id if len(found) > page.limit else None
    cursor = (
        rules.encode_cursor(last, owner=owner, status=page.status, q=page.q, figures=page.figures)
        if last
        else None
    )
    return {
        "data": [public_view(song, now=now) | _picture(song, results) for song in shown],
        "nextCursor": cursor,
    }


def look_up_songs(file_name: str, *, owner: str, songs: Songs, now: datetime) -> dict[str, Any]:
    """The newest of the owner's songs whose file has this name; path, case and how letters are composed do not count.
    `NotFound` if there is none."""
    found = songs.named(owner, file_name, limit=MOST_OF_A_NAME)
    kept = [song for song in found if not _has_expired(song, now)]
    if not kept:
        raise NotFound("None of your songs has a file of this name.")
    return {"data": [public_view(song, now=now) for song in kept]}


def _has_expired(song: Song | UnreadableSong, now: datetime) -> bool:
    """Whether the file never came; the row may be there for days."""
    return isinstance(song, Song) and song.ttl is not None and song.ttl <= now.timestamp()


def get_download_links(
    cursor: str | None, *, owner: str, songs: Songs, results: Results, now: datetime
) -> dict[str, Any]:
    """Twenty of the owner's songs, newest first, with links to what there is of each: its mix, and its stems once it is
    complete. And the cursor of the next page, if there is one."""
    after = None if cursor is None else rules.decode_cursor(cursor, owner=owner, status=None, q=None)
    found = songs.page(owner, status=None, after=after, limit=rules.DOWNLOADS + 1)
    shown = found[: rules.DOWNLOADS]
    more = len(found) > rules.DOWNLOADS
    return {
        "data": [_download(song, results, now) for song in shown],
        "urlsExpireAt": _expiry(now),
        "nextCursor": rules.encode_cursor(shown[-1].song_id, owner=owner, status=None, q=None)
        if more
        else None,
    }


def _download(song: Song | UnreadableSong, results: Results, now: datetime) -> dict[str, Any]:
    view = public_view(song, now=now)
    shown = {name: view[name] for name in ("songId", "title", "artist", "fileName", "status")}
    if isinstance(song, UnreadableSong):
        return shown | {"mixUrl": None, "stems": {}}
    mix = results.download_link(mix_key(song.user_id, song.song_id)) if song.mix_at else None
    stems_ = _links(song, results, now)["stems"] if song.status is Status.COMPLETED else {}
    return shown | {"mixUrl": mix, "stems": stems_}


def get_song(song_id: str, *, owner: str, songs: Songs, results: Results, now: datetime) -> dict[str, Any]:
    """A song with fresh links to all that was made from it so far: its picture, the mix, and once it is complete its
    stems."""
    song = _look(song_id, owner, songs)
    if isinstance(song, UnreadableSong):
        return public_view(song, now=now)
    position = songs.queue_position_of(song) if song.waits and song.is_busy else None
    view = public_view(song, now=now, queue_position=position) | _picture(song, results)
    if song.mix_at:
        view |= {"mixUrl": results.download_link(mix_key(owner, song_id)), "urlsExpireAt": _expiry(now)}
    return view | _links(song, results, now) if song.status is Status.COMPLETED else view


def _picture(song: Song | UnreadableSong, results: Results) -> dict[str, Any]:
    if isinstance(song, UnreadableSong) or not song.artwork_at:
        return {}
    return {"artworkUrl": results.download_link(artwork_key(song.user_id, song.song_id, min(ARTWORK)))}


def _expiry(now: datetime) -> str:
    return to_iso(now + timedelta(seconds=LINK_SECONDS))


def _links(song: Song, results: Results, now: datetime) -> dict[str, Any]:
    prefix = song.stems_prefix or output_prefix(song.user_id, song.song_id)

    def link(name: str) -> str:
        return results.download_link(f"{prefix}{name}")

    return {
        "stems": {
            stem: {"url": link(wav_name(stem)), "streamUrl": link(stream_name(stem))} for stem in song.stems
        },
        "peaksUrl": link(PEAKS),
        "lyricsUrl": link(LYRICS),
        "manifestUrl": link(MANIFEST),
        "urlsExpireAt": _expiry(now),
    }


def update_song(
    song_id: str, changes: Mapping[str, Any], *, owner: str, songs: Songs, now: datetime
) -> dict[str, Any]:
    """Set what a person says of a song."""
    for _ in range(_TRIES):  # the validator may write the file's tags at this moment
        song = _own(song_id, owner, songs)
        after = songs.update_details(song, changes, now=to_iso(now)) if changes else song
        if after is not None:
            return public_view(after, now=now)
    raise Transient("This song is being changed at this moment. Please try again.")


def delete_song(
    song_id: str,
    *,
    owner: str,
    songs: Songs,
    tombstones: Tombstones,
    practice: Practice,
    details: Details,
    buckets: Mapping[str, Emptier],
    now: datetime,
) -> dict[str, bool]:
    """Remove a song, everything made from it, its card and its details. The row goes first and leaves a tombstone, by
    which the sweep finds what remains here or is written later."""
    song = _look(song_id, owner, songs)
    tombstones.delete_with_tombstone(song, now=to_iso(now))
    for room in (practice, details):
        try:
            room.remove(owner, song_id)
        except AppError:
            logger().warning("a row of a deleted song remains for the sweeper", extra={"songId": song_id})
    for folder in personal_data.all_files():
        try:
            buckets[folder.bucket].empty(folder.prefix(owner, song_id))
        except AppError:
            logger().warning("some files of a deleted song remain for the sweeper", extra={"songId": song_id})
    return {"deleted": True}


def retry_song(
    song_id: str,
    *,
    owner: str,
    songs: Songs,
    originals: Originals,
    results: Manifests,
    queue: WakeQueue,
    push: Push,
    quotas: Quotas,
    clock: Clock,
) -> dict[str, Any]:
    """Put a failed or cancelled song, or a finished one whose lyrics failed, back in the queue without another
    upload. Finished stages are in S3, so only the missing ones run. Of several calls at once one succeeds; the others
    raise `Conflict`."""
    song = _own(song_id, owner, songs)
    kind = failed_kind(song)
    if kind is None and song.status is Status.COMPLETED:
        raise Conflict("This song is complete: there is nothing to try again.")
    if kind is None:
        raise Conflict("This song is already being processed.")
    if not _separated(song, results) and (song.attempt == 0 or not originals.exists(song.s3_key or "")):
        raise Conflict("The uploaded file is no longer here. Please upload the song again.")
    quotas.take_minutes(owner, f"{song_id}-{song.attempt + 1}", song.duration_sec or 0, clock())
    queued = put_in_queue(
        song,
        write=partial(songs.mark_queued_again, kind=kind),
        place_of=songs.queue_position_of,
        queue=queue,
        push=push,
        clock=clock,
    )
    if queued is None:
        raise Conflict("This song is already being processed.")
    return public_view(queued, now=clock(), queue_position=queued.queue_position)


def _separated(song: Song, results: Manifests) -> bool:
    manifest = results.read_json(manifest_key(song.user_id, song.song_id)) or {}
    return not stems.missing_files(manifest)


def cancel_song(
    song_id: str,
    *,
    owner: str,
    songs: Songs,
    executions: Executions,
    queue: WakeQueue,
    push: Push,
    now: datetime,
) -> tuple[dict[str, Any], bool]:
    """Take a song out of the queue or stop its processing; answers the song and whether this call did it. A complete
    song that is measured stays complete; measuring stops.

    The row changes first: from then on a late completion changes nothing. A repeated call stops the execution again,
    because the first may have died before it did; so does the starter, for every cancelled song that still runs."""
    song = _own(song_id, owner, songs)
    can_stop = song.job and song.job.kind.at_cancel
    if not can_stop and song.status is not Status.CANCELLED:
        raise Conflict("Only a song that waits or is being processed can be cancelled.")
    cancelled = song if song.status is Status.CANCELLED else songs.mark_cancelled(song, now=to_iso(now))
    if cancelled is None:
        raise Conflict("This song's status just changed. Refresh and try again.")
    stopped = _stop(cancelled, executions)
    fresh = cancelled is not song
    if fresh or not stopped:
        queue.wake()
    if fresh:
        notify_owner(cancelled, push=push, now=now)
    return public_view(cancelled, now=now), fresh


def _stop(song: Song, executions: Executions) -> bool:
    """Stop a song's execution, if it has one; False when it may go on for now."""
    try:
        if song.execution_arn:
            executions.stop(song.execution_arn)
    except AppError:
        logger().warning(
            "a cancelled song could not be stopped; the starter will", extra={"songId": song.song_id}
        )
        return False
    return True


def _own(song_id: str, owner: str, songs: Songs) -> Song:
    song = songs.get(owner, song_id) if is_song_id(song_id) else None
    if song is None:
        raise NotFound(_GONE)
    return song


def _look(song_id: str, owner: str, songs: Songs) -> Song | UnreadableSong:
    """The owner's song, also when its row cannot be read."""
    try:
        return _own(song_id, owner, songs)
    except Unreadable as error:
        return error.song
