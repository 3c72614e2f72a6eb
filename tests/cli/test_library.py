"""The REST client: what it asks again, what it never does, and which sentence a person reads."""

import json

import pytest

from cli.client.cognito import Identity
from cli.client.errors import ClientError, Unreachable
from cli.client.library import Library
from cli.client.transport import Transport


def tokens(name):
    return json.dumps(
        {"AuthenticationResult": {"IdToken": name, "RefreshToken": "r", "ExpiresIn": 3600}}
    ).encode()


@pytest.fixture
def library(server, reply):
    transport = Transport()
    identity = Identity(transport, server.url + "/cognito", "client")
    server.answer = lambda asked: reply(200, tokens("first"))
    identity.sign_in("a@b.example", "secret")
    server.asked.clear()
    yield Library(transport, server.url + "/api", identity, sleep=lambda _s: None)
    transport.close()


def test_an_expired_token_is_renewed_once_and_the_call_repeated(library, server, reply):
    def answer(asked):
        if asked.path == "/cognito":
            return reply(200, tokens("second"))
        return (
            reply(200, b"{}")
            if asked.headers["authorization"] == "second"
            else reply(401, b'{"message": "no"}')
        )

    server.answer = answer
    assert library.get("S") == {}
    assert [asked.path for asked in server.asked] == ["/api/songs/S", "/cognito", "/api/songs/S"]


def test_a_refusal_is_the_servers_own_sentence(library, server, reply):
    server.answer = lambda asked: reply(
        409, b'{"error": "conflict", "message": "This song is being processed."}'
    )
    with pytest.raises(ClientError) as caught:
        library.delete("S")
    assert (str(caught.value), caught.value.status, caught.value.code) == (
        "This song is being processed.",
        409,
        "conflict",
    )


def test_a_crash_passed_on_by_a_gateway_is_not_shown(library, server, reply):
    server.answer = lambda asked: reply(500, b'{"message": "{\\"errorType\\": \\"KeyError\\"}"}')
    with pytest.raises(ClientError, match=r"^Could not GET /songs/S: the server answered 500\.$"):
        library.get("S")
    assert len(server.asked) == 3


def test_a_post_whose_answer_was_lost_is_not_made_twice(library, server, reply):
    server.answer = lambda asked: reply(cut=0)
    with pytest.raises(Unreachable):
        library.cancel("S")
    assert len(server.asked) == 1


def test_a_get_is_made_again_when_its_answer_was_lost(library, server, reply):
    server.answer = lambda asked: reply(cut=0) if len(server.asked) == 1 else reply(200, b'{"songId": "S"}')
    assert library.get("S") == {"songId": "S"}


def test_an_unreachable_server_is_one_sentence_without_a_query():
    with pytest.raises(Unreachable) as caught:
        Transport().send("GET", "http://127.0.0.1:9/x?X-Amz-Signature=secret", headers={})
    assert "127.0.0.1:9" in str(caught.value)
    assert "secret" not in str(caught.value)


def ticket_for(server, **more):
    from cli.client.library import Ticket

    return Ticket("S", server.url + "/put", {"Content-Type": "audio/mpeg", "If-None-Match": "*", **more})


def test_an_upload_streams_the_file_with_the_signed_headers(library, server, reply, tmp_path):
    song = tmp_path / "song.mp3"
    song.write_bytes(b"abc" * 50_000)
    server.answer = lambda asked: reply(200)
    sent = []
    library.upload(ticket_for(server), song, sent.append)
    (put,) = server.asked
    assert put.body == song.read_bytes()
    assert put.headers["content-length"] == "150000"
    assert "transfer-encoding" not in put.headers
    assert (put.headers["content-type"], put.headers["if-none-match"]) == ("audio/mpeg", "*")
    assert "authorization" not in put.headers
    assert sent == sorted(sent)
    assert sent[-1] == 150_000


def test_a_second_put_that_finds_the_first_is_a_success(library, server, reply, tmp_path):
    song = tmp_path / "song.mp3"
    song.write_bytes(b"abc")
    server.answer = lambda asked: reply(cut=0) if len(server.asked) == 1 else reply(412)
    library.upload(ticket_for(server), song)
    assert len(server.asked) == 2


def test_a_first_put_that_finds_a_file_is_refused(library, server, reply, tmp_path):
    song = tmp_path / "song.mp3"
    song.write_bytes(b"abc")
    server.answer = lambda asked: reply(
        412, b"<Error><Code>PreconditionFailed</Code><Message>Taken</Message></Error>"
    )
    with pytest.raises(ClientError, match=r"^Could not upload the file: the storage said: Taken\.$"):
        library.upload(ticket_for(server), song)


def test_an_expired_upload_url_is_replaced(library, server, reply, tmp_path):
    song = tmp_path / "song.mp3"
    song.write_bytes(b"abc")
    fresh = {"uploadUrl": server.url + "/fresh", "headers": {}, "expiresIn": 900}

    def answer(asked):
        if asked.path == "/put":
            return reply(
                403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
            )
        return reply(200, json.dumps(fresh).encode())

    server.answer = answer
    library.upload(ticket_for(server), song)
    assert [asked.path for asked in server.asked] == ["/put", "/api/songs/S/upload-url", "/fresh"]


def test_an_identity_renews_before_its_token_ends(server, reply):
    clock = [0.0]
    identity = Identity(Transport(), server.url, "client", now=lambda: clock[0])
    server.answer = lambda asked: reply(200, tokens(f"token-{len(server.asked)}"))
    with pytest.raises(ClientError, match="Sign in first"):
        identity.id_token()
    identity.sign_in("a@b.example", "secret")
    assert identity.id_token() == "token-1"
    clock[0] = 3500.0
    assert identity.id_token() == "token-2"
    assert json.loads(server.asked[-1].body)["AuthFlow"] == "REFRESH_TOKEN_AUTH"
