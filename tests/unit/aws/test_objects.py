"""How files are removed: a library's within one call of DELETE /account."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from unplugd.aws.clients import client
from unplugd.aws.objects import KEYS_A_DELETE, Objects
from unplugd.kernel.errors import Transient

BUCKET, MINE = "results", "output/me/"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def calls(s3: Any) -> list[str]:
    """The calls of a use case, without the puts of a test."""
    made: list[str] = []
    s3.meta.events.register("before-call.s3", lambda model, **_: made.append(model.name))
    return made


@pytest.mark.parametrize(
    ("region", "endpoint", "begins"),
    [
        ("us-east-1", None, "https://songs.s3.amazonaws.com/"),
        ("eu-west-1", None, "https://songs.s3.eu-west-1.amazonaws.com/"),
        ("af-south-1", None, "https://songs.s3.af-south-1.amazonaws.com/"),
        ("us-east-1", "http://127.0.0.1:4566", "http://127.0.0.1:4566/songs/"),
        ("us-east-1", "http://localhost:4566", "http://localhost:4566/songs/"),
    ],
)
def test_a_link_names_the_host_that_answers_at_once(
    region: str, endpoint: str | None, begins: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    objects = Objects(client.__wrapped__("s3"), "songs")
    assert objects.download_link("output/me/a.wav").startswith(begins)


def put(s3: Any, key: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")


def fault(s3: Any, code: str) -> None:
    """S3 answers 200 and names a key that stays."""

    def change(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Errors"] = [{"Key": f"{MINE}b", "Code": code, "Message": "It stays."}]

    s3.meta.events.register("after-call.s3.DeleteObjects", change)


def test_many_files_are_removed_by_few_calls(s3: Any, calls: list[str]) -> None:
    store = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    for n in range(
        KEYS_A_DELETE + 1
    ):  # one more than S3 lists, and takes, at once; put without a call for each
        store.put_object(BUCKET, f"{MINE}{n} é&<.wav", b"x")
    put(s3, "output/another/a.wav")
    calls.clear()
    Objects(s3, BUCKET).empty(MINE)
    assert calls == ["ListObjectsV2", "DeleteObjects"] * 2
    assert list(Objects(s3, BUCKET).names("")) == ["output/another/a.wav"]


def test_no_batch_begins_when_the_time_is_up(s3: Any, calls: list[str]) -> None:
    put(s3, f"{MINE}a.wav")
    calls.clear()
    assert not Objects(s3, BUCKET).empty(MINE, until=time.monotonic() - 1)
    assert calls == ["ListObjectsV2"]


def test_nothing_there_is_no_call(s3: Any, calls: list[str]) -> None:
    Objects(s3, BUCKET).empty(MINE)
    assert calls == ["ListObjectsV2"]


@pytest.mark.parametrize("code", ["InternalError", "SlowDown", "ServiceUnavailable"])
def test_a_key_that_is_not_yet_deleted_is_reported(s3: Any, code: str) -> None:
    put(s3, f"{MINE}b")
    fault(s3, code)
    with pytest.raises(Transient):
        Objects(s3, BUCKET).empty(MINE)


def test_a_key_that_is_refused_is_a_fault_of_ours(s3: Any) -> None:
    put(s3, f"{MINE}b")
    fault(s3, "AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        Objects(s3, BUCKET).empty(MINE)
