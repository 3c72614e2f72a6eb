"""New songs whose file is yet to come, never more of them than a person may have.

How many there are is a number in a row of its own, in the partition of what a person used (aws/usage.py), and is
written in one transaction with the songs. Calls that race cannot go over the limit. The number only grows, so it is an
upper bound: a file that arrives, a song that is deleted or expires, leaves it as it is. When there is no room, the
songs are counted, with a consistent read of the library, and it is set right unless a song was added by then."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unplugd.aws import rows
from unplugd.aws.rows import plain_row
from unplugd.aws.table import Table, attr, equal, key, plain
from unplugd.aws.usage import USED
from unplugd.domain.song import Song, Status
from unplugd.kernel.errors import Transient

COUNTED_LATELY_S = 3  # to count a large library costs a thousand times a refusal
_TRIES = 12  # against other calls of the same person at this moment
_DOING = "start the upload"


@dataclass(frozen=True)
class _Count:
    """How many are promised at most; `counted` grows with each count of the songs, at `counted_at` (Unix seconds)."""

    promised: int
    counted: int
    counted_at: int


class PendingRows:
    """Rows of `{app}-{env}-songs` in their first status, and the row `#used#{user id}`, `pending`."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table, "userId", "songId")

    def create(self, songs: Sequence[Song], *, limit: int, now: int) -> int:
        """Write the first of up to 25 new songs of a person as rows, as many as `limit` leaves room for; how many that
        are. Rows that have expired at `now` (Unix seconds) do not count: DynamoDB may take days to remove them."""
        owner, taken = songs[0].user_id, len(songs)
        for tries in range(_TRIES):
            if self._write(songs[:taken], limit):
                return taken
            room = self.room(owner, len(songs), limit=limit, now=now)
            if room <= 0:
                return 0
            taken = min(len(songs), room)
            time.sleep(random.uniform(0, 0.02 * tries))  # noqa: S311 - two callers in step, no secret
        raise Transient("Could not start the upload just now. Please try again.")

    def _write(self, songs: Sequence[Song], limit: int) -> bool:
        """False when there is no room, the number is not known yet, or another call is at it."""
        fits = attr("promised").lte(limit - len(songs))
        count = self._table.changed_row(
            *_place(songs[0].user_id), changes={}, add={"promised": len(songs)}, when=fits
        )
        new = [self._table.new_row(plain_row(song)) for song in songs]
        return self._table.together([count, *new], doing=_DOING)

    def room(self, owner: str, wanted: int, *, limit: int, now: int) -> int:
        """How many more this person may announce; it may have changed when this returns. `wanted`: how many it takes
        for the number to be good enough."""
        row = self._table.get(*_place(owner), doing=_DOING)
        count = _read(row)
        known = count is not None and count.promised + wanted <= limit
        lately = count is not None and now - count.counted_at < COUNTED_LATELY_S
        if count is not None and (known or lately):
            return limit - count.promised
        songs = self._promised(owner, now)
        fresh = {"promised": songs, "counted": count.counted + 1 if count else 1, "countedAt": now}
        unchanged = equal({name: plain((row or {}).get(name)) for name in ("promised", "counted")})
        set_right = [self._table.changed_row(*_place(owner), changes=fresh, when=unchanged)]
        # Another call added a song, or counted: what it wrote is read with the next try.
        return limit - songs if self._table.together(set_right, doing=_DOING) else wanted

    def _promised(self, owner: str, now: int) -> int:
        """How many songs of `owner` wait for their file."""
        pages = self._table.pages(
            key("userId").eq(owner),
            only=attr("status").eq(Status.PENDING_UPLOAD) & (attr("ttl").not_exists() | attr("ttl").gt(now)),
            Select="COUNT",
            ConsistentRead=True,
            doing=_DOING,
        )
        return sum(int(page["Count"]) for page in pages)


def _place(owner: str) -> tuple[str, str]:
    return f"{USED}{owner}", "pending"


def _read(row: Mapping[str, Any] | None) -> _Count | None:
    whole = rows.whole_number
    values, problems = rows.read(row or {}, promised=whole, counted=whole, countedAt=whole)
    return None if problems else _Count(*values.values())
