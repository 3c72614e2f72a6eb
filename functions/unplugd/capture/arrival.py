"""What happens to windows after they were sent: noted, read, joined. Each step may run twice, late, or die half-way;
the sweep then does it again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from unplugd.capture import rules, sound
from unplugd.capture.ports import Invoke, Place, Results, Sessions, Tools
from unplugd.domain import messages
from unplugd.domain.files import (
    TAKE_MANIFEST,
    output_prefix,
    parse_window_key,
    session_prefix,
    take_key,
    window_key,
    window_name,
)
from unplugd.domain.notify import NOTIFY_FOR_S, Push
from unplugd.domain.session import ACCEPTS, Gap, Kind, Pitch, Session, State
from unplugd.kernel.clock import from_iso, to_iso
from unplugd.kernel.errors import AppError, Transient
from unplugd.kernel.log import logger

SWEEP_FOR_S = 240.0  # the function is ended after 300; what it did not come to is first in the next sweep


def audio_upload_complete(key: str, *, tools: Tools, ingest: Invoke) -> None:
    """Note the sound of a window, and have the window read once all its files are there."""
    _arrived(key, tools=tools, ingest=ingest)


def frames_upload_complete(key: str, *, tools: Tools, ingest: Invoke) -> None:
    """Note the pictures of a window, and have the window read once all its files are there."""
    _arrived(key, tools=tools, ingest=ingest)


def _arrived(key: str, *, tools: Tools, ingest: Invoke) -> None:
    parts = parse_window_key(key)
    if parts is None:
        logger().warning("audio_upload_malformed_key")  # without the key: it may be anything
        return
    where, kind = (parts.user_id, parts.session_id), Kind(parts.kind)
    extra = {"sessionId": parts.session_id, "windowIndex": parts.window}
    session = tools.sessions.register(where, parts.window, kind, now=to_iso(tools.clock()))
    if session is None:
        _refuse(where, parts.window, kind, key, tools=tools)
        return
    logger().info(f"{kind}_upload_registered", extra=extra)
    if session.is_ready(parts.window):
        _claim(session, parts.window, tools=tools, ingest=ingest)


def _refuse(where: tuple[str, str], index: int, kind: Kind, key: str, *, tools: Tools) -> None:
    """A window that no session takes: its session is gone, or joined already."""
    session = tools.sessions.get(*where)
    known = session and index in (session.audio if kind is Kind.AUDIO else session.frames)
    if known:
        return  # an event that comes again; the join may be reading the file
    reason = "unknown_session" if session is None else "too_late"
    logger().warning(f"{kind}_upload_{reason}", extra={"sessionId": where[1], "windowIndex": index})
    tools.windows.delete(key)


def _claim(session: Session, index: int, *, tools: Tools, ingest: Invoke) -> None:
    extra = {"sessionId": session.session_id, "windowIndex": index}
    if not tools.sessions.claim(session, index):
        logger().info("ingest_claim_lost", extra=extra)
        return
    try:
        ingest(_payload(session, index, tools))
    except Exception:
        try:
            tools.sessions.unclaim(session, index)
            logger().warning("ingest_claim_rolled_back", extra=extra)
        except Exception:
            logger().exception("ingest_claim_rollback_failed", extra=extra)  # the sweep reads the window
        raise


def _payload(session: Session, index: int, tools: Tools) -> dict[str, Any]:
    frames = 0
    if index in session.frames:
        key = window_key(session.user_id, session.session_id, index, Kind.FRAMES)
        count = tools.windows.metadata(key).get("frame-count", "0")
        frames = int(count) if count.isascii() and count.isdigit() else 0
    return {
        "sessionId": session.session_id,
        "userId": session.user_id,
        "windowIndex": index,
        "frameCount": frames,
    }


def ingest_window(
    payload: Mapping[str, Any],
    *,
    work: Path,
    tools: Tools,
    results: Results,
    join: Invoke,
    push: Push,
) -> None:
    """Read a window, store what was made of it, and note it. The same window again gives the same files."""
    session = tools.sessions.get(str(payload["userId"]), str(payload["sessionId"]))
    index = int(payload["windowIndex"])
    if session is None or session.status not in ACCEPTS or index in session.settled:
        return
    target = work / "window.wav"
    if not tools.windows.fetch(window_key(session.user_id, session.session_id, index, Kind.AUDIO), target):
        logger().warning("the window's file is gone", extra={"sessionId": session.session_id})
        return
    now = to_iso(tools.clock())
    try:
        _store(session, index, target, work, payload.get("frameCount", 0), results)
        _keep_pictures(session, index, work, tools, results)
    except sound.BadWindow as bad:
        logger().warning("window_refused", extra={"sessionId": session.session_id, "code": bad.code})
        noted = tools.sessions.note_failed(session, index, bad.code, now=now)
    else:
        noted = tools.sessions.note_ingested(session, index, now=now)
    if noted is None:
        return
    if noted.status is State.CLOSED and not noted.missing:
        _start_join(noted, join)
    push(
        session.user_id,
        messages.for_session(session.session_id, noted.seq, messages.WINDOW_INGESTED, windowIndex=index),
        NOTIFY_FOR_S,
    )


def _store(
    session: Session, index: int, source: Path, work: Path, frame_count: int, results: Results
) -> None:
    shape = {
        "sample_rate": session.sample_rate,
        "channels": session.channels,
        "width": session.bytes_a_sample,
    }
    pcm = sound.read_wav(source, **shape, most=session.window_frames)
    figures = sound.figures(pcm, **shape) | {"windowIndex": index, "frameCount": frame_count}
    stored = work / "window.flac"
    sound.write_flac(stored, [pcm], **shape)
    prefix = output_prefix(session.user_id, session.session_id)
    results.put_file(f"{prefix}{window_name(index, 'flac')}", stored, content_type="audio/flac")
    results.write_json(f"{prefix}{window_name(index, 'json')}", figures)


def _keep_pictures(session: Session, index: int, work: Path, tools: Tools, results: Results) -> None:
    """Store a window's pictures as they came: the uploads are deleted once the session is joined."""
    pictures = work / "frames.mjpeg"
    key = window_key(session.user_id, session.session_id, index, Kind.FRAMES)
    if index in session.frames and tools.windows.fetch(key, pictures):
        name = output_prefix(session.user_id, session.session_id) + window_name(index, "mjpeg")
        results.put_file(name, pictures, content_type="video/x-motion-jpeg")


