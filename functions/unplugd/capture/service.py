"""Recording sessions as their owner's calls change them: open, grant links, close, delete, make a song."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from audiofile import MAX_BYTES
from unplugd.capture import quota, rules
from unplugd.capture.arrival import audio_upload_complete as audio_upload_complete
from unplugd.capture.arrival import frames_upload_complete as frames_upload_complete
from unplugd.capture.arrival import ingest_window as ingest_window
from unplugd.capture.arrival import join_session as join_session
from unplugd.capture.arrival import sweep_sessions as sweep_sessions
from unplugd.capture.voice import pitch_session as pitch_session
from unplugd.domain import session as limits
from unplugd.domain import session_view as view
from unplugd.domain.files import (
    LINK_SECONDS,
    SONG_METADATA,
    TAKE,
    TAKE_PITCH,
    output_prefix,
    session_prefix,
    take_key,
    upload_key,
    window_key,
    window_name,
)
from unplugd.domain.quota import Quotas
from unplugd.domain.session import Begun, Kind, Mode, Pitch, RecorderGap, Session, State
from unplugd.domain.song import Song, Status
from unplugd.domain.song_view import public_view
from unplugd.kernel.clock import to_iso
from unplugd.kernel.errors import AppError, Conflict, Invalid, NotFound, Transient
from unplugd.kernel.ids import is_song_id
from unplugd.kernel.log import logger

PAGE = 50
_TRIES = 20  # of opening a session while the same person opens others
_SONG_TTL = timedelta(days=1)  # the upload room's own limit for a file that does not arrive


class Sessions(quota.Sessions, Protocol):
    """The sessions table."""

    def begun(self, owner: str) -> Begun: ...
    def create(self, session: Session, *, before: Begun, after: Begun) -> bool: ...
    def page(self, owner: str, *, after: str | None, limit: int) -> tuple[Sequence[Session], str | None]: ...
    def change(
        self, session: Session, changes: Mapping[str, Any], *, status: Sequence[State], now: str
    ) -> Session | None: ...
    def delete(self, user_id: str, session_id: str) -> None: ...


class Windows(Protocol):
    """The uploads bucket."""

    bucket: str

    def window_link(
        self,
        key: str,
        *,
        content_type: str,
        size_bytes: int,
        expires_s: int,
        sha256: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> str: ...


class Results(Protocol):
    """The output bucket."""

    bucket: str

    def download_link(self, key: str) -> str: ...
    def size(self, key: str) -> int: ...


class Originals(Protocol):
    """The uploads bucket, where a take becomes a song's original."""

    def copy_from(
        self, bucket: str, key: str, target: str, *, content_type: str, metadata: Mapping[str, str]
    ) -> None: ...


class Songs(Protocol):
    """The songs table."""

    def create_pending(self, song: Song) -> None: ...


class Tombstones(Protocol):
    """What was deleted."""

    def add_for_session(self, user_id: str, session_id: str, *, now: str) -> None: ...


class Emptier(Protocol):
    """A bucket."""

    def empty(self, prefix: str) -> bool: ...


@dataclass(frozen=True)
class NewSession:
    """What a person announces."""

    mode: Mode
    sample_rate: int
    channels: int
    sample_format: str
    title: str | None = None
    song_id: str | None = None
    offset_ms: int = 0


def create_session(
    new: NewSession, *, owner: str, session_id: str, sessions: Sessions, now: datetime
) -> dict[str, Any]:
    """Open a session. `TooMany` beyond the quotas: of calls at once, each counts what the others opened."""
    session = Session(
        owner,
        session_id,
        State.OPEN,
        to_iso(now),
        to_iso(now),
        new.mode,
        new.sample_rate,
        new.channels,
        new.sample_format,
        limits.WINDOW_SECONDS[new.channels],
        title=new.title,
        song_id=new.song_id,
        offset_ms=new.offset_ms,
    )
    today = to_iso(now)[:10]
    for _ in range(_TRIES):
        begun = sessions.begun(owner)  # read first: what is opened after it makes `create` fail
        recent, _ = sessions.page(owner, after=None, limit=rules.MAX_A_DAY)
        rules.check_quotas(recent, begun.on(today))
        if sessions.create(session, before=begun, after=Begun(today, begun.on(today) + 1)):
            return view.detailed(session) | _links(session, None, now)
    raise Transient("Could not create the session just now. Please try again.")


