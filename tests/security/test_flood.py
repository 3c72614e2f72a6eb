"""One person asks for upload links without end: a bounded number of rows, a clear 429, and others are served.

`make security` sends FLOOD=10000 calls; the default is enough to go past the bound."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cli import session as sessions
from cli.client.transport import Answer, Transport
from unplugd.uploads.rules import MAX_PENDING

pytestmark = pytest.mark.stack

CALLS = int(os.environ.get("FLOOD", str(MAX_PENDING + 60)))
AT_ONCE = 8
BODY = json.dumps({"filename": "a.mp3", "contentType": "audio/mpeg", "sizeBytes": 1000}).encode()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sessions.Session]:
    with sessions.start(tmp_path_factory.mktemp("flooded"), lambda _line: None, port=0) as session:
        yield session


class Caller:
    def __init__(self, stack: sessions.Session, name: str) -> None:
        self.api = stack.outputs["ApiUrl"].rstrip("/")
        self.transport = Transport()
        self.identity = sessions.identify(
            stack, self.transport, sessions.Person(f"{name}@unplugd.example", f"{name}-Secret-1")
        )

    def call(self, method: str, path: str, body: bytes | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self.identity.id_token()}", "Content-Type": "application/json"}
        return self.transport.send(method, self.api + path, headers=headers, body=body)


def rows(caller: Caller) -> int:
    found, cursor = 0, ""
    while True:
        page = caller.call("GET", f"/songs?limit=100{cursor}").json()
        found += len(page["data"])
        if not page["nextCursor"]:
            return found
        cursor = f"&cursor={page['nextCursor']}"


@pytest.mark.timeout(1800)
def test_pending_uploads_are_limited_per_user(stack: sessions.Session) -> None:
    greedy, other = Caller(stack, "greedy"), Caller(stack, "other")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(lambda _: greedy.call("POST", "/songs/upload-url", BODY), range(CALLS)))
    statuses = Counter(answer.status for answer in answers)
    # The rows are counted before one more is written, so calls that arrive together may each be the last.
    assert set(statuses) == {201, 429}
    assert MAX_PENDING <= statuses[201] < MAX_PENDING + AT_ONCE
    assert rows(greedy) == statuses[201]
    refused = next(answer.json() for answer in answers if answer.status == 429)
    assert refused["error"] == "too_many"
    assert "too many pending uploads" in refused["message"]
    assert other.call("POST", "/songs/upload-url", BODY).status == 201
    assert rows(other) == 1
