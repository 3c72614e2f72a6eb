"""Songs whose file is yet to come: one, many at once, or by name alone; and the links by which the files are sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from audiofile import CONTENT_TYPES, MAX_BYTES
from unplugd.domain.files import LINK_SECONDS, SONG_HEADER, SONG_METADATA, upload_key
from unplugd.domain.names import kept_name
from unplugd.domain.quota import Quotas
from unplugd.domain.song import Song, Status
from unplugd.domain.song_view import public_view
from unplugd.kernel.clock import to_iso
from unplugd.kernel.errors import AppError, Conflict, Invalid, NotFound, TooLarge, TooMany, UnsupportedType
from unplugd.kernel.ids import NewId, is_song_id
from unplugd.uploads import rules

# A function takes 6 MB with each call, and the gateway sends a file as text, a third longer.
MAX_FORM_BYTES = 4 * 1024 * 1024
FORM_TOO_LARGE = (
    f"A form may have a file of {MAX_FORM_BYTES // 1024**2} MB. "
    "Send a larger one to a link of POST /songs/upload-url."
)
_FULL = "You have too many pending uploads. Send their files, or wait a day."


class Pending(Protocol):
    """New rows, and how many a person may have."""

    def room(self, owner: str, wanted: int, *, limit: int, now: int) -> int: ...
    def create(self, songs: Sequence[Song], *, limit: int, now: int) -> int: ...


class Songs(Protocol):
    """The songs table, to look at a promise and change it."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...
    def extend_upload(self, song: Song, *, ttl: int) -> bool: ...
    def announce_file(self, song: Song, changes: Mapping[str, Any], *, now: str) -> Song | None: ...


class Links(Protocol):
    """The uploads bucket, to send files to."""

    def upload_link(
        self, key: str, *, content_type: str, size_bytes: int, metadata: Mapping[str, str]
    ) -> str: ...


class Bucket(Protocol):
    """The uploads bucket, to write to."""

    def put(self, key: str, data: bytes, *, content_type: str, metadata: Mapping[str, str]) -> None: ...


@dataclasses.dataclass(frozen=True)
class NewFile:
    """What a person announces of the file they are about to send."""

    file_name: str
    content_type: str
    size_bytes: int


@dataclasses.dataclass(frozen=True)
class About:
    """What a person says of a song before its file has come."""

    title: str | None = None
    artist: str | None = None
    language: str | None = None
    model: str = "auto"
    lyrics_model: str = "auto"


NewUpload = tuple[NewFile, About]


def create_upload(
    upload: NewUpload,
    *,
    owner: str,
    song_id: str,
    now: datetime,
    pending: Pending,
    objects: Links,
    quotas: Quotas,
) -> dict[str, Any]:
    """A PENDING_UPLOAD row and a presigned PUT for exactly the file that was announced."""
    song = announced(upload, owner=owner, song_id=song_id, now=now)
    (granted,) = grant([song], now=now, pending=pending, quotas=quotas)
    if isinstance(granted, AppError):
        raise granted
    return _link(granted, objects)


def create_uploads(
    uploads: Sequence[NewUpload | AppError],
    *,
    owner: str,
    new_id: NewId,
    now: datetime,
    pending: Pending,
    objects: Links,
    quotas: Quotas,
) -> list[dict[str, Any] | AppError]:
    """As `create_upload`, for each of up to 25 files: what it answers, or the error that it raises, in their order. An
    error in place of a file is handed on. The first files get the room that there is."""
    songs: list[Song | AppError] = []
    for upload in uploads:
        try:
            if isinstance(upload, AppError):
                raise upload
            songs.append(announced(upload, owner=owner, song_id=new_id(), now=now))
        except AppError as error:
            songs.append(error)
    granted = grant(songs, now=now, pending=pending, quotas=quotas)
    return [song if isinstance(song, AppError) else _link(song, objects) for song in granted]


def grant(
    songs: Sequence[Song | AppError], *, now: datetime, pending: Pending, quotas: Quotas
) -> list[Song | AppError]:
    """Write up to 25 new songs of a person as rows, one by one, as far as each quota goes; the first come first. In
    their order: the song, or why it was not granted. An error in place of a song is handed on."""
    limit, now_s = rules.MAX_PENDING, int(now.timestamp())
    wanted = [song for song in songs if isinstance(song, Song)]
    if not wanted:
        return list(songs)
    # What is counted for a day is not given back: so first comes whether there is room.
    room = max(0, pending.room(wanted[0].user_id, len(wanted), limit=limit, now=now_s))
    refused: dict[str, AppError] = {song.song_id: TooMany(_FULL) for song in wanted[room:]}
    for song in wanted[:room]:
        try:
            quotas.take_song(song.user_id, song.song_id, now)
        except AppError as error:
            refused[song.song_id] = error
    good = [song for song in wanted if song.song_id not in refused]
    count = pending.create(good, limit=limit, now=now_s) if good else 0
    refused |= {song.song_id: TooMany(_FULL) for song in good[count:]}
    return [song if isinstance(song, AppError) else refused.get(song.song_id, song) for song in songs]


