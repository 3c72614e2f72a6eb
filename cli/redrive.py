"""`unplugd redrive`: send dead letters back to where they failed, and let dead measurements wait again.

Every consumer tolerates an event that comes twice or late (docs/reliability.md), so this may be run at any time, and
again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import session as sessions
from cli.console import Console
from cli.songfile import Refused

_SUFFIX = "-dlq"
_MEASURE_QUEUE = "-measure-queue"
# Longer than sending one batch takes: letters that are not sent back become visible again.
_HIDDEN_S = 60
# An event that fails again comes back to its queue. A run that finds this many is sending in a circle.
_MOST = 10_000


class Unknown(Exception):
    """A dead letter that is of no form we know, or not of this deployment; it stays where it is."""


@dataclass(frozen=True)
class Outcome:
    """How many letters of one queue were sent back, and why others were not."""

    queue: str
    sent: int
    kept: tuple[str, ...]


def run(data: Path | None, *, aws: str | None, app: str) -> int:
    """Send every dead letter back: of the local stack, or of the deployment `aws` (dev, prod) with the credentials that
    boto3 finds. 1 when one had to stay."""
    import boto3

    console = Console()
    if aws:
        return _report(boto3.client, f"{app}-{aws}", console)
    from local.datadir import REGION, DataDir
    from local.stack import Endpoint

    with sessions.use(sessions.data_folder(data), console.say) as session:
        keys, port = DataDir(session.data_dir).keys(), int(session.url.rpartition(":")[2])
        endpoint = Endpoint(
            session.url, port, REGION, keys.access_key, keys.secret_key, session.data_dir, session.pid
        )
        return _report(endpoint.client, sessions.STACK_NAME, console)


def _report(client: Callable[[str], Any], prefix: str, console: Console) -> int:
    functions = client("lambda")
    outcomes = redrive(client("sqs"), functions, prefix)
    if not outcomes:
        raise Refused(f"There is no dead-letter queue of {prefix} here.")
    for outcome in outcomes:
        console.say(f"{outcome.queue:<36} {outcome.sent} sent back, {len(outcome.kept)} kept")
        for reason in outcome.kept:
            console.say(f"  {reason}")
    console.say(f"{prefix + _MEASURE_QUEUE:<36} {measurements(functions, prefix)} wait again")
    return 1 if any(outcome.kept for outcome in outcomes) else 0


def redrive(sqs: Any, functions: Any, prefix: str) -> list[Outcome]:
    """Empty every `{prefix}-…-dlq`. `sqs`, `functions`: boto3 clients; `prefix`: `{app}-{env}`."""
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=f"{prefix}-")
    urls = sorted(url for page in pages for url in page.get("QueueUrls", []) if url.endswith(_SUFFIX))
    return [_empty(sqs, functions, url, prefix) for url in urls]


def measurements(functions: Any, prefix: str) -> int:
    """Let dead measurements wait again. Answers how many. `functions`: boto3's client of Lambda."""
    answer = functions.invoke(
        FunctionName=f"{prefix}-maintain-measurements",
        InvocationType="RequestResponse",
        Payload=json.dumps({"redrive": True}).encode(),
    )
    said = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise Refused(f"The dead measurements could not be revived: {said.get('errorMessage')}")
    return int(said["revived"])


def _empty(sqs: Any, functions: Any, url: str, prefix: str) -> Outcome:
    sent, kept = 0, []
    for letter in _letters(sqs, url):
        try:
            _send_back(letter, sqs, functions, url, prefix)
        except Exception as fault:  # one letter that cannot be sent must not keep back the others
            kept.append(f"{letter['MessageId']}: {type(fault).__name__}: {fault}")
            continue
        # Deleted only now: a command that dies in between leaves it to be sent twice, which does no harm.
        sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
        sent += 1
    return Outcome(url.rsplit("/", 1)[1], sent, tuple(kept))


def _letters(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    """The letters of a queue, each once."""
    seen: set[str] = set()
    while len(seen) < _MOST:
        got = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_HIDDEN_S,
            WaitTimeSeconds=1,  # asks every server of the queue, not a few of them
            MessageAttributeNames=["All"],
        )
        fresh = [letter for letter in got.get("Messages", []) if letter["MessageId"] not in seen]
        if not fresh:
            return
        seen |= {letter["MessageId"] for letter in fresh}
        yield from fresh


def _send_back(letter: Mapping[str, Any], sqs: Any, functions: Any, url: str, prefix: str) -> None:
    body = letter["Body"]
    failed = _read(body)
    target = letter.get("MessageAttributes", {}).get("TARGET_ARN", {}).get("StringValue")
    if "requestPayload" in failed:  # Lambda gave up: the function and its event are in the envelope
        arn = str(failed.get("requestContext", {}).get("functionArn", ""))
        _invoke(functions, arn, failed["requestPayload"], prefix)
    elif target and ":sqs:" in target:  # EventBridge could not reach the target of a rule
        _send(sqs, target.rsplit(":", 1)[1], body, prefix)
    elif target:
        _invoke(functions, target, failed, prefix)
    else:  # SQS gave up on a message of the queue that this one is named after
        _send(sqs, url.rsplit("/", 1)[1].removesuffix(_SUFFIX), body, prefix)


def _read(body: str) -> Mapping[str, Any]:
    try:
        read = json.loads(body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _invoke(functions: Any, arn: str, event: Any, prefix: str) -> None:
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "lambda" or not parts[6].startswith(f"{prefix}-"):
        raise Unknown(f"no function of {prefix}: {arn or 'unnamed'}")
    functions.invoke(FunctionName=parts[6], InvocationType="Event", Payload=json.dumps(event).encode())


def _send(sqs: Any, name: str, body: str, prefix: str) -> None:
    if not name.startswith(f"{prefix}-"):
        raise Unknown(f"no queue of {prefix}: {name}")
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody=body)