def _start_join(session: Session, join: Invoke) -> None:
    join({"sessionId": session.session_id, "userId": session.user_id})


def join_session(
    payload: Mapping[str, Any], *, work: Path, tools: Tools, results: Results, pitch: Invoke, push: Push
) -> None:
    """Join the windows of a closed session into one FLAC. Sound that is missing becomes silence of its length, and a
    gap in the manifest. The windows are deleted once the FLAC was read back and is the same to the bit."""
    seen = tools.sessions.get(str(payload["userId"]), str(payload["sessionId"]))
    if seen is None or not _may_join(seen, tools.clock()):
        return
    session = tools.sessions.take_join(seen, before=seen.status, now=to_iso(tools.clock()))
    if session is None:
        return  # another call joins it
    gaps: list[Gap] = []
    shape = {
        "sample_rate": session.sample_rate,
        "channels": session.channels,
        "width": session.bytes_a_sample,
    }
    target = work / "take.flac"
    frames, sha256 = 0, ""
    if session.audio:
        frames, sha256 = sound.write_flac(target, _joined(session, work, tools, gaps), **shape)
    if sum(gap.frames for gap in gaps) == frames:
        frames = 0  # only silence in place of missing sound
    if frames and sound.flac_sha256(target, width=session.bytes_a_sample) != sha256:
        raise Transient("The joined file does not hold what was recorded.")
    changes: dict[str, Any] = {"status": str(State.FAILED), "errorCode": "EMPTY"}
    if frames:
        results.put_file(take_key(session.user_id, session.session_id), target, content_type="audio/flac")
        results.write_json(
            output_prefix(session.user_id, session.session_id) + TAKE_MANIFEST,
            {
                "sessionId": session.session_id,
                "sampleRate": session.sample_rate,
                "channels": session.channels,
                "sampleFormat": session.sample_format,
                "frames": frames,
                "sha256": sha256,
                "gaps": [{"start": gap.start, "frames": gap.frames} for gap in gaps],
            },
        )
        stored = json.dumps([[gap.start, gap.frames] for gap in gaps])
        changes = {"status": str(State.READY), "gaps": stored, "sampleFrames": frames}
        if session.song_id:
            changes["pitch"] = str(Pitch.WAITING)
    done = tools.sessions.change(session, changes, status=[State.JOINING], now=to_iso(tools.clock()))
    if done is None:
        return
    _tidy(done, tools)
    if frames:
        message = messages.for_session(session.session_id, done.seq, messages.SESSION_READY)
        push(session.user_id, message, NOTIFY_FOR_S)
    if done.pitch is Pitch.WAITING:
        pitch({"sessionId": done.session_id, "userId": done.user_id})  # if this is lost, the sweep does it


