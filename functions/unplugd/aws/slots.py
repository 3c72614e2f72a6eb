"""The slots table: who may run. A slot is one row; taking it is a conditional put and giving it back a conditional
delete, so no counter can drift and N starters that race never hold more than there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unplugd.aws import rows
from unplugd.aws.clients import is_code, passing_faults
from unplugd.domain.queue import Lease


@dataclass(frozen=True)
class UnreadableLease:
    """A taken slot whose row does not say what runs in it. `execution` is the stored ARN, as far as there is one."""

    slot_id: str
    execution: Mapping[str, Any] | None


class SlotTable:
    """Rows of `{app}-{env}-slots`: `slot-0` … `slot-(size - 1)`."""

    def __init__(self, client: Any, table: str, size: int) -> None:
        self._db = client
        self._table = table
        self._size = size

    def leases(self) -> Sequence[Lease]:
        """The slots that are taken (a consistent read; also those above `size`, after it was made smaller)."""
        return self.look()[0]

    def look(self) -> tuple[Sequence[Lease], Sequence[UnreadableLease]]:
        """The slots that are taken, and those that are taken by a row which cannot be read. The latter are reported."""
        with passing_faults("read the slots"):
            got = self._db.scan(TableName=self._table, ConsistentRead=True)
        leases, unreadable, faults = [], [], {}
        for row in got["Items"]:
            values, problems = rows.read(
                row,
                slotId=_slot_name,
                userId=rows.text,
                songId=rows.text,
                attempt=rows.whole_number,
                executionArn=rows.text,
                leasedAt=rows.time,
            )
            if problems:
                slot_id = row["slotId"]["S"]
                unreadable.append(UnreadableLease(slot_id, row.get("executionArn")))
                faults[slot_id] = problems
            else:
                leases.append(Lease(*values.values()))
        rows.report("lease", faults)
        return leases, unreadable

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

    def release_unreadable(self, lease: UnreadableLease) -> None:
        """Give back a slot whose row cannot be read, unless it was taken again."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(executionArn)"}
        if lease.execution is not None:
            condition = {
                "ConditionExpression": "executionArn = :e",
                "ExpressionAttributeValues": {":e": lease.execution},
            }
        self._delete(lease.slot_id, condition)

    def release(self, lease: Lease) -> None:
        """Give the slot back, unless it now belongs to another execution."""
        values = {":e": {"S": lease.execution_arn}}
        self._delete(
            lease.slot_id,
            {"ConditionExpression": "executionArn = :e", "ExpressionAttributeValues": values},
        )

    def _delete(self, slot_id: str, condition: Mapping[str, Any]) -> None:
        try:
            with passing_faults("release a slot"):
                self._db.delete_item(TableName=self._table, Key={"slotId": {"S": slot_id}}, **condition)
        except Exception as error:
            if not is_code(error, "ConditionalCheckFailedException"):
                raise


def _slot_name(stored: Mapping[str, Any]) -> str:
    """The name of a slot: it ends in its number."""
    name = rows.text(stored)
    int(name.rsplit("-", 1)[-1])
    return name
