"""What was sung in a take that was recorded along with a song: measured once, after the take is ready. A fault here
never costs the take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from unplugd.capture import sound
from unplugd.capture.ports import Tools
from unplugd.domain import messages
from unplugd.domain.files import TAKE_PITCH, output_prefix, take_key
from unplugd.domain.notify import NOTIFY_FOR_S, Push
from unplugd.domain.session import Pitch, State
from unplugd.kernel.clock import to_iso
from unplugd.kernel.log import logger


class Takes(Protocol):
    """The output bucket."""

    def fetch(self, key: str, target: Path) -> bool: ...
    def write_json(self, key: str, document: Mapping[str, Any]) -> None: ...


def pitch_session(payload: Mapping[str, Any], *, work: Path, tools: Tools, takes: Takes, push: Push) -> None:
    """Store the pitch of a take next to it: `{step, midi}`, a MIDI pitch every `step` seconds, null without singing.

    The same take again gives the same file. A try is counted before it begins, so that one that dies counts too."""
    session = tools.sessions.get(str(payload["userId"]), str(payload["sessionId"]))
    if session is None or session.pitch is None or session.pitch is Pitch.DONE:
        return
    tried = {"pitchTries": session.pitch_tries + 1}
    begun = tools.sessions.change(session, tried, status=[State.READY], now=to_iso(tools.clock()))
    if begun is None:
        return  # deleted
    target = work / "take.flac"
    pitch = Pitch.FAILED
    if takes.fetch(take_key(session.user_id, session.session_id), target):
        key = output_prefix(session.user_id, session.session_id) + TAKE_PITCH
        takes.write_json(key, sound.pitch(target))
        pitch = Pitch.DONE
    else:
        logger().warning("the take's file is gone", extra={"sessionId": session.session_id})
    changes = {"pitch": str(pitch)}
    done = tools.sessions.change(begun, changes, status=[State.READY], now=to_iso(tools.clock()))
    if done is None:
        return
    tools.sessions.finish(done)
    message = messages.for_session(session.session_id, done.seq, messages.SESSION_PITCHED)
    push(session.user_id, message, NOTIFY_FOR_S)
