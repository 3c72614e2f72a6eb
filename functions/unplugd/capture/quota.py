"""Counts each window of a person when it first gets a link: so many may wait to be joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from unplugd.capture import rules
from unplugd.domain import session as limits
from unplugd.domain.session import ACCEPTS, Session, State, Waiting
from unplugd.kernel.errors import Conflict, NotFound, Transient

GONE = "There is no such session."
_TRIES = 20  # of one call while others of the same person count windows


class Sessions(Protocol):
    """The sessions table."""

    def get(self, user_id: str, session_id: str) -> Session | None: ...
    def waiting(self, owner: str) -> Waiting: ...
    def unjoined(self, owner: str, ids: Sequence[str]) -> list[Session]: ...
    def grant(self, session: Session, index: int, *, before: Waiting, after: Mapping[str, int]) -> bool: ...


def check_takes(session: Session, index: int) -> None:
    """Whether a session takes this window."""
    if session.status not in ACCEPTS:
        raise Conflict(f"This session takes no more windows: it is {session.status}.")
    if session.status is State.CLOSED and index >= (session.windows or 0):
        raise Conflict(f"This session was closed with {session.windows} windows.")
    if index > session.last_window:
        minutes, last = limits.MAX_MINUTES, session.last_window
        raise Conflict(f"A session may last {minutes} minutes: window {last} is its last. Begin another one.")


def count_window(session: Session, index: int, *, sessions: Sessions) -> None:
    """Count a window that has no link yet; `TooMany` beyond the quota. Of calls at once, each counts what the others
    wrote: the list is read first, so what is counted after that makes `grant` fail."""
    if index in session.known_windows:
        return
    owner = session.user_id
    for _ in range(_TRIES):
        before = sessions.waiting(owner)
        now = sessions.get(owner, session.session_id)
        if now is None:
            raise NotFound(GONE)
        check_takes(now, index)
        if index in now.known_windows:
            return
        listed = dict(before.windows)
        if len(listed) > rules.LOOK_AGAIN or before.count >= rules.MAX_WAITING:
            # Nothing takes a session off the list when it is joined or deleted.
            waiting = sessions.unjoined(owner, list(listed))
            listed = {one.session_id: len(one.known_windows) for one in waiting}
        listed[now.session_id] = len(now.known_windows)
        rules.check_waiting(sum(listed.values()))
        listed[now.session_id] += 1
        if sessions.grant(now, index, before=before, after=listed):
            return
    raise Transient("Could not count the window just now. Please try again.")
