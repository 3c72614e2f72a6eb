"""Progress and stop, seen from inside the work."""

import threading
from collections.abc import Callable

from ml import Stopped


class Watch:
    """Reports progress that never goes back and raises Stopped as soon as the stop event is seen."""

    def __init__(self, progress: Callable[[float], None], stop: threading.Event) -> None:
        self._progress = progress
        self._stop = stop
        self._last = 0.0
        self.quiet = False
        """Set while it is not known how far an earlier run came: stops are seen, nothing is said."""

    def at(self, fraction: float) -> None:
        """`fraction` of the job is done, 0…1."""
        if self._stop.is_set():
            raise Stopped
        self._last = max(self._last, min(fraction, 1.0))
        if not self.quiet:
            self._progress(self._last)

    def tick(self) -> None:
        """Still at work, no further."""
        self.at(self._last)
