"""What an original says of its song, and what can be played of it before its stems are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from unplugd.domain import messages
from unplugd.domain.details import Details, public
from unplugd.domain.files import ARTWORK, LINK_SECONDS, SONG_METADATA, artwork_key, mix_key
from unplugd.domain.notify import NOTIFY_FOR_S, Push
from unplugd.domain.song import Song
from unplugd.kernel.children import ChildFailed
from unplugd.kernel.clock import Clock, to_iso
from unplugd.kernel.errors import NotFound, Transient
from unplugd.kernel.ids import is_song_id
from unplugd.kernel.log import logger


class Songs(Protocol):
    """What this room needs of the songs table."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...
    def mark_mix(self, song: Song, *, now: str) -> Song | None: ...


class DetailsRows(Protocol):
    """The details table."""

    def get(self, user_id: str, song_id: str) -> Details: ...
    def save(self, user_id: str, song_id: str, details: Details, *, has_artwork: bool) -> bool: ...


class Results(Protocol):
    """The output bucket."""

    def download_link(self, key: str) -> str: ...
    def exists(self, key: str) -> bool: ...
    def put_file(self, key: str, source: Path, *, content_type: str) -> None: ...
    def delete(self, key: str) -> None: ...


class Originals(Protocol):
    """The uploads bucket."""

    def metadata(self, key: str) -> dict[str, str]: ...
    def fetch(self, key: str, target: Path) -> bool: ...


def get_details(
    song_id: str, *, owner: str, songs: Songs, details: DetailsRows, results: Results, now: datetime
) -> dict[str, Any]:
    """What is known of a song beyond its title, with links to its picture. Until its file was read, `readAt` is
    null. What a person says of album, year and genre comes
    first."""
    song = songs.get(owner, song_id) if is_song_id(song_id) else None
    if song is None:
        raise NotFound("There is no such song in your library.")
    known = details.get(owner, song_id)
    view = {"songId": song_id, **public(known), "artwork": None}
    own = {"album": song.album, "year": song.year, "genre": song.genre}
    view |= {name: value for name, value in own.items() if value is not None}
    if song.artwork_at:
        view["artwork"] = {
            "smallUrl": results.download_link(artwork_key(owner, song_id, 64)),
            "largeUrl": results.download_link(artwork_key(owner, song_id, 512)),
            "width": known.artwork_width,
            "height": known.artwork_height,
        }
    return view | {"urlsExpireAt": to_iso(now + timedelta(seconds=LINK_SECONDS))}


def transcode_upload(
    payload: Mapping[str, Any],
    *,
    work: Path,
    transcode: Callable[[Path, Path], None],
    songs: Songs,
    originals: Originals,
    results: Results,
    push: Push,
    clock: Clock,
) -> None:
    """Write the whole of an accepted song as MP3, and tell its owner that it can be played.

    A call that comes twice finds the mix; one that died is made again and writes the same file. Without it the song is
    as it was: nothing else reads the mix. What is written for a song that has been deleted is removed, and the
    sweeper of deleted songs looks there for a day."""
    song = _accepted(payload, songs)
    if song is None or (song.mix_at and results.exists(mix_key(song.user_id, song.song_id))):
        return
    if originals.metadata(song.s3_key or "").get(SONG_METADATA) != song.song_id:
        logger().warning("skipped an upload that is gone or names no song", extra={"songId": song.song_id})
        return
    source, target = work / "upload", work / "mix.mp3"
    if not originals.fetch(song.s3_key or "", source):
        return
    try:
        transcode(source, target)
    except ChildFailed as error:  # the same with each try: the song does without
        logger().error("no mix", extra={"songId": song.song_id, "reason": str(error)})
        return
    key = mix_key(song.user_id, song.song_id)
    results.put_file(key, target, content_type="audio/mpeg")
    marked = songs.mark_mix(song, now=to_iso(clock()))
    if marked is None:
        if not _is_there(song, songs):
            results.delete(key)
        return
    push(song.user_id, messages.for_mix(marked), NOTIFY_FOR_S)


def enrich_details(
    payload: Mapping[str, Any],
    *,
    work: Path,
    read: Callable[[Path, Path], Details],
    songs: Songs,
    details: DetailsRows,
    originals: Originals,
    results: Results,
    clock: Clock,
) -> None:
    """Read what an accepted song's file says of it, and keep that and its picture. The same file says the same each
    time; a file that says nothing is noted as read."""
    song = _accepted(payload, songs)
    source = work / "upload"
    if song is None or song.details_at or not originals.fetch(song.s3_key or "", source):
        return
    known = replace(read(source, work), read_at=to_iso(clock()))
    pictures = {
        artwork_key(song.user_id, song.song_id, size): work / name
        for size, name in ARTWORK.items()
        if (work / name).exists()
    }
    for key, picture in pictures.items():
        results.put_file(key, picture, content_type="image/webp")
    if details.save(song.user_id, song.song_id, known, has_artwork=bool(pictures)):
        return
    if _is_there(song, songs):
        raise Transient("The song is being changed at this moment. Please try again.")
    for key in pictures:
        results.delete(key)


def _accepted(payload: Mapping[str, Any], songs: Songs) -> Song | None:
    song = songs.get(str(payload["userId"]), str(payload["songId"]))
    return song if song is not None and song.is_accepted else None


def _is_there(song: Song, songs: Songs) -> bool:
    return songs.get(song.user_id, song.song_id) is not None
