"""Tables, buckets, queues: what the local stack drops without a word is asserted here."""

from __future__ import annotations

import re
from typing import Any

import pytest

from task.checkpoints import TAG
from tests.infra.templates import ROOT, Resource, resource, resources, statements
from unplugd.uploads.rules import ORIGINALS_KEPT

TABLES = resources("AWS::DynamoDB::Table")
BUCKETS = resources("AWS::S3::Bucket")
QUEUES = resources("AWS::SQS::Queue")
DEAD_LETTERS = [queue for queue in QUEUES if queue.name.endswith("DeadLetters")]
ORIGIN = {"Ref": "CorsOrigin"}


def refuses_plain_http(document: dict[str, Any]) -> bool:
    return any(
        one["Effect"] == "Deny"
        and one["Principal"] == "*"
        and one["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for one in statements(document)
    )


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_table_is_on_demand_encrypted_and_recoverable(table: Resource) -> None:
    assert table.properties["BillingMode"] == "PAY_PER_REQUEST"
    assert table.properties["SSESpecification"] == {"SSEEnabled": True}
    assert table.properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_tables_have_the_keys_that_the_code_asks_for() -> None:
    def keys(schema: list[dict[str, str]]) -> list[str]:
        return [part["AttributeName"] for part in sorted(schema, key=lambda part: part["KeyType"])]

    found = {
        table.name: (
            keys(table.properties["KeySchema"]),
            {
                index["IndexName"]: keys(index["KeySchema"])
                for index in table.properties.get("GlobalSecondaryIndexes", [])
            },
        )
        for table in TABLES
    }
    assert found == {
        "SongsTable": (
            ["userId", "songId"],
            {
                "StatusIndex": ["userId", "statusSongId"],
                "LineIndex": ["line", "lineKey"],
                "NameIndex": ["userId", "nameKey"],
            },
        ),
        "ConnectionsTable": (["connectionId"], {"UserIndex": ["userId", "connectionId"]}),
        "SlotsTable": (["slotId"], {}),
        "MeasureQueueTable": (
            ["userId", "job"],
            {"WorkIndex": ["work", "place"], "JobIndex": ["jobId", "job"]},
        ),
        "SessionsTable": (["userId", "sessionId"], {"WorkIndex": ["work", "updatedAt"]}),
        "SongDetailsTable": (["userId", "songId"], {}),
        "PracticeTable": (["userId", "item"], {"DueIndex": ["userId", "dueKey"]}),
    }


def test_the_queue_reads_only_what_its_index_holds() -> None:
    """A query of an index fetches nothing from the table: an attribute that is not in the index reads as absent."""
    songs = resource("storage", "SongsTable").properties
    (index,) = [one for one in songs["GlobalSecondaryIndexes"] if one["IndexName"] == "LineIndex"]
    keys = {part["AttributeName"] for part in [*songs["KeySchema"], *index["KeySchema"]]}
    assert index["Projection"]["ProjectionType"] == "INCLUDE"
    held = {*keys, *index["Projection"]["NonKeyAttributes"]}
    source = (ROOT / "functions/unplugd/aws/queue_index.py").read_text()
    (readers,) = re.findall(r"_READERS = \{(.+?)\}", source, re.DOTALL)
    names = {*re.findall(r'row\["(\w+)"\]', source), *re.findall(r'"(\w+)":', readers)}
    assert {"userId", "songId", "queuedAt"} <= names <= held
    assert set(index["Projection"]["NonKeyAttributes"]) <= names


def test_rows_that_may_expire_do() -> None:
    expiring = {table.name for table in TABLES if "TimeToLiveSpecification" in table.properties}
    assert expiring == {"SongsTable", "ConnectionsTable", "MeasureQueueTable"}
    for name in expiring:
        ttl = resource("storage", name).properties["TimeToLiveSpecification"]
        assert ttl == {"AttributeName": "ttl", "Enabled": True}


def test_a_library_survives_a_mistake_with_its_stack() -> None:
    assert resource("storage", "SongsTable").properties["DeletionProtectionEnabled"] == {
        "Fn::If": ["IsProd", True, False]
    }
    for kept in ("SongsTable", "MeasureQueueTable", "OutputBucket"):
        assert resource("storage", kept).body["UpdateReplacePolicy"] == "Retain"
        assert resource("storage", kept).body["DeletionPolicy"] == "RetainExceptOnCreate"


@pytest.mark.parametrize("bucket", BUCKETS, ids=str)
def test_a_bucket_is_private_encrypted_and_tls_only(bucket: Resource) -> None:
    assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket.properties["PublicAccessBlockConfiguration"]) == 4
    rules = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rules == [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    assert bucket.properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    policy = resource(bucket.template, f"{bucket.name}Policy").properties
    assert policy["Bucket"] == {"Ref": bucket.name}
    assert refuses_plain_http(policy["PolicyDocument"])


def test_only_our_origin_may_send_originals_and_read_results() -> None:
    uploads = resource("storage", "UploadsBucket").properties["CorsConfiguration"]["CorsRules"]
    assert [(rule["AllowedOrigins"], rule["AllowedMethods"]) for rule in uploads] == [
        ([ORIGIN], ["PUT", "GET"])
    ]
    assert {"content-type", "if-none-match"} <= set(uploads[0]["AllowedHeaders"])

    output = resource("storage", "OutputBucket").properties["CorsConfiguration"]["CorsRules"]
    assert [(rule["AllowedOrigins"], rule["AllowedMethods"]) for rule in output] == [
        ([ORIGIN], ["GET", "HEAD"])
    ]
    assert "range" in output[0]["AllowedHeaders"]
    exposed = {"ETag", "Content-Range", "Accept-Ranges", "Content-Length"}
    assert exposed <= set(output[0]["ExposedHeaders"])


def test_originals_end_and_half_sent_parts_too() -> None:
    rules = {
        rule["Id"]: rule
        for rule in resource("storage", "UploadsBucket").properties["LifecycleConfiguration"]["Rules"]
    }
    assert rules["every-original"]["ExpirationInDays"] == ORIGINALS_KEPT.days == 8
    assert rules["every-original"]["Prefix"] == "uploads/"
    for bucket in BUCKETS:
        ending = bucket.properties["LifecycleConfiguration"]["Rules"]
        unfinished = [rule for rule in ending if "AbortIncompleteMultipartUpload" in rule]
        assert [rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] for rule in unfinished] == [1]
        assert {rule["Status"] for rule in ending} == {"Enabled"}


