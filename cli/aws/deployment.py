"""A deployment: its stack's outputs and parameters, and a person of its own for a trial, who leaves nothing behind."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from cli.client import library as api
from cli.client.cognito import Identity
from cli.client.transport import Transport
from cli.songfile import Refused

Client = Callable[[str], Any]
"""Makes a boto3 client of a service."""


@dataclass(frozen=True)
class Deployment:
    """A stack as CloudFormation describes it."""

    name: str
    status: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]


def find(client: Client, name: str) -> Deployment | None:
    """The stack `name`, or None when there is none."""
    from botocore.exceptions import ClientError as Fault

    try:
        (stack,) = client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except Fault as fault:
        if "does not exist" in str(fault):
            return None
        raise Refused(f"AWS did not describe {name}: {fault}") from None
    return Deployment(
        name,
        str(stack["StackStatus"]),
        {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])},
        {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])},
    )


def need(client: Client, name: str) -> Deployment:
    """The stack `name`, ready to be used."""
    found = find(client, name)
    if found is None:
        raise Refused(f"There is no stack {name} here. unplugd deploy makes it.")
    if not found.status.endswith("_COMPLETE") or found.status.startswith(("ROLLBACK", "DELETE")):
        raise Refused(f"The stack {name} is {found.status}, which is not ready.")
    return found


@dataclass(frozen=True)
class Visitor:
    """A signed-in person with a client of their own."""

    transport: Transport
    identity: Identity
    songs: api.Library


@contextmanager
def visitor(client: Client, deployment: Deployment) -> Iterator[Visitor]:
    """Make a person with a random address, who gets no mail, and delete them with all that they have at the end, also
    after a fault."""
    pool, people = deployment.outputs["UserPoolId"], client("cognito-idp")
    email, password = f"smoke-{secrets.token_hex(6)}@unplugd.example", secrets.token_urlsafe(15) + "-aA1"
    people.admin_create_user(
        UserPoolId=pool,
        Username=email,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
    )
    transport = Transport()
    identity = Identity(transport, people.meta.endpoint_url + "/", deployment.outputs["UserPoolClientId"])
    try:
        people.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
        identity.sign_in(email, password)
        songs = api.Library(transport, deployment.outputs["ApiUrl"], identity)
        try:
            yield Visitor(transport, identity, songs)
        finally:
            songs.delete_account()
    finally:
        transport.close()
        with suppress(people.exceptions.UserNotFoundException):
            people.admin_delete_user(UserPoolId=pool, Username=email)
