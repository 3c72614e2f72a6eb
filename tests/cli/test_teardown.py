"""`unplugd teardown`: it asks, and no song goes unless its number was typed."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from cli.aws import teardown
from cli.console import Console
from cli.songfile import Refused
from tests.cli.aws_account import Account
from tests.infra.templates import resources

NAME, OUTPUT, UPLOADS, WEB = (
    "unplugd-dev",
    "unplugd-dev-output-1",
    "unplugd-dev-uploads-1",
    "unplugd-dev-web-1",
)


@pytest.fixture
def account() -> Account:
    made = Account()
    made.add(NAME)
    made.resources = {
        NAME: [
            ("AWS::CloudFormation::Stack", "Storage", "arn:storage"),
            ("AWS::S3::Bucket", "WebBucket", WEB),
            ("AWS::Cognito::UserPool", "UserPool", "pool"),
        ],
        "arn:storage": [
            ("AWS::DynamoDB::Table", "SongsTable", "unplugd-dev-songs"),
            ("AWS::DynamoDB::Table", "SlotsTable", "unplugd-dev-slots"),
            ("AWS::S3::Bucket", "OutputBucket", OUTPUT),
            ("AWS::S3::Bucket", "UploadsBucket", UPLOADS),
        ],
    }
    made.files = {OUTPUT: ["a.wav", "b.wav"], UPLOADS: ["one.mp3"], WEB: ["index.html"]}
    made.songs = 12
    return made


def answers(*given: str) -> Callable[[str], str]:
    left = list(given)
    return lambda _: left.pop(0) if left else ""


def test_the_songs_stay(account: Account) -> None:
    said = io.StringIO()
    teardown.run(account, NAME, with_songs=False, console=Console(said), typed=answers(NAME, "1"))
    assert account.calls[-1] == f"delete {NAME}"
    assert set(account.calls[:-1]) == {f"empty {WEB}", f"empty {UPLOADS}"}
    assert account.files[OUTPUT] == ["a.wav", "b.wav"]
    assert "12 songs stay, with pool, unplugd-dev-output-1, unplugd-dev-songs" in said.getvalue()


@pytest.mark.parametrize("given", [(), ("yes",), (NAME,), (NAME, "yes")])
def test_any_other_answer_deletes_no_more(account: Account, given: tuple[str, ...]) -> None:
    with pytest.raises(Refused, match="Nothing more was deleted"):
        teardown.run(account, NAME, with_songs=False, console=Console(io.StringIO()), typed=answers(*given))
    assert NAME in account.stacks
    assert account.files[UPLOADS] == ["one.mp3"]


def test_songs_go_when_their_number_is_typed(account: Account) -> None:
    teardown.run(account, NAME, with_songs=True, console=Console(io.StringIO()), typed=answers("12", NAME))
    assert set(account.calls) >= {
        f"empty {OUTPUT}",
        f"delete {OUTPUT}",
        "delete unplugd-dev-songs",
        "delete pool",
    }
    assert "delete unplugd-dev-slots" not in account.calls  # it goes with its stack


def test_a_wrong_number_deletes_nothing(account: Account) -> None:
    with pytest.raises(Refused):
        teardown.run(
            account, NAME, with_songs=True, console=Console(io.StringIO()), typed=answers("11", NAME)
        )
    assert account.calls == []


def test_a_stack_that_is_not_there_is_a_sentence(account: Account) -> None:
    with pytest.raises(Refused, match="no stack unplugd-prod"):
        teardown.run(
            account, "unplugd-prod", with_songs=False, console=Console(io.StringIO()), typed=answers()
        )


def test_what_stays_is_what_the_templates_keep() -> None:
    found = resources("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Cognito::UserPool")
    kept = {one.name for one in found if one.body.get("DeletionPolicy") == "RetainExceptOnCreate"}
    assert kept == teardown.RETAINED
