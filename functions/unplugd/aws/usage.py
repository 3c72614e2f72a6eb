"""What people have used of their quotas: rows of the songs table in a partition of their own for each person, which no
song's call reads. One row a period counts, and one row for each thing that was counted says that it was."""

from __future__ import annotations

import time
from typing import Any

from unplugd.aws import rows
from unplugd.aws.table import ROWS_A_BATCH, Table, attr, key
from unplugd.domain.quota import Quota
from unplugd.kernel.errors import Transient

USED = "#used#"  # and the user id: the partition
_DOING = "count what you use"
_TRIES = 8  # against other calls of the same person at this moment
_PAUSE_S = 0.02  # doubled with each try: five seconds in all


class UsageRows:
    """The `#used#{user id}` partitions of `{app}-{env}-songs`: no user id begins with #."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table, "userId", "songId")

    def take(self, owner: str, quota: Quota, thing: str, amount: int) -> None:
        """Count `amount` for `thing`, and note that, in one transaction: so an event that comes twice counts once, and
        of calls at once each sees what the others took. Raises `QuotaUsed`."""
        partition, counted = f"{USED}{owner}", f"{quota.key}#{thing}"
        room = attr("used").not_exists() | attr("used").lte(quota.limit - amount)
        for attempt in range(_TRIES):
            if amount <= quota.limit and self._table.together(
                [
                    self._table.new_row({"userId": partition, "songId": counted, "ttl": quota.ttl}),
                    self._table.changed_row(
                        partition, quota.key, changes={"ttl": quota.ttl}, add={"used": amount}, when=room
                    ),
                ],
                doing=_DOING,
            ):
                return
            if self._table.get(partition, counted, doing=_DOING):
                return
            if self.used(owner, quota) + amount > quota.limit:
                raise quota.used_up()
            # Another call of this person was at the counter.
            time.sleep(_PAUSE_S * 2**attempt)
        raise Transient(f"Could not {_DOING} just now. Please try again.")

    def used(self, owner: str, quota: Quota) -> int:
        """How much of a quota is used, in its unit (a consistent read)."""
        row = self._table.get(f"{USED}{owner}", quota.key, doing="read what you used")
        return int(rows.read(row or {}, used=rows.whole_number)[0].get("used", 0))

    def remove(self, owner: str) -> bool:
        """Forget what a person used; whether there was anything."""
        doing = "delete the account"
        pages = self._table.pages(
            key("userId").eq(f"{USED}{owner}"), Limit=ROWS_A_BATCH, ConsistentRead=True, doing=doing
        )
        found = False
        for page in pages:
            keys = [(item["userId"]["S"], item["songId"]["S"]) for item in page["Items"]]
            self._table.delete_all(keys, doing=doing)
            found = found or bool(keys)
        return found