def upload_song(
    file_name: str,
    content_type: str,
    data: bytes,
    about: About,
    *,
    owner: str,
    song_id: str,
    now: datetime,
    pending: Pending,
    objects: Bucket,
    quotas: Quotas,
) -> dict[str, Any]:
    """A song whose file came with the call. It then goes the way of any upload. Answers the song."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in CONTENT_TYPES:  # programs name none, or only say that it is bytes
        kind = rules.content_type_of(file_name) if kind in ("", "application/octet-stream") else kind
    if not data:
        raise Invalid("The file is empty.")
    song = announced((NewFile(file_name, kind, len(data)), about), owner=owner, song_id=song_id, now=now)
    (granted,) = grant([song], now=now, pending=pending, quotas=quotas)
    if isinstance(granted, AppError):
        raise granted
    metadata = {SONG_METADATA: song.song_id}
    objects.put(song.s3_key or "", data, content_type=kind, metadata=metadata)
    return public_view(song, now=now)


def create_placeholder(
    about: About, file_name: str | None, *, owner: str, song_id: str, now: datetime, pending: Pending
) -> dict[str, Any]:
    """A song without a file: it waits 30 days for one, which `renew_upload` takes. Answers the song."""
    song = Song(
        user_id=owner,
        song_id=song_id,
        status=Status.PENDING_UPLOAD,
        uploaded_at=to_iso(now),
        updated_at=to_iso(now),
        **dataclasses.asdict(about),
        file_name=kept_name(file_name) if file_name else None,
        ttl=int((now + rules.PLACEHOLDERS_KEPT).timestamp()),
    )
    if not pending.create([song], limit=rules.MAX_PENDING, now=int(now.timestamp())):
        raise TooMany(_FULL)
    return public_view(song, now=now)


def renew_upload(
    song_id: str,
    file: NewFile | None,
    *,
    owner: str,
    songs: Songs,
    objects: Links,
    quotas: Quotas,
    now: datetime,
) -> dict[str, Any]:
    """A fresh link for a file that was announced and has not arrived; or, with `file`, a link for that one, which a
    placeholder needs. Its row lives a day from now on at least, so that it never expires before the link."""
    song = songs.get(owner, song_id) if is_song_id(song_id) else None
    now_s = int(now.timestamp())
    if song is None or (song.status is Status.PENDING_UPLOAD and song.ttl is not None and song.ttl <= now_s):
        raise NotFound("There is no such song in your library.")  # an expired row may be there for days
    if song.status is not Status.PENDING_UPLOAD:
        raise Conflict("This song's file has already arrived.")
    ttl = None if song.ttl is None else max(song.ttl, now_s + rules.UPLOAD_TTL_S)
    if file:
        changes = _of_file(file, owner, song_id) | {"ttl": ttl}
        if not song.s3_key:  # a placeholder gets its first link
            quotas.take_song(owner, song_id, now)
        after = songs.announce_file(song, changes, now=to_iso(now))
        if after is None:
            raise Conflict("This song's status just changed. Refresh and try again.")
        return _link(after, objects)
    if not song.s3_key:
        needed = ("filename", "contentType", "sizeBytes")
        faults = [{"field": name, "problem": "is required"} for name in needed]
        raise Invalid(
            "This song is a placeholder: say which file you send, by filename, contentType and sizeBytes.",
            details=faults,
        )
    if ttl is not None and not songs.extend_upload(song, ttl=ttl):  # else a person's words keep it for ever
        raise Conflict("This song's status just changed. Refresh and try again.")
    return _link(song, objects)


def announced(upload: NewUpload, *, owner: str, song_id: str, now: datetime) -> Song:
    """The song that waits for a file. Raises what is wrong with the file."""
    file, about = upload
    return Song(
        user_id=owner,
        song_id=song_id,
        status=Status.PENDING_UPLOAD,
        uploaded_at=to_iso(now),
        updated_at=to_iso(now),
        **dataclasses.asdict(about),
        **_of_file(file, owner, song_id),
        ttl=int(now.timestamp()) + rules.UPLOAD_TTL_S,
    )


def _of_file(file: NewFile, owner: str, song_id: str) -> dict[str, Any]:
    """A song's fields that say which file it waits for."""
    if file.content_type not in CONTENT_TYPES:
        raise UnsupportedType(
            f"{file.content_type[:100]} is not a supported type. Use mp3, wav, m4a, flac or ogg/opus."
        )
    if file.size_bytes > MAX_BYTES:
        raise TooLarge(rules.TOO_LARGE.message)
    return {
        "file_name": kept_name(file.file_name),
        "file_title": rules.title_from_file_name(file.file_name),
        "content_type": file.content_type,
        "file_size_bytes": file.size_bytes,
        "s3_key": upload_key(owner, song_id, rules.safe_file_name(file.file_name)),
    }


def _link(song: Song, objects: Links) -> dict[str, Any]:
    content_type = song.content_type or ""
    url = objects.upload_link(
        song.s3_key or "",
        content_type=content_type,
        size_bytes=song.file_size_bytes or 0,
        metadata={SONG_METADATA: song.song_id},
    )
    return {
        "songId": song.song_id,
        "uploadUrl": url,
        "headers": {"Content-Type": content_type, "If-None-Match": "*", SONG_HEADER: song.song_id},
        "expiresIn": LINK_SECONDS,
    }
