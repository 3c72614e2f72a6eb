"""The connections table: which WebSocket connections a person has open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unplugd.aws import rows
from unplugd.aws.table import Table, attr, key


class ConnectionTable:
    """Rows of `{app}-{env}-connections`."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table, "connectionId")

    def add(self, connection_id: str, *, user_id: str, expires_at: int) -> None:
        """Remember a connection until `expires_at` (Unix seconds)."""
        item = {"connectionId": connection_id, "userId": user_id, "ttl": expires_at}
        self._table.put(item, doing="open the connection")

    def remove(self, connection_id: str) -> None:
        """Forget a connection; forgetting it twice is fine."""
        self._table.delete(connection_id, doing="close the connection")

    def expires_at(self, connection_id: str) -> int | None:
        """Until when a connection is remembered (Unix seconds); None when it is not, or when its row cannot be read.
        A consistent read: a client pings as soon as it is accepted, and must be found then."""
        row = self._table.get(connection_id, doing="look after the connection")
        if row is None:
            return None
        values, problems = rows.read(row, ttl=rows.whole_number)
        if problems:
            rows.report("connection", {connection_id: problems})
        return values.get("ttl")

    def count(self, user_id: str, *, at: int) -> int:
        """How many connections of a person are remembered beyond `at` (Unix seconds). DynamoDB removes expired rows
        only when it finds the time, so they do not count."""
        pages = self._table.pages(
            key("userId").eq(user_id),
            index="UserIndex",
            only=attr("ttl").gt(at),
            Select="COUNT",
            doing="find the connections",
        )
        return sum(page["Count"] for page in pages)

    def of(self, user_id: str) -> Sequence[str]:
        """The connection ids of a person, over all pages."""
        pages = self._table.pages(key("userId").eq(user_id), index="UserIndex", doing="find the connections")
        return [row["connectionId"]["S"] for page in pages for row in page["Items"]]