def list_sessions(cursor: str | None, *, owner: str, sessions: Sessions) -> dict[str, Any]:
    """A page of a person's sessions, newest first."""
    if cursor is not None and not is_song_id(cursor):
        raise Invalid("This cursor is not one we gave out. Start again without it.", code="bad_cursor")
    found, last = sessions.page(owner, after=cursor, limit=PAGE)
    return {"data": [view.public(session) for session in found], "nextCursor": last}


def get_session(
    session_id: str, *, owner: str, sessions: Sessions, results: Results, now: datetime
) -> dict[str, Any]:
    """A session, the windows it has, and links to what was made of them."""
    session = _own(session_id, owner, sessions)
    return view.detailed(session) | _links(session, results, now)


def update_session(
    session_id: str, changes: Mapping[str, Any], *, owner: str, sessions: Sessions, now: datetime
) -> dict[str, Any]:
    """Set a session's title or offset, in any state."""
    session = _own(session_id, owner, sessions)
    after = sessions.change(session, changes, status=list(State), now=to_iso(now)) if changes else session
    if after is None:
        raise NotFound(quota.GONE)
    return view.public(after)


def grant_audio(
    session_id: str,
    index: int,
    *,
    size_bytes: int,
    sha256: str | None,
    owner: str,
    sessions: Sessions,
    windows: Windows,
) -> dict[str, Any]:
    """A link that takes the sound of one window: exactly this size, type and checksum, and only once."""
    size = rules.size(size_bytes, limits.MAX_AUDIO_BYTES)
    checksum = rules.checksum(sha256)
    session = _own(session_id, owner, sessions)
    quota.check_takes(session, index)
    quota.count_window(session, index, sessions=sessions)
    key = window_key(owner, session_id, index, Kind.AUDIO)
    url = windows.window_link(
        key,
        content_type="audio/wav",
        size_bytes=size,
        expires_s=limits.LINK_SECONDS,
        sha256=checksum,
    )
    more = {"x-amz-checksum-sha256": checksum} if checksum else {}
    logger().info("audio_url_granted", extra={"sessionId": session_id, "windowIndex": index})
    return _granted(url, key, index, "audio/wav", more)


def grant_frames(
    session_id: str,
    index: int,
    *,
    size_bytes: int,
    frame_count: int,
    owner: str,
    sessions: Sessions,
    windows: Windows,
) -> dict[str, Any]:
    """The same for the pictures of one window."""
    size = rules.size(size_bytes, limits.MAX_FRAMES_BYTES)
    session = _own(session_id, owner, sessions)
    quota.check_takes(session, index)
    if session.mode is not Mode.AUDIO_VIDEO:
        raise Conflict("This session records no pictures.")
    quota.count_window(session, index, sessions=sessions)
    key = window_key(owner, session_id, index, Kind.FRAMES)
    url = windows.window_link(
        key,
        content_type="image/jpeg",
        size_bytes=size,
        expires_s=limits.LINK_SECONDS,
        metadata={"frame-count": str(frame_count)},
    )
    logger().info("frames_url_granted", extra={"sessionId": session_id, "windowIndex": index})
    return _granted(url, key, index, "image/jpeg", {"x-amz-meta-frame-count": str(frame_count)})


def _granted(url: str, key: str, index: int, content_type: str, more: Mapping[str, str]) -> dict[str, Any]:
    return {
        "url": url,
        "s3Key": key,
        "windowIndex": index,
        "expiresIn": limits.LINK_SECONDS,
        "headers": {"Content-Type": content_type, "If-None-Match": "*", **more},
    }


def close_session(
    session_id: str,
    windows: int,
    frames: int,
    *,
    gaps: Sequence[RecorderGap] = (),
    owner: str,
    sessions: Sessions,
    join: Callable[[Mapping[str, Any]], None],
    now: datetime,
) -> dict[str, Any]:
    """Say how much was recorded, and what the recorder knows to be missing. Windows that are still on their way are
    taken. Closing twice with the same figures changes nothing."""
    session = _own(session_id, owner, sessions)
    rules.check_end(session, windows, frames)
    if session.status is not State.OPEN:
        if (session.windows, session.sample_frames) != (windows, frames):
            raise Conflict(f"This session is {session.status} already.")
        return view.public(session)
    if session.audio and max(session.audio) >= windows:
        raise Invalid(
            f"Window {max(session.audio)} is here already, so there are more than {windows} windows."
        )
    changes: dict[str, Any] = {"status": str(State.CLOSED), "windows": windows, "sampleFrames": frames}
    if gaps:
        changes["recorderGaps"] = json.dumps([[gap.start, gap.frames, gap.lost, gap.why] for gap in gaps])
    closed = sessions.change(session, changes, status=[State.OPEN], now=to_iso(now))
    if closed is None:
        raise Conflict("This session was just closed.")
    if not closed.missing:
        join({"sessionId": closed.session_id, "userId": owner})  # if this is lost, the sweep does it
    return view.public(closed)


