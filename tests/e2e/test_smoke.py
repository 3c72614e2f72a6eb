"""`unplugd smoke` against the local stack, as if it were AWS: by its stack's outputs and boto3's clients only."""

from __future__ import annotations

import io
from typing import Any

import pytest

from cli import session as sessions
from cli.aws import smoke
from cli.commands import DEMO_SONG
from cli.console import Console
from cli.songfile import Refused, check
from local.datadir import REGION, DataDir
from local.stack import Endpoint


@pytest.fixture
def endpoint(stack: sessions.Session) -> Endpoint:
    keys, port = DataDir(stack.data_dir).keys(), int(stack.url.rpartition(":")[2])
    return Endpoint(stack.url, port, REGION, keys.access_key, keys.secret_key, stack.data_dir, stack.pid)


def people(endpoint: Endpoint, stack: sessions.Session) -> list[Any]:
    users = endpoint.client("cognito-idp").list_users(UserPoolId=stack.outputs["UserPoolId"])["Users"]
    return [user["Username"] for user in users]


def test_a_song_goes_through_and_nothing_stays(stack: sessions.Session, endpoint: Endpoint) -> None:
    before, said = people(endpoint, stack), io.StringIO()
    smoke.run(endpoint.client, sessions.STACK_NAME, check(DEMO_SONG), Console(said))
    lines = said.getvalue().splitlines()
    assert "The API refuses a call without a token, and the web app can read the refusal." in lines
    assert any("its files have their checksums" in line for line in lines)
    assert lines[-1] == "The person, the song and its files are deleted."
    assert people(endpoint, stack) == before


def test_a_stack_that_is_not_there_is_a_sentence(endpoint: Endpoint) -> None:
    with pytest.raises(Refused, match="There is no stack unplugd-prod here"):
        smoke.run(endpoint.client, "unplugd-prod", check(DEMO_SONG), Console(io.StringIO()))
