"""How the queue is read: DynamoDB gives a megabyte at once, which is fewer songs than we look at."""

from __future__ import annotations

from typing import Any

import pytest

from unplugd.aws import queue_index
from unplugd.aws.queue_index import QueueIndex


def _row(number: int) -> dict[str, Any]:
    at = f"2026-01-31T08:00:{number:02d}.000Z"
    return {"userId": {"S": f"person {number}"}, "songId": {"S": str(number)}, "queuedAt": {"S": at}}


class Table:
    """Answers Query after Query with these pages, each row named by its number."""

    def __init__(self, *pages: list[int]) -> None:
        self._pages = list(pages)
        self.asked: list[tuple[Any, int]] = []  # from where, and how many at most

    def query(self, **asked: Any) -> dict[str, Any]:
        self.asked.append((asked.get("ExclusiveStartKey"), asked["Limit"]))
        page = self._pages.pop(0)
        more = {"LastEvaluatedKey": {"songId": {"S": str(page[-1])}}} if self._pages and page else {}
        return {"Items": [_row(number) for number in page], **more}


def test_a_queue_of_more_than_a_page_is_read_to_its_end() -> None:
    table = Table([1, 2, 3], [4, 5])
    assert [song.song_id for song in QueueIndex(table, "songs").waiting()] == ["1", "2", "3", "4", "5"]
    assert table.asked == [(None, queue_index.QUEUE_READ), ({"songId": {"S": "3"}}, queue_index.QUEUE_READ)]


def test_what_runs_is_read_to_its_end_too() -> None:
    assert QueueIndex(Table([1], [2]), "songs").running() == [("person 1", "1"), ("person 2", "2")]


def test_no_more_is_read_than_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Query that stops at its limit names a key as well."""
    monkeypatch.setattr(queue_index, "QUEUE_READ", 4)
    table = Table([1, 2, 3], [4], [5])
    assert [song.song_id for song in QueueIndex(table, "songs").waiting()] == ["1", "2", "3", "4"]
    assert len(table.asked) == 2
