"""The live connection: lost, restored, with repeated messages, and silent."""

import json
import threading

import pytest
from websockets.sync.server import serve

from cli.client.errors import ClientError, Unreachable
from cli.client.realtime import Listener


class FakeSocket:
    """A WebSocket server; each connection sends the next of `talks`, then hangs up or (on `...`) stays silent."""

    def __init__(self, *talks):
        self.talks = list(talks)
        self.paths = []
        self._server = serve(self._talk, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/dev"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _talk(self, connection):
        self.paths.append(connection.request.path)
        for message in self.talks.pop(0) if self.talks else []:
            if message is ...:
                connection.recv()
            else:
                connection.send(message if isinstance(message, str) else json.dumps(message))

    def close(self):
        self._server.shutdown()
        self._thread.join(5)


@pytest.fixture
def socket():
    made = []

    def make(*talks):
        made.append(FakeSocket(*talks))
        return made[-1]

    yield make
    for fake in made:
        fake.close()


def said(kind, seq, song="S", **rest):
    return {"type": kind, "songId": song, "seq": seq, **rest}


def row(status, seq, **rest):
    return {"songId": "S", "status": status, "seq": seq, **rest}


def listen(fake, *rows, **options):
    left = list(rows)
    listener = Listener(
        fake.url, lambda: "the token", lambda _id: left.pop(0), sleep=lambda _s: None, **options
    )
    try:
        return [(event.kind, event.seq) for event in listener.follow("S")]
    finally:
        listener.close()


def test_repeated_late_and_foreign_messages_are_dropped(socket):
    talk = [
        said("QUEUED", 1, position=1),
        said("QUEUED", 1, position=1),
        said("PROGRESS", 3, stage="demucs", progress=10),
        said("PROCESSING_STARTED", 2),
        said("COMPLETED", 9, song="another"),
        "not JSON",
        said("COMPLETED", 4),
        ...,
    ]
    got = listen(socket(talk), row("PENDING_UPLOAD", 0))
    assert got == [("QUEUED", 1), ("PROGRESS", 3), ("COMPLETED", 4)]


def test_after_a_lost_connection_the_row_says_what_was_missed(socket):
    fake = socket(
        [said("QUEUED", 1)], [said("PROGRESS", 5, stage="demucs", progress=90), said("COMPLETED", 6), ...]
    )
    got = listen(fake, row("PENDING_UPLOAD", 0), row("PROCESSING", 4, stage="demucs", progress=60))
    assert got == [("QUEUED", 1), ("PROGRESS", 4), ("PROGRESS", 5), ("COMPLETED", 6)]
    assert len(fake.paths) == 2
    assert fake.paths[0].endswith("?token=the%20token")


def test_a_song_that_ended_without_a_connection_has_ended(socket):
    got = listen(
        socket([said("QUEUED", 1)], [...]), row("PENDING_UPLOAD", 0), row("FAILED", 1, errorMessage="x")
    )
    assert got == [("QUEUED", 1), ("FAILED", 1)]


def test_a_silent_socket_is_not_believed(socket):
    got = listen(socket([...]), row("QUEUED", 1), row("COMPLETED", 7), quiet_s=0.05)
    assert got == [("QUEUED", 1), ("COMPLETED", 7)]


def test_a_connection_that_stays_lost_ends_with_one_sentence(socket):
    fake = socket([said("QUEUED", 1)])
    with pytest.raises(Unreachable, match="was lost and did not come back") as caught:
        fake_rows = [row("PENDING_UPLOAD", 0)]

        def read(_id):
            if fake_rows:
                return fake_rows.pop()
            raise Unreachable("No answer.")

        listener = Listener(fake.url, lambda: "secret", read, sleep=lambda _s: None, give_up_s=0.2)
        list(listener.follow("S"))
    assert "secret" not in str(caught.value)


def test_a_refused_handshake_is_not_tried_for_ever():
    from http import HTTPStatus

    def refuse(connection, request):
        return connection.respond(HTTPStatus.FORBIDDEN, "no")

    with serve(lambda _c: None, "127.0.0.1", 0, process_request=refuse) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        with pytest.raises(ClientError, match="refused: sign in again") as caught:
            Listener(url, lambda: "secret", lambda _id: row("QUEUED", 1)).connect()
        server.shutdown()
    assert caught.value.__cause__ is None  # a cause would carry the URL, and with it the token


def test_every_message_is_heard_by_who_asked_for_it(socket):
    heard = []
    listen(
        socket([said("QUEUED", 1), said("QUEUED", 1), said("COMPLETED", 2), ...]),
        row("QUEUED", 0),
        heard=heard.append,
    )
    assert [message["seq"] for message in heard] == [1, 1, 2]