def test_results_never_expire_but_checkpoints_do() -> None:
    rules = resource("storage", "OutputBucket").properties["LifecycleConfiguration"]["Rules"]
    (expiring,) = [rule for rule in rules if "ExpirationInDays" in rule]
    # By the tag that the task gives them, and by nothing that a result could have too.
    (tag,) = expiring["TagFilters"]
    assert f"{tag['Key']}={tag['Value']}" == TAG
    assert set(expiring) == {"Id", "Status", "TagFilters", "ExpirationInDays"}
    assert expiring["ExpirationInDays"] == 2
    policies = resource("compute", "DemucsTaskRole").properties["Policies"]
    allowed = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    (tagging,) = [each for each in allowed if "s3:PutObjectTagging" in each["Action"]]
    assert tagging["Resource"]["Fn::Sub"].endswith("/output/*/checkpoints/*")


def test_an_upload_reaches_the_validator_by_a_rule() -> None:
    bucket = resource("storage", "UploadsBucket").properties
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    rule = resource("uploads", "UploadArrivedRule").properties
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [{"Ref": "UploadsBucketName"}]},
            "object": {"key": [{"prefix": "uploads/"}]},
        },
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["ValidateUploadFunction", "Arn"]}
    permission = resource("uploads", "ValidateUploadPermission").properties
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"] == {"Fn::GetAtt": ["UploadArrivedRule", "Arn"]}


@pytest.mark.parametrize("queue", QUEUES, ids=str)
def test_a_queue_is_encrypted_and_tls_only(queue: Resource) -> None:
    assert queue.properties["SqsManagedSseEnabled"] is True
    policy = resource(queue.template, f"{queue.name}Policy").properties
    assert policy["Queues"] == [{"Ref": queue.name}]
    assert refuses_plain_http(policy["PolicyDocument"])


@pytest.mark.parametrize("queue", DEAD_LETTERS, ids=str)
def test_dead_letters_are_kept_long_and_alarmed(queue: Resource) -> None:
    assert queue.properties["MessageRetentionPeriod"] == 14 * 24 * 3600
    alarm = resource(queue.template, f"{queue.name}Alarm").properties
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue.name, "QueueName"]}}]
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 0)


def test_a_wake_up_is_hidden_six_timeouts_then_a_dead_letter() -> None:
    wake = resource("queue", "WakeQueue").properties
    starter = resource("queue", "StartProcessingFunction").properties
    assert wake["VisibilityTimeout"] >= 6 * starter["Timeout"]
    assert wake["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["WakeDeadLetters", "Arn"]}
    reading = resource("queue", "WakeUps").properties
    assert reading["EventSourceArn"] == {"Fn::GetAtt": ["WakeQueue", "Arn"]}
    assert reading["BatchSize"] == 10
    assert reading["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert reading["ScalingConfig"] == {"MaximumConcurrency": 2}


@pytest.mark.parametrize("rule", resources("AWS::Events::Rule"), ids=str)
def test_a_rule_loses_nothing(rule: Resource) -> None:
    (target,) = rule.properties["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": {"Ref": "RuleDeadLettersArn"}}
    (allowed,) = [
        one
        for one in statements(resource("observability", "RuleDeadLettersPolicy").properties["PolicyDocument"])
        if one["Effect"] == "Allow"
    ]
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    pattern = allowed["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]
    assert pattern.endswith(":rule/${AppName}-${Environment}-*")
    assert rule.properties["Name"]["Fn::Sub"].startswith("${AppName}-${Environment}-")


@pytest.mark.parametrize("name", ["ExecutionEndedRule", "EachMinuteRule"])
def test_a_rule_wakes_the_queue(name: str) -> None:
    (target,) = resource("queue", name).properties["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["WakeQueue", "Arn"]}
    (allowed,) = [
        one
        for one in statements(resource("queue", "WakeQueuePolicy").properties["PolicyDocument"])
        if one["Effect"] == "Allow"
    ]
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert {"Fn::GetAtt": [name, "Arn"]} in allowed["Condition"]["ArnEquals"]["aws:SourceArn"]


def test_every_end_of_an_execution_wakes_the_line() -> None:
    pattern = resource("queue", "ExecutionEndedRule").properties["EventPattern"]
    assert pattern["detail"] == {
        "status": ["SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"],
        "stateMachineArn": [{"Ref": "StateMachineArn"}],
    }
