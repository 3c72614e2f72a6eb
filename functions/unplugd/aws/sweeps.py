"""Where an unfinished sweep of a bucket stopped, so that the next one continues there."""

from __future__ import annotations

from typing import Any

from unplugd.aws import rows
from unplugd.aws.table import Table

_PARTITION = "#swept"  # no person's: no user id begins with #
_DOING = "note where the sweep stopped"


class SweepPlace:
    """A row of `{app}-{env}-songs`, or of a table whose second key is named `second`. `name`: that of the sweep."""

    def __init__(self, client: Any, table: str, name: str, second: str = "songId") -> None:
        self._table = Table(client, table, "userId", second)
        self._name, self._second = name, second

    def read(self) -> str:
        """The text behind which the next sweep begins; empty when the last one came to the end."""
        row = self._table.get(_PARTITION, self._name, doing="read where the sweep stopped")
        return str(rows.read(row or {}, after=rows.text)[0].get("after", ""))

    def note(self, after: str) -> None:
        """Remember it; empty for a sweep that came to the end."""
        if after:
            self._table.put({"userId": _PARTITION, self._second: self._name, "after": after}, doing=_DOING)
        else:
            self._table.delete(_PARTITION, self._name, doing=_DOING)