def _may_join(session: Session, now: datetime) -> bool:
    quiet = now - from_iso(session.updated_at)
    if session.status is State.CLOSED:
        return not session.missing or quiet >= rules.JOIN_AFTER
    return session.status is State.JOINING and quiet >= rules.JOIN_TAKES


def _joined(session: Session, work: Path, tools: Tools, gaps: list[Gap]) -> Iterator[bytes]:
    """The PCM of each window in turn. What is missing of it is silence, and is added to `gaps`."""
    at = 0
    step = session.channels * session.bytes_a_sample
    target = work / "window.wav"
    for index in range(session.windows or 0):
        is_last = index == (session.windows or 0) - 1
        expected = session.window_frames
        if is_last and session.sample_frames is not None:
            expected = session.sample_frames - at
        pcm = _heard(session, index, target, tools)
        heard = len(pcm) // step
        if is_last and session.sample_frames is None and pcm:
            expected = heard  # no one said how long it is
        if pcm:
            yield pcm
        if heard < expected:
            _add_gap(gaps, at + heard, expected - heard)
            yield bytes((expected - heard) * step)
        at += max(heard, expected)


def _heard(session: Session, index: int, target: Path, tools: Tools) -> bytes:
    """The PCM of a window; nothing when it never came or cannot be read. A window that is here and was never read, for
    its pictures never came or its reading died each time, counts: the windows are deleted after the join."""
    key = window_key(session.user_id, session.session_id, index, Kind.AUDIO)
    if index in session.failed or not tools.windows.fetch(key, target):
        return b""
    try:
        return sound.read_wav(
            target,
            sample_rate=session.sample_rate,
            channels=session.channels,
            width=session.bytes_a_sample,
            most=session.window_frames,
        )
    except sound.BadWindow as bad:
        logger().warning("window_refused", extra={"sessionId": session.session_id, "code": bad.code})
        return b""


def _add_gap(gaps: list[Gap], start: int, frames: int) -> None:
    if gaps and gaps[-1].start + gaps[-1].frames == start:
        gaps[-1] = Gap(gaps[-1].start, gaps[-1].frames + frames)
    else:
        gaps.append(Gap(start, frames))


def _tidy(session: Session, tools: Tools) -> None:
    """Delete the windows of a session that is joined, and stop looking after it unless its pitch is owed. A failed one
    keeps its windows."""
    if session.status is State.READY:
        tools.windows.empty(session_prefix(session.user_id, session.session_id))
    if session.pitch is not Pitch.WAITING:
        tools.sessions.finish(session)


