"""Quotas in DynamoDB: counted once, and never beyond the limit, also when much happens at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud
from unplugd.aws.usage import UsageRows
from unplugd.domain.quota import Quota
from unplugd.kernel.errors import QuotaUsed, Transient

DAY = Quota("day#2026-01-31", 5, datetime(2026, 2, 1, tzinfo=UTC), "Enough for today.")


class Contended:
    """A client of DynamoDB under load: a transaction that meets another one at the counter is cancelled, as on AWS.
    (moto would mix the two.) The first `conflicts` are, in any case."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._at_the_row = threading.Lock()
        self.conflicts = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **call: Any) -> Any:
        free = self._at_the_row.acquire(blocking=False)
        try:
            if not free or self.conflicts > 0:
                self.conflicts -= free
                error = {"Error": {"Code": "TransactionCanceledException"}, "ResponseMetadata": {}}
                raise ClientError(error | {"ResponseMetadata": {"HTTPStatusCode": 400}}, "TransactWriteItems")  # type: ignore[arg-type]
            return self._client.transact_write_items(**call)
        finally:
            if free:
                self._at_the_row.release()


@pytest.fixture
def contended(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Contended:
    return Contended(cloud.db)


@pytest.fixture
def usage(contended: Contended, monkeypatch: pytest.MonkeyPatch) -> UsageRows:
    monkeypatch.setattr("unplugd.aws.usage.time.sleep", lambda _: None)
    return UsageRows(contended, CHOSEN["SONGS_TABLE"])


def test_the_limit_is_reached_and_not_passed(usage: UsageRows) -> None:
    for n in range(5):
        usage.take(OWNER, DAY, f"song-{n}", 1)
    with pytest.raises(QuotaUsed, match=r"Enough for today\."):
        usage.take(OWNER, DAY, "song-5", 1)
    assert usage.used(OWNER, DAY) == 5
    usage.take(STRANGER, DAY, "song-5", 1)


def test_what_comes_twice_counts_once(usage: UsageRows) -> None:
    for _ in range(3):
        usage.take(OWNER, DAY, "song", 4)
    assert usage.used(OWNER, DAY) == 4


def test_one_thing_that_is_too_much_is_refused_and_not_counted(usage: UsageRows) -> None:
    with pytest.raises(QuotaUsed):
        usage.take(OWNER, DAY, "song", 6)
    assert usage.used(OWNER, DAY) == 0


def test_of_many_calls_at_once_exactly_the_limit_succeeds(usage: UsageRows) -> None:
    def take(n: int) -> bool:
        while True:
            try:
                usage.take(OWNER, DAY, f"song-{n}", 1)
            except QuotaUsed:
                return False
            except Transient:  # the caller tries again
                continue
            return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(take, range(24))) == 5
    assert usage.used(OWNER, DAY) == 5


def test_a_conflict_with_another_call_is_tried_again(usage: UsageRows, contended: Contended) -> None:
    """DynamoDB cancels a transaction while another one is at the same row."""
    contended.conflicts = 2
    usage.take(OWNER, DAY, "song", 1)
    assert usage.used(OWNER, DAY) == 1


def test_a_counter_that_is_always_busy_says_so(usage: UsageRows, contended: Contended) -> None:
    contended.conflicts = 100
    with pytest.raises(Transient):
        usage.take(OWNER, DAY, "song", 1)
    assert usage.used(OWNER, DAY) == 0


def test_everything_of_a_person_goes(usage: UsageRows, cloud: Cloud) -> None:
    month = Quota("month#2026-01", 100, DAY.ends, "")
    for n in range(30):
        usage.take(OWNER, month, f"song-{n}", 1)
    usage.take(STRANGER, month, "song", 1)
    assert usage.remove(OWNER) is True
    assert usage.remove(OWNER) is False
    left: Any = cloud.db.scan(TableName=CHOSEN["SONGS_TABLE"])["Items"]
    assert {row["userId"]["S"] for row in left} == {f"#used#{STRANGER}"}
