"""What the tests of Guess The Track share: a person with finished songs, a clock, and the calls of their client."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ulid import ULID

from tests.cloud import CHOSEN, OWNER, Cloud, event
from unplugd.aws.practice_table import PracticeTable
from unplugd.domain.scheduling import State, fold, scheduler
from unplugd.domain.song import Status
from unplugd.kernel.clock import to_iso

HANDLERS = Path(__file__).resolve().parents[3] / "functions/unplugd/practice/handlers"
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def new_id(number: int, at: datetime = START) -> str:
    """A ULID that is the same in each run."""
    return str(ULID(int(at.timestamp() * 1000).to_bytes(6, "big") + number.to_bytes(10, "big")))


@dataclass
class Player:
    """A person who practises."""

    cloud: Cloud
    put_song: Any
    now: datetime = START
    answers: int = field(default=0)

    def ask(self, name: str, *, owner: str = OWNER, **changes: Any) -> tuple[int, Any]:
        """Call a function; the status and the answer. `json` is the body, `query` and `path` are parameters."""
        trigger = event("practice", name)
        if "json" in changes:
            trigger["body"] = json.dumps(changes["json"])
        if "body" in changes:
            trigger["body"] = changes["body"]
        trigger["queryStringParameters"] = changes.get("query")
        if "path" in changes:
            trigger["pathParameters"] = changes["path"]
        trigger["requestContext"]["authorizer"]["claims"]["sub"] = owner
        answer = self.cloud.call("practice", name, trigger)
        return answer["statusCode"], json.loads(answer["body"])

    def songs(self, count: int, **fields: Any) -> list[str]:
        """Finished songs; their ids, oldest first."""
        made = [
            self.put_song(
                song_id=new_id(number), status=Status.COMPLETED, **{"title": f"Song {number}"} | fields
            )
            for number in range(1, count + 1)
        ]
        return [song.song_id for song in made]

    def due(self, limit: int | None = None, **more: Any) -> list[Any]:
        """The cards to ask now."""
        query = None if limit is None else {"limit": str(limit)}
        status, answer = self.ask("get_due", query=query, **more)
        assert status == 200, answer
        found: list[Any] = answer["data"]
        return found

    def given(self, song_id: str, grade: Any = 4, **changes: Any) -> dict[str, Any]:
        """An answer, as a client sends it."""
        self.answers += 1
        body = {"songId": song_id, "reviewId": new_id(1_000 + self.answers), "grade": grade}
        return body | {"reviewedAt": to_iso(self.now)} | changes

    def grade(self, song_id: str, grade: Any = 4, **changes: Any) -> Any:
        """An answer now; the card."""
        status, card = self.ask("grade_card", json=self.given(song_id, grade, **changes))
        assert status == 200, card
        return card

    def undo(self, review_id: str, song_id: str, **more: Any) -> tuple[int, Any]:
        return self.ask("undo_review", path={"reviewId": review_id}, json={"songId": song_id}, **more)

    def update(self, song_id: str, **changes: Any) -> tuple[int, Any]:
        return self.ask("update_card", path={"songId": song_id}, json=changes)

    def answer(self, song_id: str, part: str | None = None, **more: Any) -> tuple[int, Any]:
        return self.ask(
            "get_answer", path={"songId": song_id}, query={"part": part} if part else None, **more
        )

    def rows(self, prefix: str = "", owner: str = OWNER) -> dict[str, dict[str, Any]]:
        """The person's rows whose key begins so, in DynamoDB's own form."""
        items = self.cloud.db.scan(TableName=CHOSEN["PRACTICE_TABLE"])["Items"]
        mine = [item for item in items if item["userId"]["S"] == owner]
        return {item["item"]["S"]: item for item in mine if item["item"]["S"].startswith(prefix)}

    @property
    def table(self) -> PracticeTable:
        return PracticeTable(self.cloud.db, CHOSEN["PRACTICE_TABLE"])

    def stored(self, song_id: str) -> State:
        """What the card's row says."""
        card = self.table.card(OWNER, song_id)
        assert card
        return card.state

    def folded(self, song_id: str) -> State:
        """What its log says."""
        card = self.table.card(OWNER, song_id)
        assert card
        return fold((entry.entry for entry in self.table.log(OWNER, song_id)), scheduler(card.scheduler))


@pytest.fixture
def player(cloud: Cloud, put_song: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Player]:
    made = Player(cloud, put_song)
    for path in HANDLERS.glob("[!_]*.py"):
        module = importlib.import_module(f"unplugd.practice.handlers.{path.stem}")
        if hasattr(module, "utc_now"):
            monkeypatch.setattr(module, "utc_now", lambda: made.now)
    yield made
