"""Which stack is used, on which port, as which user."""

import json
import socket
import stat
from pathlib import Path

import pytest

from cli import session as sessions
from cli.client.errors import ClientError
from cli.songfile import Refused


def test_the_data_folder_is_the_option_then_the_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("UNPLUGD_DATA", str(tmp_path / "variable"))
    assert sessions.data_folder(tmp_path / "option") == tmp_path / "option"
    assert sessions.data_folder(None) == tmp_path / "variable"
    monkeypatch.delenv("UNPLUGD_DATA")
    assert sessions.data_folder(None) == Path(sessions.__file__).resolve().parents[1] / "data"


def test_the_ready_user_is_made_once_and_private(tmp_path):
    first = sessions.person(tmp_path)
    assert sessions.person(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "user.json").stat().st_mode) == 0o600
    other = tmp_path / "other"
    other.mkdir()
    assert sessions.person(other).password != first.password
    (tmp_path / "user.json").write_text("{")
    with pytest.raises(Refused, match="is damaged"):
        sessions.person(tmp_path)


def noted(root, server, pid=7, serving=7):
    (root / "run").mkdir()
    (root / "run" / "ready").write_text(f"{serving} 4566")
    (root / "session.json").write_text(
        json.dumps({"url": server.url, "pid": pid, "outputs": {"ApiUrl": "x"}})
    )


def test_a_running_stack_is_found(server, reply, tmp_path):
    noted(tmp_path, server)
    server.answer = lambda asked: reply(200)
    found = sessions.find(tmp_path)
    assert found is not None
    assert (found.url, found.pid, found.outputs, found.is_ours) == (server.url, 7, {"ApiUrl": "x"}, False)
    assert server.asked[0].path == "/_ministack/ready"


def test_a_note_that_a_killed_stack_left_is_not_believed(server, reply, tmp_path):
    assert sessions.find(tmp_path) is None
    noted(tmp_path, server, pid=7, serving=8)
    server.answer = lambda asked: reply(200)
    assert sessions.find(tmp_path) is None
    (tmp_path / "run" / "ready").write_text("7 4566")
    server.answer = lambda asked: reply(503)
    assert sessions.find(tmp_path) is None
    (tmp_path / "session.json").write_text("half a no")
    assert sessions.find(tmp_path) is None


def test_the_port_is_the_remembered_one_while_it_is_free(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "port").write_text(str(port))
        assert not sessions.port_is_free(port)
        assert sessions.free_port(tmp_path) != port
    assert sessions.free_port(tmp_path) == port


class Pool:
    """An identity whose pool answers by script."""

    def __init__(self, *codes):
        self.codes = list(codes)
        self.calls = []

    def _do(self, name):
        self.calls.append(name)
        code = self.codes.pop(0)
        if code:
            raise ClientError(f"{code} happened.", code=code)

    def sign_in(self, *_):
        self._do("sign_in")

    def sign_up(self, *_):
        self._do("sign_up")

    def confirm(self, *_):
        self._do("confirm")


JOINING = ["sign_in", "sign_up", "confirm", "sign_in"]
WRONG, NEW, THERE = "NotAuthorizedException", "UserNotConfirmedException", "UsernameExistsException"


@pytest.mark.parametrize(
    ("codes", "calls"),
    [
        ([None], ["sign_in"]),
        ([WRONG, None, None, None], JOINING),
        ([NEW, THERE, None, None], JOINING),
        # Another command signs the same person up in the same moment, and is faster by a step.
        ([WRONG, THERE, None, None], JOINING),
        ([WRONG, THERE, WRONG, None], JOINING),
    ],
)
def test_a_person_signs_in_and_joins_where_they_must(codes, calls, monkeypatch, tmp_path):
    pool = Pool(*codes)
    monkeypatch.setattr(sessions, "Identity", lambda *_: pool)
    session = sessions.Session("http://x", 1, {"UserPoolClientId": "c"}, tmp_path, is_ours=True)
    assert sessions.identify(session, None, sessions.Person("a@b.example", "secret")) is pool
    assert pool.calls == calls


def test_a_changed_password_is_said_so(monkeypatch, tmp_path):
    pool = Pool(WRONG, THERE, WRONG, WRONG)
    monkeypatch.setattr(sessions, "Identity", lambda *_: pool)
    session = sessions.Session("http://x", 1, {"UserPoolClientId": "c"}, tmp_path, is_ours=True)
    with pytest.raises(ClientError, match=r"is not the one in user\.json"):
        sessions.identify(session, None, sessions.Person("a@b.example", "secret"))


def test_the_pages_port_is_the_remembered_one_or_the_usual_one(tmp_path):
    assert sessions.remembered_web_port(tmp_path) == sessions.DEFAULT_WEB_PORT
    (tmp_path / "web-port").write_text("6001")
    assert sessions.remembered_web_port(tmp_path) == 6001
    (tmp_path / "web-port").write_text("damaged")
    assert sessions.remembered_web_port(tmp_path) == sessions.DEFAULT_WEB_PORT
