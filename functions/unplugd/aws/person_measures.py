"""What the measure queue holds of one person: to hand over, to remove, to count."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from unplugd.aws.table import Table, attr, key, plain

ROWS_A_PAGE = 250
_DOING = "read your measurements"
# What is for the queue itself: the index's attributes, and leases.
_OWN = ("work", "place", "leaseToken", "leaseUntil", "userId")


class PersonMeasures:
    """A person's rows of `{app}-{env}-measure-queue`: measurements that were asked for, and the jobs that did so."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table, "userId", "job")

    def page(self, user_id: str, *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """Up to `limit` rows behind the row `after`, as plain values, and the key behind which there are more."""
        start = {"userId": user_id, "job": after} if after else None
        mine = key("userId").eq(user_id)
        page = next(self._table.pages(mine, after=start, Limit=limit, ConsistentRead=True, doing=_DOING))
        more = page.get("LastEvaluatedKey")
        return [_shown(item) for item in page["Items"]], more["job"]["S"] if more else None

    def remove(self, user_id: str, song_id: str | None = None, *, until: float | None = None) -> bool:
        """Remove a person's rows, or those of one of their songs; whether there were any. After `until`
        (time.monotonic) it stops, with rows left."""
        mine = key("userId").eq(user_id)
        if song_id is not None:
            mine = mine & key("job").begins_with(f"{song_id}#")
        doing = "remove your measurements"
        # Pages of a few batches: the time is looked at behind each.
        pages = self._table.pages(mine, Limit=ROWS_A_PAGE, ConsistentRead=True, doing=doing)
        found = False
        for page in pages:
            keys = [(item["userId"]["S"], item["job"]["S"]) for item in page["Items"]]
            self._table.delete_all(keys, doing=doing)
            found = found or bool(keys)
            if until is not None and time.monotonic() > until:
                break
        return found

    def count(self, user_id: str, source: str) -> int:
        """How many measurements a person has asked of a source, ever."""
        mine = key("userId").eq(user_id)
        pages = self._table.pages(
            mine, only=attr("source").eq(source) & attr("subject").exists(), Select="COUNT", doing=_DOING
        )
        return sum(int(page["Count"]) for page in pages)


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it is handed over: every value that JSON can hold."""
    values = {name: plain(value) for name, value in item.items() if name not in _OWN}
    if isinstance(values.get("values"), str):
        values["values"] = json.loads(values["values"])
    return json.loads(json.dumps(values, default=_json))  # type: ignore[no-any-return]


def _json(value: Any) -> Any:
    """Numbers are Decimal in DynamoDB's form, sets have no order."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    number = float(value)
    return int(number) if number.is_integer() else number
