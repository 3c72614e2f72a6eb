"""The slots table: who may run. A slot is one row; taking it is a conditional put and giving it back a conditional
delete, so no counter can drift and N starters that race never hold more than there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unplugd.aws import rows
from unplugd.aws.table import Table, attr, plain
from unplugd.domain.queue import Lease

# How many background jobs run at once, in addition to the songs.
IN_BACKGROUND = 1
_BACKGROUND = "background"


@dataclass(frozen=True)
class UnreadableLease:
    """A taken slot whose row does not say what runs in it. `execution` is the stored ARN, as far as there is one."""

    slot_id: str
    execution: Any


class SlotTable:
    """Rows of `{app}-{env}-slots`: `slot-0` … `slot-(size - 1)`, and `background-0`."""

    def __init__(self, client: Any, table: str, size: int) -> None:
        self._table = Table(client, table, "slotId")
        self._size = size

    def leases(self) -> Sequence[Lease]:
        """The slots that are taken (a consistent read; also those above `size`, after it was made smaller)."""
        return self.look()[0]

    def look(self) -> tuple[Sequence[Lease], Sequence[UnreadableLease]]:
        """The slots that are taken, and those that are taken by a row which cannot be read. The latter are reported."""
        leases, unreadable, faults = [], [], {}
        for row in self._table.scan(doing="read the slots"):
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
                unreadable.append(UnreadableLease(slot_id, plain(row.get("executionArn"))))
                faults[slot_id] = problems
            else:
                leases.append(Lease(*values.values()))
        rows.report("lease", faults)
        return leases, unreadable

    def free(self, leases: Sequence[Lease]) -> Sequence[str]:
        """The slots for songs that none of `leases` holds."""
        return self._free(leases, "slot", self._size)

    def free_in_background(self, leases: Sequence[Lease]) -> Sequence[str]:
        """The slots for jobs in the background that none of `leases` holds."""
        return self._free(leases, _BACKGROUND, IN_BACKGROUND)

    @staticmethod
    def _free(leases: Sequence[Lease], lane: str, size: int) -> Sequence[str]:
        taken = {lease.slot_id for lease in leases if _lane(lease) == lane}
        names = [f"{lane}-{n}" for n in range(size)]
        return [name for name in names if name not in taken][: max(0, size - len(taken))]

    def take(self, lease: Lease) -> bool:
        """Take the slot that `lease` names; False when another starter was first."""
        item = {
            "slotId": lease.slot_id,
            "userId": lease.user_id,
            "songId": lease.song_id,
            "attempt": lease.attempt,
            "executionArn": lease.execution_arn,
            "leasedAt": lease.leased_at,
        }
        return self._table.put_if_absent(item, doing="take a slot")

    def release_unreadable(self, lease: UnreadableLease) -> None:
        """Give back a slot whose row cannot be read, unless it was taken again."""
        arn = attr("executionArn")
        when = arn.not_exists() if lease.execution is None else arn.eq(lease.execution)
        self._table.delete_if(lease.slot_id, when=when, doing="release a slot")

    def release(self, lease: Lease) -> None:
        """Give the slot back, unless it now belongs to another execution."""
        when = attr("executionArn").eq(lease.execution_arn)
        self._table.delete_if(lease.slot_id, when=when, doing="release a slot")


def _lane(lease: Lease) -> str:
    return _BACKGROUND if lease.slot_id.startswith(f"{_BACKGROUND}-") else "slot"


def _slot_name(stored: Mapping[str, Any]) -> str:
    """The name of a slot: it ends in its number."""
    name = rows.text(stored)
    int(name.rsplit("-", 1)[-1])
    return name
