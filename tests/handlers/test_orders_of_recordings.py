"""A session's windows under the orders of events that Hypothesis thinks of: files come in any order, their events late,
twice, never or two at the same moment, and each function may die at any of its calls. At the end the sweep runs."""

from __future__ import annotations

import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.cloud import OWNER, Cloud, event
from tests.handlers.capture.conftest import Studio, tone, wav
from tests.handlers.capture.conftest import studio as studio
from unplugd.aws.session_table import SessionTable
from unplugd.capture.handlers import join_session, sweep_sessions
from unplugd.domain.files import output_prefix
from unplugd.domain.session import Session

FRAMES, WINDOWS = 200, 3
CALLS = st.sampled_from([None, None, None, *range(8)])  # before which of its calls a function dies
KINDS = st.sampled_from(["audio", "frames"])
INDEXES = st.integers(0, WINDOWS - 1)


class Killed(BaseException):
    """A function that Lambda ends in the middle of its work."""


class Machine(RuleBasedStateMachine):
    """One session. `studio`, `cloud`, `taken` and `patch` are the test's fixtures."""

    studio: Studio
    cloud: Cloud
    taken: Counter[tuple[str, int]]
    patch: pytest.MonkeyPatch

    @initialize(mode=st.sampled_from(["audio_only", "audio_video"]))
    def begin(self, mode: str) -> None:
        self.studio.started.clear()
        self.cloud.watchers.clear()
        self.later(timedelta(0))
        self.with_pictures = mode == "audio_video"
        self.session = self.studio.open(captureMode=mode)
        self.parts = [tone(FRAMES, seed=number) for number in range(WINDOWS)]
        self.keys: dict[tuple[str, int], str] = {}

    def later(self, by: timedelta) -> None:
        """Let the sweep and the join run so much later."""
        for handler in (sweep_sessions, join_session):
            self.patch.setattr(handler, "utc_now", lambda: datetime.now(UTC) + by)

    def work(self, dies_at: int | None, call: Callable[..., Any], *arguments: Any) -> None:
        """Run a function that dies before one of its calls."""
        left = dies_at

        def kill(_action: str, _params: dict[str, Any]) -> None:
            nonlocal left
            if left is not None:
                left -= 1
                if left < 0:
                    raise Killed

        self.cloud.watchers.append(kill)
        with contextlib.suppress(Killed, FileNotFoundError):  # the latter: a download's own thread was killed
            call(*arguments)
        self.cloud.watchers.remove(kill)

    def put(self, index: int, kind: str) -> str | None:
        """A file arrives, once, and its event does not come yet; its key."""
        if kind == "frames" and not self.with_pictures:
            return None
        content = wav(self.parts[index]) if kind == "audio" else b"jpeg"
        if (kind, index) not in self.keys:
            self.keys[kind, index] = self.studio.put(self.session, index, content, kind)
        return self.keys[kind, index]

    # Few rules: Hypothesis leaves some of them out of each example.
    @rule(index=INDEXES, kind=KINDS, comes=st.sampled_from([True, True, False]), dies_at=CALLS)
    def file_and_its_event(self, index: int, kind: str, comes: bool, dies_at: int | None) -> None:
        """The first event of a file, a late one, one more, or none."""
        if (key := self.put(index, kind)) and comes:
            self.work(dies_at, self.studio.arrive, key, kind)

    @rule(index=INDEXES, after=st.sampled_from(["register", "claim"]), first=KINDS)
    def events_of_both_files_at_the_same_moment(self, index: int, after: str, first: str) -> None:
        """While the one function is between two of its steps, the other one runs from its begin to its end."""
        second = "frames" if first == "audio" else "audio"
        keys = {kind: self.put(index, kind) for kind in (first, second)}
        if not all(keys.values()):
            return
        whole, waiting = getattr(SessionTable, after), [second]

        def interrupted(table: Any, *args: Any, **how: Any) -> Any:
            answer = whole(table, *args, **how)
            if waiting:
                kind = waiting.pop()
                self.studio.arrive(str(keys[kind]), kind)
            return answer

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SessionTable, after, interrupted)
            self.studio.arrive(str(keys[first]), first)

    @rule(which=st.integers(0, 20), times=st.sampled_from([1, 1, 2, 0]), dies_at=CALLS)
    def started_function(self, which: int, times: int, dies_at: int | None) -> None:
        """One of those that wait runs, in any order. Lambda may lose the call, or make it twice."""
        if not self.studio.started:
            return
        call = self.studio.started.pop(which % len(self.studio.started))
        rest = list(self.studio.started)
        for _ in range(times):
            self.studio.started[:] = [call]
            self.work(dies_at, self.studio.run_one)
            rest += self.studio.started
            dies_at = None
        self.studio.started[:] = rest

    @rule()
    def close(self) -> None:
        body = {"windows": WINDOWS, "frames": WINDOWS * FRAMES}
        assert self.studio.ask("close_session", self.session, json=body)[0] == 202

    @rule(dies_at=CALLS)
    def sweep(self, dies_at: int | None) -> None:
        self.later(timedelta(minutes=4))
        self.work(dies_at, self.cloud.call, "capture", "sweep_sessions", event("capture", "sweep_sessions"))
        self.later(timedelta(0))

    @invariant()
    def no_window_is_taken_twice(self) -> None:
        if hasattr(self, "session"):
            assert all(self.taken[self.session, index] <= 1 for index in range(WINDOWS))

    @invariant()
    def what_was_read_has_arrived(self) -> None:
        if hasattr(self, "session"):
            read = set(self.studio.windows(self.session, "ingestedWindows"))
            for kind in ("audio", "frames") if self.with_pictures else ("audio",):
                assert read <= {index for known, index in self.keys if known == kind}

    def teardown(self) -> None:
        """What has not come comes now, without a sign of it; then the sweep runs each half hour."""
        if not hasattr(self, "session"):
            return
        for index in range(WINDOWS):
            if self.studio.row(self.session) and self.status() in ("OPEN", "CLOSED"):
                self.put(index, "audio")
                self.put(index, "frames")
        self.close()
        for half_hours in range(1, 5):
            self.later(timedelta(minutes=30 * half_hours))
            self.cloud.call("capture", "sweep_sessions", event("capture", "sweep_sessions"))
            self.studio.run()
        assert self.status() == "READY"
        manifest = self.studio.json(f"{output_prefix(OWNER, self.session)}take.json")
        assert manifest["sha256"] == hashlib.sha256(b"".join(self.parts)).hexdigest()
        assert [self.taken[self.session, index] for index in range(WINDOWS)] == [1] * WINDOWS
        assert self.cloud.keys("UPLOADS_BUCKET") == []
        self.studio.ask("delete_session", self.session)

    def status(self) -> str:
        """The session's status."""
        return str((self.studio.row(self.session) or {})["status"]["S"])


def test_every_window_is_taken_once_in_any_order_of_events(
    studio: Studio, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: Counter[tuple[str, int]] = Counter()
    whole = SessionTable.note_ingested

    def count(self: Any, session: Session, index: int, *, now: str) -> Session | None:
        noted = whole(self, session, index, now=now)
        taken[session.session_id, index] += noted is not None
        return noted

    monkeypatch.setattr(SessionTable, "note_ingested", count)
    monkeypatch.setattr(Session, "window_frames", property(lambda _self: FRAMES))
    Machine.studio, Machine.cloud, Machine.taken, Machine.patch = studio, cloud, taken, monkeypatch
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            phases=[Phase.generate],  # at most twenty steps: to make them fewer would take minutes
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
