"""AWS in memory for handler tests: each function runs under its own template's environment and policy, over moto.

A call that the function's role does not allow fails here as it would on AWS."""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from moto.core.models import botocore_stubber

from tests import answers
from tests.documents import template_of
from tests.prepared import prepared

ROOT = Path(__file__).resolve().parents[1]
REGION, ACCOUNT = "us-east-1", "123456789012"
OWNER, STRANGER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
SONG = "01J9ZQ4X5V8K2M3N4P5Q6R7S8T"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:unplugd-test-processing"
SOCKETS = f"https://sockets.execute-api.{REGION}.amazonaws.com/test"
CHOSEN = {
    "APP_ENVIRONMENT": "test",
    "SONGS_TABLE": "unplugd-test-songs",
    "CONNECTIONS_TABLE": "unplugd-test-connections",
    "SLOTS_TABLE": "unplugd-test-slots",
    "MEASURE_QUEUE_TABLE": "unplugd-test-measure-queue",
    "PLAYS_URL": "",
    "PLAYS_SECRET": "unplugd-test-plays-key",
    "PLAYS_CALLS_A_DAY": "1000",
    "SESSIONS_TABLE": "unplugd-test-sessions",
    "PRACTICE_TABLE": "unplugd-test-practice",
    "DETAILS_TABLE": "unplugd-test-song-details",
    "TRANSCODE_FUNCTION": "unplugd-test-transcode-upload",
    "ENRICH_FUNCTION": "unplugd-test-enrich-details",
    "INGEST_FUNCTION": "unplugd-test-ingest-window",
    "JOIN_FUNCTION": "unplugd-test-join-session",
    "PITCH_FUNCTION": "unplugd-test-pitch-session",
    "UPLOADS_BUCKET": "unplugd-test-uploads",
    "OUTPUT_BUCKET": "unplugd-test-output",
    "STATE_MACHINE_ARN": MACHINE,
    "WEBSOCKET_ENDPOINT": SOCKETS,
    "VALIDATE_FUNCTION": "unplugd-test-validate-upload",
    "USER_POOL_ID": "us-east-1_pool",
    "TOKEN_ISSUER": "https://issuer.example/pool",
    "TOKEN_AUDIENCE": "client",
    "JWKS_URL": "https://issuer.example/pool/.well-known/jwks.json",
    "CORS_ORIGIN": "https://app.example",
    "MAX_CONCURRENT_SONGS": "2",
    "SONGS_A_DAY": "0",
    "MINUTES_A_MONTH": "0",
    "BILLING_SECRET": "unplugd-test-billing",
    "BILLING_URL": "https://billing.example",
    "BILLING_PRICE": "none",
    "BILLING_TRIAL_DAYS": "14",
    "BILLING_FREE_LOOKUPS": "25",
    "POWERTOOLS_SERVICE_NAME": "unplugd-test",
    "POWERTOOLS_METRICS_NAMESPACE": "Unplugd",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}
# Operations whose IAM action has another name than the call, or whose name is checked item by item.
_ACTIONS = {
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:DeleteObjects": "s3:DeleteObject",
    "apigatewaymanagementapi:PostToConnection": "execute-api:ManageConnections",
    "apigatewaymanagementapi:DeleteConnection": "execute-api:ManageConnections",
    "lambda:Invoke": "lambda:InvokeFunction",
}
_SERVICES = {"sfn": "states", "stepfunctions": "states"}


