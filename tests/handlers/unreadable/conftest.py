"""Rows that this version of the code cannot read, as a rollback or an edit by hand leaves them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud

Spoil = Callable[..., None]
# One change of each kind: unknown value, wrong type, not a number, not a moment, absent.
CHANGES: dict[str, dict[str, Any]] = {
    "unknown-lyrics-status": {"lyricsStatus": {"S": "TRANSLATED"}},
    "unknown-status": {"status": {"S": "ARCHIVED"}},
    "attempt-as-text": {"attempt": {"S": "2"}},
    "title-as-list": {"title": {"L": [{"S": "x"}]}},
    "half-an-attempt": {"attempt": {"N": "1.5"}},
    "unparsable-time": {"uploadedAt": {"S": "yesterday"}},
    "no-update-time": {"updatedAt": None},
}
each_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
# A reader sees no difference between kinds (tests/unit/aws/test_rows.py has them all), but the owner's calls and the
# starter each get the two that a rollback leaves.
some_changes = pytest.mark.parametrize(
    "change", [{"lyricsStatus": {"S": "TRANSLATED"}}, {"attempt": {"S": "2"}}]
)


@pytest.fixture
def spoil(cloud: Cloud) -> Spoil:
    """Change attributes of a stored row behind the code's back; None removes one."""

    def change(attributes: dict[str, Any], song_id: str = SONG, owner: str = OWNER) -> None:
        for name, value in attributes.items():
            cloud.db.update_item(
                TableName=CHOSEN["SONGS_TABLE"],
                Key={"userId": {"S": owner}, "songId": {"S": song_id}},
                UpdateExpression="SET #n = :v" if value is not None else "REMOVE #n",
                ExpressionAttributeNames={"#n": name},
                **({"ExpressionAttributeValues": {":v": value}} if value is not None else {}),
            )

    return change


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The data points of the metric `UnreadableRows`."""
    points: list[float] = []

    def put(name: str, value: float, **_: Any) -> None:
        if name == "UnreadableRows":
            points.append(value)

    monkeypatch.setattr("unplugd.kernel.metrics.put", put)
    return points
