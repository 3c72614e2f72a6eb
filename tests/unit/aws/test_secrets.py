"""A secret is read once, and again after a while."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from unplugd.aws import secrets
from unplugd.aws.secrets import Secret
from unplugd.kernel.errors import Transient

NAME = "unplugd-test-billing"


@pytest.fixture
def manager() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="us-east-1")
        client.create_secret(Name=NAME, SecretString=" first\n")
        yield client


def test_a_change_is_seen_after_a_while(manager: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(secrets.time, "monotonic", lambda: now[0])
    secret = Secret(manager, NAME)
    assert secret() == "first"
    manager.put_secret_value(SecretId=NAME, SecretString="second")
    assert secret() == "first"
    now[0] += secrets.KEPT_S + 1
    assert secret() == "second"


def test_a_fault_of_the_service_is_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import EndpointConnectionError

    class Down:
        def get_secret_value(self, **_asked: Any) -> Any:
            raise EndpointConnectionError(endpoint_url="https://secrets.example")

    with pytest.raises(Transient):
        Secret(Down(), NAME)()