@functools.cache
def template_function(name: str) -> tuple[set[str], set[str]]:
    """The environment names and the IAM actions that the templates give the function `name` (`list_songs`)."""
    logical = "".join(word.capitalize() for word in name.split("_"))
    templates = {path.stem: template_of(path) for path in sorted((ROOT / "templates").glob("*.yaml"))}
    for template in templates.values():
        function = template["Resources"].get(f"{logical}Function")
        if function is None:
            continue
        shared = template["Globals"]["Function"].get("Environment", {}).get("Variables", {})
        own = function["Properties"].get("Environment", {}).get("Variables", {})
        documents: list[dict[str, Any]] = []
        for policy in function["Properties"].get("Policies", []):
            if "Statement" in policy:
                documents.append(policy)
            else:
                assert policy["Ref"] in ("PushPolicy", "PushPolicyArn")
                push = templates["realtime"]["Resources"]["PushPolicy"]["Properties"]
                documents.append(push["PolicyDocument"])
        boundary = templates["compute"]["Resources"]["FunctionBoundary"]["Properties"]["PolicyDocument"]
        return set(shared) | set(own), _actions(documents) & _actions([boundary])
    raise LookupError(f"no template declares {logical}Function")


def _actions(documents: list[dict[str, Any]]) -> set[str]:
    given = [statement["Action"] for document in documents for statement in document["Statement"]]
    return {action for each in given for action in ([each] if isinstance(each, str) else each)}


def event(room: str, name: str) -> dict[str, Any]:
    """The recorded trigger of a function: the same file that `sam local invoke -e` takes."""
    return json.loads((ROOT / "events" / room / f"{name}.json").read_text())  # type: ignore[no-any-return]


@functools.cache
def session() -> boto3.Session:
    """One session for all tests: it keeps the parsed service models, which are most of the cost of a client. A name of
    its own spares each call the making of boto3's, a tenth of what a call costs here."""
    core = botocore.session.get_session()
    core.set_default_client_config(Config(user_agent="tests"))
    return boto3.Session("testing", "testing", region_name=REGION, botocore_session=core)


@functools.cache
def _client(service: str) -> Any:
    return session().client(service)


@functools.cache
def _client_of(function: str, service: str, *args: Any, **kwargs: Any) -> Any:
    """The client of `service` for one function, kept for all tests: it may call what the role allows."""
    from unplugd.aws import clients

    def check(params: dict[str, Any], model: Any, **_: Any) -> None:
        Cloud.current.check(function, model.service_model.service_name, model.name, params)

    def lose(request: Any, event_name: str, **rest: Any) -> None:
        """Let the call take effect, then break the connection, where the test asks for it."""
        if event_name in Cloud.current.lost_answers:
            Cloud.current.lost_answers.remove(event_name)
            botocore_stubber(event_name, request, **rest)
            raise ConnectionClosedError(endpoint_url=request.url)

    client = clients.client.__wrapped__(service, *args, **kwargs)
    client.meta.events.register("before-parameter-build", check)
    client.meta.events.register_first("before-send", lose)
    return client