def sweep_sessions(
    *, tools: Tools, place: Place, ingest: Invoke, join: Invoke, pitch: Invoke
) -> dict[str, int]:
    """Do again what was lost: an event, a claimed window whose reading died, a join, a pitch. Answers how much of
    each. The next sweep begins behind the last session that this one had time for, so none waits for ever."""
    until = time.monotonic() + SWEEP_FOR_S
    counts = {"repeated": 0, "closed": 0, "joined": 0, "pitched": 0, "failed": 0}
    stopped = place.read()
    last = ""
    try:
        for at, session in _from(stopped, tools.sessions):
            last = at
            _sweep_one(session, counts, tools=tools, ingest=ingest, join=join, pitch=pitch)
            if time.monotonic() > until:
                break
        else:
            last = ""
    finally:
        if last or stopped:
            place.note(last)
    return counts


def _from(stopped: str, sessions: Sessions) -> Iterator[tuple[str, Session]]:
    """Every live session: those behind `stopped`, then the others."""
    yield from sessions.live(after=stopped)
    for place, session in sessions.live() if stopped else ():
        if place.split()[0] > stopped.split()[0]:
            return
        yield place, session


def _sweep_one(
    session: Session, counts: dict[str, int], *, tools: Tools, ingest: Invoke, join: Invoke, pitch: Invoke
) -> None:
    try:
        _sweep(session, counts, tools=tools, ingest=ingest, join=join)
        counts["pitched"] += _repeat_pitch(session, tools=tools, pitch=pitch)
    except Exception as error:
        counts["failed"] += 1
        reason = error.message if isinstance(error, AppError) else type(error).__name__
        logger().warning("a session was not swept", extra={"sessionId": session.session_id, "reason": reason})


def _sweep(session: Session, counts: dict[str, int], *, tools: Tools, ingest: Invoke, join: Invoke) -> None:
    now = tools.clock()
    if session.status in (State.READY, State.FAILED):
        _tidy(session, tools)
        return
    if session.status in ACCEPTS:
        counts["repeated"] += _repeat(session, now, tools=tools, ingest=ingest)
    if session.status is State.OPEN and now - from_iso(session.updated_at) >= rules.CLOSE_AFTER:
        windows = max(session.audio, default=-1) + 1
        changes = {"status": str(State.CLOSED), "windows": windows}
        counts["closed"] += (
            tools.sessions.change(session, changes, status=[State.OPEN], now=to_iso(now)) is not None
        )
    elif _may_join(session, now):
        _start_join(session, join)
        counts["joined"] += 1


def _repeat_pitch(session: Session, *, tools: Tools, pitch: Invoke) -> bool:
    """Have the pitch of a take measured that is still owed. After the last try the take is left without one."""
    now = tools.clock()
    quiet = now - from_iso(session.updated_at)
    if session.pitch is not Pitch.WAITING or quiet < rules.PITCH_AFTER:
        return False
    if session.pitch_tries < rules.PITCH_TRIES:
        pitch({"sessionId": session.session_id, "userId": session.user_id})
        return True
    changes = {"pitch": str(Pitch.FAILED)}
    given_up = tools.sessions.change(session, changes, status=[State.READY], now=to_iso(now))
    if given_up:
        tools.sessions.finish(given_up)
    return False


def _repeat(session: Session, now: datetime, *, tools: Tools, ingest: Invoke) -> int:
    """Take up each window that has been here for a while and was not read."""
    repeated = 0
    for key, _size, came in tools.windows.listed(session_prefix(session.user_id, session.session_id)):
        parts = parse_window_key(key)
        if parts is None or now - came < rules.REPEAT_AFTER or parts.window in session.settled:
            continue
        kind = Kind(parts.kind)
        if parts.window not in (session.audio if kind is Kind.AUDIO else session.frames):
            _arrived(key, tools=tools, ingest=ingest)  # its event was lost
        elif kind is Kind.AUDIO and session.is_ready(parts.window):
            if parts.window in session.triggered:
                ingest(_payload(session, parts.window, tools))
            else:
                _claim(session, parts.window, tools=tools, ingest=ingest)
        else:
            continue
        repeated += 1
    return repeated
