"""What can be tried with a presigned link, or without one: each case tells what S3 answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest

from cli.client.transport import Answer
from tests.e2e.bad_desk import Announced, Desk, Row, quoted, s3_sentence

_SIGNING = threading.Lock()  # the time a link lasts is patched, for one thread at a time
BODY = b"This is not music.\n" * 20
OTHER_SONG = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
OTHERS = "uploads/somebody-else/01ARZ3NDEKTSV4RRFFQ69G5FAV/song.mp3"


@dataclass(frozen=True)
class Try:
    """A way to misuse the link of one announced song. Most are refused by S3; the others change nothing that lasts."""

    name: str
    status: int
    do: Callable[[Desk, Announced], Answer]
    song: str = "PENDING_UPLOAD"  # its status afterwards; empty: it is gone


def _changed(url: str, *, path: str | None = None, **query: str) -> str:
    parts = urlsplit(url)
    fields = {**dict(parse_qsl(parts.query)), **query}
    return urlunsplit(parts._replace(path=path or parts.path, query=urlencode(fields)))


def _put(desk: Desk, ticket: Announced, url: str | None = None, body: bytes = BODY, **headers: str) -> Answer:
    return desk.put(url or ticket.url, body, {**ticket.headers, **headers})


def _to(bucket: str) -> Callable[[Desk, Announced], Answer]:
    def put(desk: Desk, ticket: Announced) -> Answer:
        return _put(desk, ticket, ticket.url.replace(desk.uploads, getattr(desk, bucket)))

    return put


def _elsewhere(desk: Desk, ticket: Announced) -> Answer:
    path = urlsplit(ticket.url).path
    own = path[path.index("uploads/") :] if "/uploads/" in path else path
    return _put(desk, ticket, _changed(ticket.url, path=path.replace(own, quoted(OTHERS))))


def _link(desk: Desk, ticket: Announced, seconds: int) -> str:
    """A link of the application's own adapter."""
    from unplugd.aws import objects

    key = desk.key_of(ticket)
    with _SIGNING, pytest.MonkeyPatch.context() as patch:
        patch.setattr(objects, "LINK_SECONDS", seconds)
        adapter = objects.Objects(desk.signer, desk.uploads)
        return adapter.upload_link(
            key, content_type="audio/mpeg", size_bytes=len(BODY), metadata={"songid": ticket.song_id}
        )


def _in_time(desk: Desk, ticket: Announced) -> Answer:
    return _put(desk, ticket, _link(desk, ticket, 900))


def _too_late(desk: Desk, ticket: Announced) -> Answer:
    link = _link(desk, ticket, 1)
    time.sleep(2.1)
    return _put(desk, ticket, link)


def _without(desk: Desk, ticket: Announced) -> Answer:
    return desk.put(ticket.url, BODY, {"Content-Type": ticket.headers["Content-Type"]})


def _twice(desk: Desk, ticket: Announced) -> Answer:
    first = _put(desk, ticket)
    assert first.status == 200, first.body
    return _put(desk, ticket)


def _after_the_verdict(desk: Desk, ticket: Announced) -> Answer:
    assert _put(desk, ticket).status == 200
    assert desk.result(ticket.song_id, 200).status == "FAILED"
    return _put(desk, ticket)


def _after_deleting(desk: Desk, ticket: Announced) -> Answer:
    assert desk.call("DELETE", f"/songs/{ticket.song_id}").status == 200
    return _put(desk, ticket)


def _renew_after_arrival(desk: Desk, ticket: Announced) -> Answer:
    assert _put(desk, ticket).status == 200
    desk.result(ticket.song_id, 200)
    return desk.call("POST", f"/songs/{ticket.song_id}/upload-url")


def _method(method: str) -> Callable[[Desk, Announced], Answer]:
    return lambda desk, ticket: desk.put(ticket.url, b"", {}, method)


def _bare(bucket: str, method: str, key: str = "") -> Callable[[Desk, Announced], Answer]:
    def send(desk: Desk, ticket: Announced) -> Answer:
        return desk.put(desk.s3_url(getattr(desk, bucket), key), BODY if method == "PUT" else b"", {}, method)

    return send


TRIES = (
    Try("another content type", 403, lambda d, t: _put(d, t, **{"Content-Type": "text/html"})),
    Try("a longer file than in the request", 403, lambda d, t: _put(d, t, body=BODY * 2)),
    Try("a shorter file than in the request", 403, lambda d, t: _put(d, t, body=BODY[:-1])),
    Try("51 MiB on a link for less", 403, lambda d, t: _put(d, t, body=bytes(51 << 20))),
    Try("no If-None-Match", 403, _without),
    Try("the id of another song", 403, lambda d, t: _put(d, t, **{"x-amz-meta-songid": OTHER_SONG})),
    Try("a valid link", 200, _in_time, "FAILED"),
    Try("an expired link", 403, _too_late),
    Try(
        "a link with a changed expiry",
        403,
        lambda d, t: _put(d, t, _changed(t.url, **{"X-Amz-Expires": "9999"})),
    ),
    Try(
        "a link of another day",
        403,
        lambda d, t: _put(d, t, _changed(t.url, **{"X-Amz-Date": "20200101T000000Z"})),
    ),
    Try(
        "a changed signature", 403, lambda d, t: _put(d, t, _changed(t.url, **{"X-Amz-Signature": "0" * 64}))
    ),
    Try("the link with another user's key", 403, _elsewhere),
    Try("the link on the output bucket", 403, _to("output")),
    Try("GET with the link", 403, _method("GET")),
    Try("DELETE with the link", 403, _method("DELETE")),
    Try("a second PUT at once", 412, _twice, "FAILED"),
    Try("a second PUT after the verdict", 200, _after_the_verdict, "FAILED"),
    Try("a PUT after the song was deleted", 200, _after_deleting, ""),
    Try("a new link after the file arrived", 409, _renew_after_arrival, "FAILED"),
    Try("PUT to the uploads bucket, unsigned", 403, _bare("uploads", "PUT", OTHERS)),
    Try("PUT to the output bucket, unsigned", 403, _bare("output", "PUT", "output/a/b/vocals.wav")),
    Try("GET from the output bucket, unsigned", 403, _bare("output", "GET", "output/a/b/vocals.wav")),
    Try("list the uploads bucket, unsigned", 403, _bare("uploads", "GET")),
    Try("list the output bucket, unsigned", 403, _bare("output", "GET")),
)


def attempt(desk: Desk, case: Try) -> Row:
    """Do it, wait until nothing moves any more, and look."""
    ticket = desk.announce(len(BODY))
    answer = case.do(desk, ticket)
    if answer.status == 409:
        refusal: dict[str, Any] = answer.json()
        code, sentence = str(refusal["error"]), str(refusal["message"])
    else:
        code, sentence = s3_sentence(answer.body)
    if case.song == "FAILED":
        desk.result(ticket.song_id, answer.status)
    left = desk.left_of(ticket.song_id)
    if not case.song and not left:
        status = "" if desk.call("GET", f"/songs/{ticket.song_id}").status == 404 else "still there"
    else:
        status = desk.song(ticket.song_id)["status"]
    if status:
        assert desk.call("DELETE", f"/songs/{ticket.song_id}").status == 200
    return Row(answer.status, status, code, sentence, left=left)
