"""Dead letters of each form, sent back to where they failed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from cli.redrive import measurements, redrive
from cli.songfile import Refused
from tests.cloud import ROOT, session
from tests.documents import template_from

PREFIX = "unplugd-dev"
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:"
LAMBDA_ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


class Functions:
    """Lambda, as far as it is asked."""

    def __init__(self) -> None:
        self.called: list[tuple[str, Any]] = []

    def invoke(self, **asked: Any) -> None:
        assert asked["InvocationType"] == "Event"
        if asked["FunctionName"].endswith("-gone"):
            raise LookupError(asked["FunctionName"])
        self.called.append((asked["FunctionName"], json.loads(asked["Payload"])))


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = session().client("sqs")
        # moto's queue has one server: an empty answer need not wait for another.
        client.meta.events.register(
            "before-parameter-build.sqs.ReceiveMessage", lambda params, **_: params.update(WaitTimeSeconds=0)
        )
        for name in ("wake", "wake-dlq", "rule-dlq", "validate-upload-dlq", "send-progress-dlq"):
            client.create_queue(QueueName=f"{PREFIX}-{name}")
        client.create_queue(QueueName="unplugd-prod-wake-dlq")
        yield client


def put(sqs: Any, queue: str, body: Any, target: str | None = None) -> None:
    attributes = {"TARGET_ARN": {"DataType": "String", "StringValue": target}} if target else {}
    text = body if isinstance(body, str) else json.dumps(body)
    sqs.send_message(QueueUrl=_url(sqs, queue), MessageBody=text, MessageAttributes=attributes)


def bodies(sqs: Any, queue: str) -> list[str]:
    got = sqs.receive_message(QueueUrl=_url(sqs, queue), MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in got.get("Messages", [])]


def _url(sqs: Any, queue: str) -> str:
    return str(sqs.get_queue_url(QueueName=f"{PREFIX}-{queue}")["QueueUrl"])


def envelope(function: str, event: Any) -> dict[str, Any]:
    """What Lambda sends to a failure destination."""
    return {
        "version": "1.0",
        "requestContext": {"functionArn": f"{LAMBDA_ARN}{function}:$LATEST", "condition": "RetriesExhausted"},
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
    }


def test_a_wake_up_goes_back_to_its_queue(sqs: Any) -> None:
    put(sqs, "wake-dlq", {"wake": True})
    outcomes = {o.queue: (o.sent, o.kept) for o in redrive(sqs, Functions(), PREFIX)}
    assert outcomes[f"{PREFIX}-wake-dlq"] == (1, ())
    assert (bodies(sqs, "wake"), bodies(sqs, "wake-dlq")) == (['{"wake": true}'], [])


def test_what_lambda_gave_up_on_goes_back_to_its_function(sqs: Any) -> None:
    functions = Functions()
    for n in range(25):
        put(sqs, "validate-upload-dlq", envelope(f"{PREFIX}-validate-upload", {"Records": [n]}))
    put(sqs, "send-progress-dlq", envelope(f"{PREFIX}-send-progress", {"progress": 7}))
    put(sqs, "rule-dlq", envelope(f"{PREFIX}-sweep-deleted", {"source": "aws.events"}))
    redrive(sqs, functions, PREFIX)
    assert sorted(
        e["Records"][0] for name, e in functions.called if name == f"{PREFIX}-validate-upload"
    ) == list(range(25))
    assert (f"{PREFIX}-send-progress", {"progress": 7}) in functions.called
    assert (f"{PREFIX}-sweep-deleted", {"source": "aws.events"}) in functions.called
    assert all(bodies(sqs, q) == [] for q in ("validate-upload-dlq", "send-progress-dlq", "rule-dlq"))


def test_what_a_rule_could_not_deliver_goes_to_the_rule_s_target(sqs: Any) -> None:
    functions, ended = Functions(), {"detail": {"executionArn": "e", "status": "SUCCEEDED"}}
    put(sqs, "rule-dlq", ended, f"{QUEUE_ARN}{PREFIX}-wake")
    put(sqs, "rule-dlq", {"source": "aws.events"}, f"{LAMBDA_ARN}{PREFIX}-sweep-deleted")
    redrive(sqs, functions, PREFIX)
    assert [json.loads(body) for body in bodies(sqs, "wake")] == [ended]
    assert functions.called == [(f"{PREFIX}-sweep-deleted", {"source": "aws.events"})]


def test_a_letter_that_cannot_be_sent_does_not_stop_the_others(sqs: Any) -> None:
    functions = Functions()
    put(sqs, "rule-dlq", envelope(f"{PREFIX}-gone", {}))
    put(sqs, "rule-dlq", envelope("somebody-else", {}))
    put(sqs, "rule-dlq", {}, f"{QUEUE_ARN}somebody-else")
    put(sqs, "rule-dlq", envelope(f"{PREFIX}-sweep-deleted", {}))
    outcome = next(o for o in redrive(sqs, functions, PREFIX) if o.queue.endswith("rule-dlq"))
    assert (outcome.sent, len(outcome.kept)) == (1, 3)
    depth = sqs.get_queue_attributes(QueueUrl=_url(sqs, "rule-dlq"), AttributeNames=["All"])["Attributes"]
    assert depth["ApproximateNumberOfMessagesNotVisible"] == "3"


def test_another_deployment_is_left_alone(sqs: Any) -> None:
    url = sqs.get_queue_url(QueueName="unplugd-prod-wake-dlq")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    assert "unplugd-prod-wake-dlq" not in {o.queue for o in redrive(sqs, Functions(), PREFIX)}
    assert len(sqs.receive_message(QueueUrl=url).get("Messages", [])) == 1


def test_every_dead_letter_queue_has_an_alarm_and_is_emptied() -> None:
    """`redrive` goes by name: a queue that is called otherwise would never be emptied."""
    resources = {}
    for path in (ROOT / "templates").glob("*.yaml"):
        resources |= template_from(path.read_text())["Resources"]
    dead = {
        name for name, one in resources.items() if "DeadLetters" in name and one["Type"] == "AWS::SQS::Queue"
    }
    assert len(dead) == 6
    for name in dead:
        assert resources[name]["Properties"]["QueueName"]["Fn::Sub"].endswith("-dlq")
        assert f"{name}Alarm" in resources


class Maintenance:
    """Lambda, for the one function that revives dead measurements."""

    def __init__(self, answer: dict[str, Any], error: str | None = None) -> None:
        self.asked: dict[str, Any] = {}
        self._answer = {"Payload": io.BytesIO(json.dumps(answer).encode())}
        self._answer |= {"FunctionError": error} if error else {}

    def invoke(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        return self._answer


def test_dead_measurements_wait_again() -> None:
    functions = Maintenance({"revived": 3})
    assert measurements(functions, PREFIX) == 3
    assert functions.asked["FunctionName"] == f"{PREFIX}-maintain-measurements"
    assert json.loads(functions.asked["Payload"]) == {"redrive": True}


def test_a_fault_of_reviving_is_said() -> None:
    functions = Maintenance({"errorMessage": "Could not change the measure queue just now."}, "Unhandled")
    with pytest.raises(Refused, match="measure queue"):
        measurements(functions, PREFIX)
