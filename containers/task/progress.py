"""Progress messages: two seconds apart, only when something changed, and never a reason for the stage to wait."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

INTERVAL_S = 2.0
"""Shortest time between two messages (s). Each costs a Lambda call and three table writes."""
FINAL_WAIT_S = 3.0
"""Longest time the end of a stage waits for its last message (s)."""

Send = Callable[[int, str], None]


class Mailbox:
    """Holds the newest message and decides when it may be sent. Not thread-safe; times in seconds.

    The first message waits for the interval too, so that a stage that ends sooner sends only its last one, at once.
    Percentages never fall, and a message that equals the last one sent is dropped.
    """

    def __init__(self, now: float, interval_s: float = INTERVAL_S) -> None:
        self._interval_s = interval_s
        self._next_at = now + interval_s
        self._sent: tuple[int, str] | None = None
        self._waiting: tuple[int, str] | None = None
        self._final = False

    def put(self, percent: int, message: str, *, final: bool = False) -> None:
        """Replace the waiting message by this one. After a final message all others are ignored."""
        if self._final:
            return
        floor = max((item[0] for item in (self._sent, self._waiting) if item), default=0)
        item = (min(100, max(floor, percent)), message)
        self._final = final
        self._waiting = item if final or item != self._sent else None

    def drop(self) -> None:
        """Forget a message that was not sent yet, unless it is the final one."""
        if not self._final:
            self._waiting = None

    def take(self, now: float) -> tuple[tuple[int, str] | None, float | None]:
        """The message to send now, else None; and how long to wait for one (None: until the next put)."""
        if self._waiting is None:
            return None, None
        if not (self._final and self._sent is None) and now < self._next_at:
            return None, self._next_at - now
        self._sent, self._waiting = self._waiting, None
        self._next_at = now + self._interval_s
        return self._sent, None

    @property
    def ended(self) -> bool:
        """Whether the final message was handed out."""
        return self._final and self._waiting is None


class Reporter:
    """Sends the mailbox's messages from a daemon thread; the stage waits only for the last one.

    `send(percent, message)` may fail or hang. `failed(error)` gets the error, and the stage continues.
    """

    def __init__(
        self,
        send: Send,
        failed: Callable[[Exception], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._send = send
        self._failed = failed
        self._clock = clock
        self._box = Mailbox(clock(), interval_s)
        self._changed = threading.Condition()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def report(self, percent: int, message: str) -> None:
        """`percent` (0–100) of the stage is done. Returns at once."""
        self._put(percent, message, final=False)

    def quiet(self) -> None:
        """Drop the waiting message: the stage is about to end, and its last message should not have to wait."""
        with self._changed:
            self._box.drop()

    def close(self) -> None:
        """Send nothing more and report no more errors: the process is about to end."""
        self._over.set()
        with self._changed:
            self._changed.notify()

    def finish(self, message: str, *, wait_s: float = FINAL_WAIT_S) -> None:
        """Send 100 and wait for it to be sent, but no longer than `wait_s`."""
        self._put(100, message, final=True)
        self._over.wait(wait_s)

    def _put(self, percent: int, message: str, *, final: bool) -> None:
        with self._changed:
            self._box.put(percent, message, final=final)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while not self._over.is_set():
            with self._changed:
                item, wait_s = self._box.take(self._clock())
                if item is None:
                    self._changed.wait(wait_s)
                    continue
                last = self._box.ended
            try:
                self._send(*item)
            except Exception as error:  # a message that cannot be sent must not fail the song
                if not self._over.is_set():
                    self._failed(error)
            if last:
                self._over.set()


def lambda_sender(client: Callable[[], Any], function: str, fields: dict[str, Any]) -> Send:
    """A `send` that invokes the Lambda `function` without waiting for it (Event). `client` makes the client;
    it is called on first use, in the sending thread, so that the stage does not wait for it either."""
    made: list[Any] = []

    def send(percent: int, message: str) -> None:
        if not made:
            made.append(client())
        payload = {**fields, "progress": percent, "message": message}
        made[0].invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(payload).encode())

    return send
