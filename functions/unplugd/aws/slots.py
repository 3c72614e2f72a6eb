"""The slots table: who may run. A slot is one row; taking it is a conditional put and giving it back a conditional
delete, so no counter can drift and N starters that race never hold more than there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unplugd.aws.clients import is_code, passing_faults
from unplugd.domain.queue import Lease


class SlotTable:
    """Rows of `{app}-{env}-slots`: `slot-0` … `slot-(size - 1)`."""

    def __init__(self, client: Any, table: str, size: int) -> None:
        self._db = client
        self._table = table
        self._size = size

    def leases(self) -> Sequence[Lease]:
        """The slots that are taken (a consistent read; also those above `size`, after it was made smaller)."""
        with passing_faults("read the slots"):
            got = self._db.scan(TableName=self._table, ConsistentRead=True)
        return [
            Lease(
                slot_id=row["slotId"]["S"],
                user_id=row["userId"]["S"],
                song_id=row["songId"]["S"],
                attempt=int(row["attempt"]["N"]),
                execution_arn=row["executionArn"]["S"],
                leased_at=row["leasedAt"]["S"],
            )
            for row in got["Items"]
        ]

    def free(self, leases: Sequence[Lease]) -> Sequence[str]:
        """The slots that none of `leases` holds."""
        if len(leases) >= self._size:
            return []
        taken = {lease.slot_id for lease in leases}
        names = [f"slot-{n}" for n in range(self._size)]
        return [name for name in names if name not in taken][: self._size - len(leases)]

    def take(self, lease: Lease) -> bool:
        """Take the slot that `lease` names; False when another starter was first."""
        item = {
            "slotId": {"S": lease.slot_id},
            "userId": {"S": lease.user_id},
            "songId": {"S": lease.song_id},
            "attempt": {"N": str(lease.attempt)},
            "executionArn": {"S": lease.execution_arn},
            "leasedAt": {"S": lease.leased_at},
        }
        try:
            with passing_faults("take a slot"):
                self._db.put_item(
                    TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(slotId)"
                )
        except Exception as error:
            if is_code(error, "ConditionalCheckFailedException"):
                return False
            raise
        return True

    def release(self, lease: Lease) -> None:
        """Give the slot back, unless it meanwhile belongs to another execution."""
        try:
            with passing_faults("release a slot"):
                self._db.delete_item(
                    TableName=self._table,
                    Key={"slotId": {"S": lease.slot_id}},
                    ConditionExpression="executionArn = :e",
                    ExpressionAttributeValues={":e": {"S": lease.execution_arn}},
                )
        except Exception as error:
            if not is_code(error, "ConditionalCheckFailedException"):
                raise
