"""The connections table: which WebSocket connections a person has open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unplugd.aws.clients import passing_faults


class ConnectionTable:
    """Rows of `{app}-{env}-connections`."""

    def __init__(self, client: Any, table: str) -> None:
        self._db = client
        self._table = table

    def add(self, connection_id: str, *, user_id: str, expires_at: int) -> None:
        """Remember a connection until `expires_at` (Unix seconds)."""
        item = {
            "connectionId": {"S": connection_id},
            "userId": {"S": user_id},
            "ttl": {"N": str(expires_at)},
        }
        with passing_faults("open the connection"):
            self._db.put_item(TableName=self._table, Item=item)

    def remove(self, connection_id: str) -> None:
        """Forget a connection; forgetting it twice is fine."""
        with passing_faults("close the connection"):
            self._db.delete_item(TableName=self._table, Key={"connectionId": {"S": connection_id}})

    def of(self, user_id: str) -> Sequence[str]:
        """The connection ids of a person, over all pages."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "UserIndex",
            "KeyConditionExpression": "userId = :u",
            "ExpressionAttributeValues": {":u": {"S": user_id}},
            "ProjectionExpression": "connectionId",
        }
        found: list[str] = []
        while True:
            with passing_faults("find the connections"):
                got = self._db.query(**query)
            found += [row["connectionId"]["S"] for row in got["Items"]]
            if not got.get("LastEvaluatedKey"):
                return found
            query["ExclusiveStartKey"] = got["LastEvaluatedKey"]
