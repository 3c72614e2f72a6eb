"""A full disk: a sentence for people, nothing half written, and everything works again once there is room."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from local.disk import RESERVE_BYTES, SENTENCE, Space
from local.gate import Gate
from local.journal import Journal
from tests.local.conftest import ORIGIN, App, running_app

MB = 1024 * 1024


@contextmanager
def no_room(pid: int) -> Iterator[None]:
    """Let no write of this process reach the disk: files may not grow any more."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.stack
@pytest.mark.skipif(sys.platform != "linux", reason="another process's limits can be set on Linux only")
def test_a_full_disk_is_a_sentence_everywhere(tmp_path: Path) -> None:
    with running_app(tmp_path / "data") as (stack, app), httpx.Client(trust_env=False, timeout=120) as http:
        url = app.outputs["ApiUrl"]
        assert http.post(f"{url}/items/a", content="before").status_code == 200
        with no_room(app.endpoint.pid):
            # A function whose worker is still to be started; the page may read the answer.
            refused = http.get(f"{url}/loads", headers={"Origin": ORIGIN})
            assert (refused.status_code, refused.json()["error"]) == (507, "DISK_FULL")
            assert refused.json()["message"] == SENTENCE
            assert refused.headers["access-control-allow-origin"] == ORIGIN
            check_services(app)
        assert app.item("full") is None
        assert http.get(f"{url}/items/a").json()["item"]["body"] == "before"
        assert http.post(f"{url}/items/b", content="after").status_code == 200
        stack.stop()
        again = App(stack.start(), app.outputs)
        assert [key for key in ("a", "full", "b") if again.item(key)] == ["a", "b"]


def check_services(app: App) -> None:
    """A row and an object are refused with the same sentence."""
    with pytest.raises(ClientError, match="disk that holds the local library is full"):
        app.put("full", body={"S": "x"})
    with pytest.raises(ClientError, match="disk that holds the local library is full"):
        app.client("s3").put_object(Bucket="tiny-files", Key="full", Body=b"x")


def test_half_a_line_is_taken_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    put: list[Any] = []
    journal.appliers = (lambda table, *rest: put.append(rest), lambda *_: None)
    journal.note("arn", "", "a", None, {"n": 1})
    file = next(tmp_path.glob("*.jsonl"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 10, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            journal.note("arn", "", "b", None, {"n": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    journal.note("arn", "", "c", None, {"n": 3})
    assert journal.replay({"arn": {}}) == 2
    assert [row[0] for row in put] == ["a", "c"]


def asked(method: str, room: bool, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """The gate's answer; 200 is the application behind it. A dash in a header's name is written as `_`."""
    sent: list[Any] = []
    sizes: list[int] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        sent.append(message)

    def has_room(size_bytes: int) -> bool:
        sizes.append(size_bytes)
        return room

    given = {"host": "127.0.0.1:4566", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http",
        "method": method,
        "path": "/_aws/execute-api/x/dev/songs",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    gate = Gate(app, port=4566, origins=frozenset({ORIGIN}), has_room=has_room)
    asyncio.run(gate(scope, None, send))  # type: ignore[arg-type]  # nothing is received
    assert sizes in ([], [int(headers.get("content_length", 0))])
    return sent[0]["status"], {k.decode(): v.decode() for k, v in sent[0]["headers"]}, sent[1]["body"]


def test_what_needs_room_is_refused_at_the_gate() -> None:
    for method in ("POST", "PUT", "PATCH"):
        status, headers, body = asked(method, room=False, origin=ORIGIN, content_length="123")
        assert (status, headers["access-control-allow-origin"]) == (507, ORIGIN)
        assert json.loads(body) == {"error": "DISK_FULL", "message": SENTENCE}
        assert asked(method, room=True, content_length="123")[0] == 200
    for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
        assert asked(method, room=False)[0] == 200
    # The functions' own writes may use what is kept free.
    assert asked("POST", room=False, authorization="AWS4-HMAC-SHA256 Credential=x")[0] == 200


def test_a_reserve_is_kept_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = RESERVE_BYTES + 10 * MB

    monkeypatch.setattr("shutil.disk_usage", lambda _folder: Usage)
    space = Space(tmp_path)
    assert space.has_room(0)
    assert space.has_room(10 * MB)
    assert not space.has_room(10 * MB + 1)
