"""What the processing room shares: a slot's lease."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lease:
    """One taken slot: which attempt of which song runs in it, since when (ISO 8601)."""

    slot_id: str
    user_id: str
    song_id: str
    attempt: int
    execution_arn: str
    leased_at: str
