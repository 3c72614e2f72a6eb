"""Telling the owner of a song where it is: the last thing a function does, and within a deadline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from unplugd.domain import messages
from unplugd.domain.song import Song

# Seconds in which a message may begin to be sent to one more connection. The one send under way then may take 7 s more
# (aws/clients.py, `quick`), so that a function which is ended after 10 s returns before that.
NOTIFY_FOR_S = 2.0


class Push(Protocol):
    """Sends a message to the connections of a person, one after another, and never raises.

    Once `within_s` seconds have passed, no further connection is tried. Answers the number of connections that took the
    message."""

    def __call__(self, user_id: str, message: Mapping[str, Any], within_s: float) -> int: ...


def notify_owner(song: Song, *, push: Push, now: datetime, within_s: float = NOTIFY_FOR_S) -> int:
    """Send the owner of `song` the message that its row gives; answers the number of connections that took it.

    Call it after everything that others wait for: hung connections then cost time and nothing else. Messages of two
    functions may arrive in either order; a client drops the one with the older `seq`."""
    message = messages.for_song(song, now=now)
    return push(song.user_id, message, within_s) if message else 0
