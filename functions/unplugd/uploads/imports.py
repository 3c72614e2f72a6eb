"""Songs made of files that are in the uploads bucket already: those that a person sent by a link, and those that an
administrator of the deployment put into the person's folder."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Protocol

from audiofile import MAX_BYTES
from unplugd.domain.files import SONG_METADATA, parse_upload_key, upload_key, user_uploads
from unplugd.domain.names import kept_name
from unplugd.domain.quota import Quotas
from unplugd.domain.song import Song, Status
from unplugd.domain.song_view import public_view
from unplugd.kernel.clock import to_iso
from unplugd.kernel.errors import AppError, Conflict, NotFound, TooLarge, Transient
from unplugd.kernel.ids import NewId
from unplugd.uploads import rules
from unplugd.uploads.promises import Pending, grant

MAX_KEY_BYTES = 1024  # of a key in S3
_COPIES_AT_ONCE = 8
# The gateway answers 504 after 29 s. A file that was not copied by then is copied by the same call, made again.
_COPY_FOR_S = 18.0
_BEING_MADE_S = 60  # a call that claimed a key has made the row by then, or died
_NO_FILE = "There is no such file in your folder."
_AGAIN = "This file is being imported at this moment. Please try again."


class Songs(Protocol):
    """The songs table."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...


class Claims(Protocol):
    """Which song each file became."""

    def find(self, owner: str, file_key: str) -> tuple[str, int] | None: ...
    def claim(
        self, owner: str, file_key: str, song_id: str, *, now: int, ttl: int, instead_of: str | None
    ) -> bool: ...
    def reserve_id(self, owner: str, song_id: str) -> bool: ...
    def release(self, owner: str, file_key: str, song_id: str) -> None: ...


class Deleted(Protocol):
    """The tombstones."""

    def has(self, song_id: str) -> bool: ...


class Files(Protocol):
    """The uploads bucket."""

    bucket: str

    def size_if_there(self, key: str) -> int | None: ...
    def copy_from(
        self, bucket: str, key: str, target: str, *, content_type: str, metadata: Mapping[str, str]
    ) -> None: ...
    def delete(self, key: str) -> None: ...


@dataclasses.dataclass(frozen=True)
class FileToImport:
    """A file in the bucket. `song_id`: the id that its song is to have; None: one is made."""

    file_name: str
    key: str
    song_id: str | None = None


@dataclasses.dataclass(frozen=True)
class _Deps:
    owner: str
    now: datetime
    new_id: NewId
    songs: Songs
    claims: Claims
    deleted: Deleted
    files: Files


def import_songs(
    files: Sequence[FileToImport | AppError],
    *,
    owner: str,
    new_id: NewId,
    now: datetime,
    songs: Songs,
    pending: Pending,
    claims: Claims,
    deleted: Deleted,
    objects: Files,
    quotas: Quotas,
) -> list[dict[str, Any] | AppError]:
    """For each of up to 25 files, in their order: the song that it is (200) or becomes (201), or why it does not. The
    file then goes the way of any upload: what the bucket says of it starts the check."""
    with_ = _Deps(owner, now, new_id, songs, claims, deleted, objects)
    found: list[tuple[int, Song] | AppError] = []
    by_key: dict[str, Song] = {}
    for file in files:
        try:
            if isinstance(file, AppError):
                raise file
            if same := by_key.get(file.key):
                found.append((200, same))
                continue
            taken = {song.song_id for song in by_key.values()}
            status, song = _song_of(file, taken, with_)
            by_key[file.key] = song
            found.append((status, song))
        except AppError as error:
            found.append(error)
    keys = {song.song_id: key for key, song in by_key.items()}
    new = {one[1].song_id: one[1] for one in found if not isinstance(one, AppError) and one[0] == 201}
    granted = grant(list(new.values()), now=now, pending=pending, quotas=quotas)
    refused = {song_id: one for song_id, one in zip(new, granted, strict=True) if isinstance(one, AppError)}
    for song_id in refused:
        claims.release(owner, keys[song_id], song_id)
    waiting = {
        song.song_id: song
        for song in by_key.values()
        if song.song_id not in refused and song.s3_key != keys[song.song_id]
    }
    refused |= _copied([(song, keys[song.song_id]) for song in waiting.values()], objects)
    return [
        one
        if isinstance(one, AppError)
        else refused.get(one[1].song_id) or {"status": one[0], "song": public_view(one[1], now=now)}
        for one in found
    ]


