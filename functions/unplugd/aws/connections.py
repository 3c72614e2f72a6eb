"""The connections table: which WebSocket connections a person has open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from unplugd.aws import rows
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

    def expires_at(self, connection_id: str) -> int | None:
        """Until when a connection is remembered (Unix seconds); None when it is not, or
        when its row cannot be read. A consistent read: a client
        pings as soon as it is let in, and must be found then."""
        with passing_faults("look after the connection"):
            got = self._db.get_item(
                TableName=self._table, Key={"connectionId": {"S": connection_id}}, ConsistentRead=True
            )
        if "Item" not in got:
            return None
        values, problems = rows.read(got["Item"], ttl=rows.whole_number)
        if problems:
            rows.report("connection", {connection_id: problems})
        return values.get("ttl")

    def count(self, user_id: str, *, at: int) -> int:
        """How many connections of a person are remembered beyond `at` (Unix seconds). DynamoDB removes what has
        expired when it finds the time, so such rows do not count."""
        found = self._pages(
            user_id,
            FilterExpression="#ttl > :now",
            ExpressionAttributeNames={"#ttl": "ttl"},
            more={":now": {"N": str(at)}},
            Select="COUNT",
        )
        return sum(page["Count"] for page in found)

    def of(self, user_id: str) -> Sequence[str]:
        """The connection ids of a person, over all pages."""
        found = self._pages(user_id, ProjectionExpression="connectionId")
        return [row["connectionId"]["S"] for page in found for row in page["Items"]]

    def _pages(
        self, user_id: str, *, more: Mapping[str, Any] | None = None, **how: Any
    ) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = how | {
            "TableName": self._table,
            "IndexName": "UserIndex",
            "KeyConditionExpression": "userId = :u",
            "ExpressionAttributeValues": {":u": {"S": user_id}, **(more or {})},
        }
        while True:
            with passing_faults("find the connections"):
                got = self._db.query(**query)
            yield got
            if not got.get("LastEvaluatedKey"):
                return
            query["ExclusiveStartKey"] = got["LastEvaluatedKey"]