def prepare() -> None:
    """Make the templates' tables, the buckets and the state machine."""
    known = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    for resource in template_of(ROOT / "templates/storage.yaml")["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            properties = resource["Properties"]
            name = properties["TableName"]["Fn::Sub"].replace("${AppName}", "unplugd")
            _client("dynamodb").create_table(
                TableName=name.replace("${Environment}", "test"),
                **{key: properties[key] for key in known if key in properties},
            )
    for bucket in ("UPLOADS_BUCKET", "OUTPUT_BUCKET"):
        _client("s3").create_bucket(Bucket=CHOSEN[bucket])
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    _client("stepfunctions").create_state_machine(
        name=MACHINE.rsplit(":", 1)[1],
        definition=json.dumps(definition),
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/machine",
    )


class Cloud:
    """moto's AWS with the templates' tables, the buckets, the queue and the state machine."""

    current: ClassVar[Cloud]

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.running_function = ""  # whose role is in use
        self.refused: list[str] = []  # calls that a role does not allow, also where the code survives them
        self.watchers: list[
            Callable[[str, dict[str, Any]], None]
        ] = []  # get each allowed call: action, parameters
        self.lost_answers: list[str] = []  # botocore's events: the answer to the next such call is lost
        Cloud.current = self
        for name in CHOSEN.keys() - {
            "POWERTOOLS_METRICS_NAMESPACE"
        }:  # tests/conftest.py gives it to every test
            monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", session())
        # Functions that others start are not there; whether the role may start them is checked all the same.
        monkeypatch.setattr("moto.awslambda.responses.LambdaResponse.invoke", lambda _: "")
        self.db, self.s3, self.sqs, self.sfn = map(_client, ("dynamodb", "s3", "sqs", "stepfunctions"))

    @contextmanager
    def running(self) -> Iterator[Cloud]:
        """With the tables, the buckets and the state machine empty, and a queue."""
        with prepared(ACCOUNT, prepare):
            self.queue_url: str = self.sqs.create_queue(QueueName="unplugd-test-wake")["QueueUrl"]
            yield self

    def call(self, room: str, name: str, trigger: dict[str, Any]) -> Any:
        """Run a handler as Lambda would: the template's environment, the role's permissions, nothing else. What a REST
        call answers must be what docs/openapi.json says."""
        with self.role_of(name):
            answer = importlib.import_module(f"unplugd.{room}.handlers.{name}").handler(trigger, None)
        if name in answers.operations():
            answers.check(name, trigger, answer)
        return answer

    @contextmanager
    def role_of(self, name: str) -> Iterator[None]:
        """The environment and permissions of the function `name`."""
        from unplugd import wiring

        variables, _ = template_function(name)
        self.running_function = name
        with self._monkeypatch.context() as patch:
            for variable in variables:
                value = self.queue_url if variable == "WAKE_QUEUE_URL" else CHOSEN[variable]
                patch.setenv(variable, value)
            patch.setattr(wiring, "client", functools.partial(_client_of, name))
            _forget(wiring)
            try:
                yield
            finally:
                _forget(wiring)

    def check(self, function: str, service: str, operation: str, params: dict[str, Any]) -> None:
        """Refuse a call that the role of `function` does not allow."""
        called = f"{_SERVICES.get(service, service)}:{operation}"
        needed = {_ACTIONS.get(called, called)}
        if called == "s3:CopyObject":
            needed = {"s3:GetObject", "s3:PutObject"}
        if called == "dynamodb:TransactWriteItems":
            needed = {f"dynamodb:{verb}Item" for item in params["TransactItems"] for verb in item}
        _, allowed = template_function(function)
        if not needed <= allowed:
            self.refused.append(f"the role of {function} does not allow {sorted(needed - allowed)}")
            raise PermissionError(self.refused[-1])
        for watcher in self.watchers:
            watcher(called, params)

    # --- looking -----------------------------------------------------------------------------------------------------

    def row(self, song_id: str = SONG, owner: str = OWNER) -> dict[str, Any] | None:
        """A song's row as plain values."""
        from boto3.dynamodb.types import TypeDeserializer

        key = {"userId": {"S": owner}, "songId": {"S": song_id}}
        item = self.db.get_item(TableName=CHOSEN["SONGS_TABLE"], Key=key).get("Item")
        return {k: TypeDeserializer().deserialize(v) for k, v in item.items()} if item else None

    def connect(self, connection_id: str, owner: str = OWNER, *, expires_at: int = 4102444800) -> None:
        """An open connection of `owner`."""
        item = {"connectionId": {"S": connection_id}, "userId": {"S": owner}, "ttl": {"N": str(expires_at)}}
        self.db.put_item(TableName=CHOSEN["CONNECTIONS_TABLE"], Item=item)

    def wake_ups(self) -> int:
        """How many wake-ups lie in the queue; they are taken out."""
        return len(
            self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", [])
        )

    def keys(self, bucket: str) -> list[str]:
        """The keys in one of our buckets, named by its variable."""
        return [o["Key"] for o in self.s3.list_objects_v2(Bucket=CHOSEN[bucket]).get("Contents", [])]


def _forget(wiring: Any) -> None:
    for factory in vars(wiring).values():
        if hasattr(factory, "cache_clear"):
            factory.cache_clear()