def _song_of(file: FileToImport, taken: set[str], with_: _Deps) -> tuple[int, Song]:
    """The song that the file is (200), or a new one that it becomes (201)."""
    if not file.key.startswith(user_uploads(with_.owner)) or not _is_key(file.key):
        raise NotFound(_NO_FILE)
    sent = parse_upload_key(file.key)
    return (200, _sent(sent.song_id, file, with_)) if sent else _put_there(file, taken, with_)


def _sent(song_id: str, file: FileToImport, with_: _Deps) -> Song:
    """The song whose file this is, by its key."""
    song = with_.songs.get(with_.owner, song_id)
    if song is None or song.s3_key != file.key:
        raise NotFound(_NO_FILE)  # a deleted song must not come back by its file
    if song.status is Status.PENDING_UPLOAD and with_.files.size_if_there(file.key) is None:
        raise NotFound("This file has not arrived. Send it to its upload link first.")
    return song


def _put_there(file: FileToImport, taken: set[str], with_: _Deps) -> tuple[int, Song]:
    """The song of a file that an administrator put into the person's folder."""
    now_s = int(with_.now.timestamp())
    known = with_.claims.find(with_.owner, file.key)
    song = with_.songs.get(with_.owner, known[0]) if known else None
    if song is not None:
        return 200, song
    size = with_.files.size_if_there(file.key)
    if size is None:
        raise NotFound(_NO_FILE)
    if size > MAX_BYTES:
        raise TooLarge(rules.TOO_LARGE.message)
    if known and now_s - known[1] < _BEING_MADE_S:
        raise Transient(_AGAIN)  # by another call, which has claimed it and not written its row
    song_id = file.song_id or with_.new_id()
    if file.song_id and (song_id in taken or not _is_free(song_id, with_)):
        raise Conflict("Another song has this songId, or had it.")
    ttl = now_s + int(rules.ORIGINALS_KEPT.total_seconds())
    if not with_.claims.claim(
        with_.owner, file.key, song_id, now=now_s, ttl=ttl, instead_of=known and known[0]
    ):
        raise Transient(_AGAIN)
    return 201, _new(file, song_id, size, with_)


def _is_free(song_id: str, with_: _Deps) -> bool:
    """Whether a new song can have the id that a caller chose. A run is named by it, so no two people can."""
    return (
        with_.songs.get(with_.owner, song_id) is None
        and not with_.deleted.has(song_id)
        and with_.claims.reserve_id(with_.owner, song_id)
    )


def _is_key(key: str) -> bool:
    """Whether a file can have this key: as S3 keeps it, without what no listing can show."""
    name = key.rpartition("/")[2]
    return bool(name) and len(key.encode("utf-8", "replace")) <= MAX_KEY_BYTES and key.isprintable()


def _new(file: FileToImport, song_id: str, size: int, with_: _Deps) -> Song:
    return Song(
        user_id=with_.owner,
        song_id=song_id,
        status=Status.PENDING_UPLOAD,
        uploaded_at=to_iso(with_.now),
        updated_at=to_iso(with_.now),
        file_name=kept_name(file.file_name),
        file_title=rules.title_from_file_name(file.file_name),
        content_type=rules.content_type_of(file.file_name),
        file_size_bytes=size,
        s3_key=upload_key(with_.owner, song_id, rules.safe_file_name(file.file_name)),
        ttl=int(with_.now.timestamp()) + rules.UPLOAD_TTL_S,
    )


def _copied(songs: Sequence[tuple[Song, str]], files: Files) -> dict[str, AppError]:
    """Copy each song's file to where uploads arrive, and remove it from where it was; the errors, by song."""
    until = time.monotonic() + _COPY_FOR_S

    def copy(one: tuple[Song, str]) -> AppError | None:
        song, key = one
        try:
            if time.monotonic() > until:
                raise Transient(_AGAIN)
            _copy(song, key, files)
        except AppError as error:
            return error
        return None

    with ThreadPoolExecutor(_COPIES_AT_ONCE) as pool:
        faults = list(pool.map(copy, songs))
    return {song.song_id: fault for (song, _), fault in zip(songs, faults, strict=True) if fault}


def _copy(song: Song, key: str, files: Files) -> None:
    if files.size_if_there(key) is None:
        return  # another call was first, or an earlier one
    if song.status is Status.PENDING_UPLOAD and files.size_if_there(song.s3_key or "") is None:
        files.copy_from(
            files.bucket,
            key,
            song.s3_key or "",
            content_type=song.content_type or "",
            metadata={SONG_METADATA: song.song_id},
        )
    files.delete(key)
