"""What a full disk means for the stack: which errors say so, and the sentence that people get."""

from __future__ import annotations

import errno
import shutil
import time
from pathlib import Path

SENTENCE = "The disk that holds the local library is full. Free some space, then try again."
# The last one is a limit on the size of files, which systems set as a quota.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Kept free for what the stack itself writes: rows, state, the code of its functions.
RESERVE_BYTES = 64 * 1024 * 1024
_ASK_AGAIN_S = 1.0


def is_full(error: BaseException | None) -> bool:
    """Whether this error, or the one that caused it, says that the disk is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


class Space:
    """The free space of one folder's disk, asked for at most once a second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asked_at = float("-inf")
        self._free_bytes = 0

    def has_room(self, size_bytes: int) -> bool:
        """Whether so many bytes can be written and the reserve stays free."""
        now = time.monotonic()
        if now - self._asked_at > _ASK_AGAIN_S:
            self._free_bytes, self._asked_at = shutil.disk_usage(self._folder).free, now
        return self._free_bytes - size_bytes >= RESERVE_BYTES