def delete_session(
    session_id: str,
    *,
    owner: str,
    sessions: Sessions,
    tombstones: Tombstones,
    buckets: tuple[Emptier, Emptier],
    now: datetime,
) -> dict[str, Any]:
    """Remove a session: the tombstone, then the row, then the files. What arrives later is swept by the tombstone."""
    session = _own(session_id, owner, sessions)
    tombstones.add_for_session(owner, session.session_id, now=to_iso(now))
    sessions.delete(owner, session.session_id)
    windows, results = buckets
    try:
        windows.empty(session_prefix(owner, session.session_id))
        results.empty(output_prefix(owner, session.session_id))
    except AppError as error:
        extra = {"sessionId": session.session_id, "reason": error.message}
        logger().warning("files of a deleted recording remain; the sweeper removes them", extra=extra)
    return {"deleted": True}


def make_song(
    session_id: str,
    title: str | None,
    artist: str | None,
    *,
    owner: str,
    song_id: str,
    sessions: Sessions,
    songs: Songs,
    originals: Originals,
    results: Results,
    quotas: Quotas,
    now: datetime,
) -> dict[str, Any]:
    """Make a song of a take: its file is copied to where uploads arrive, and goes the way of any upload."""
    session = _own(session_id, owner, sessions)
    if session.status is not State.READY:
        raise Conflict(f"Only a finished recording can become a song; this one is {session.status}.")
    seconds = (session.sample_frames or 0) / session.sample_rate
    if seconds > rules.SONG_SECONDS:
        raise Conflict(
            f"A song may have {rules.SONG_SECONDS // 60} minutes; this take has {seconds / 60:.1f}."
        )
    take = take_key(owner, session.session_id)
    size_bytes = results.size(take)
    if size_bytes > MAX_BYTES:
        raise Conflict(f"A song may have {MAX_BYTES // 1024**2} MB; this take has {size_bytes // 1024**2}.")
    quotas.take_song(owner, song_id, now)
    name = title or session.title or "Take"
    song = Song(
        user_id=owner,
        song_id=song_id,
        status=Status.PENDING_UPLOAD,
        uploaded_at=to_iso(now),
        updated_at=to_iso(now),
        title=name,
        artist=artist,
        file_title=name,
        content_type="audio/flac",
        file_size_bytes=size_bytes,
        s3_key=upload_key(owner, song_id, "take.flac"),
        ttl=int((now + _SONG_TTL).timestamp()),
    )
    songs.create_pending(song)
    metadata = {SONG_METADATA: song_id}
    originals.copy_from(results.bucket, take, song.s3_key or "", content_type="audio/flac", metadata=metadata)
    sessions.change(session, {"takenAs": song_id}, status=[State.READY], now=to_iso(now))
    return public_view(song, now=now)


def _links(session: Session, results: Results | None, now: datetime) -> dict[str, Any]:
    prefix = output_prefix(session.user_id, session.session_id)

    def link(name: str) -> str | None:
        return results.download_link(f"{prefix}{name}") if results else None

    return {
        "links": [
            {
                "windowIndex": index,
                "figuresUrl": link(window_name(index, "json")),
                "streamUrl": link(window_name(index, "flac")),
                "framesUrl": link(window_name(index, "mjpeg")) if index in session.frames else None,
            }
            for index in sorted(session.ingested)
        ],
        "takeUrl": link(TAKE) if session.status is State.READY else None,
        "pitchUrl": link(TAKE_PITCH) if session.pitch is Pitch.DONE else None,
        "urlsExpireAt": to_iso(now + timedelta(seconds=LINK_SECONDS)),
    }


def _own(session_id: str, owner: str, sessions: Sessions) -> Session:
    session = sessions.get(owner, session_id) if is_song_id(session_id) else None
    if session is None:
        raise NotFound(quota.GONE)
    return session
