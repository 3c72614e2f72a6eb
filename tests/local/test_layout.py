"""A stack from an older layout of the templates: what moved to another nested stack moves, and the data stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local import layout
from local.stack import deploy
from tests.local.conftest import App

pytestmark = pytest.mark.stack

TABLE = """
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      TableName: layout-table
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
"""
BUCKET = "\n  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: layout-bucket}}\n"
QUEUE = "\n  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: layout-queue}}\n"
OLD = {"storage": TABLE, "everything": BUCKET + QUEUE}
NEW = {"storage": TABLE + BUCKET, "room": QUEUE}


def written(root: Path, templates: dict[str, str]) -> Path:
    (root / "templates").mkdir(parents=True)
    front = "Parameters: {EndpointUrl: {Type: String}}\nResources:\n"
    for name, resources in templates.items():
        (root / "templates" / f"{name}.yaml").write_text(f"Resources:{resources}")
        kind = "Type: AWS::CloudFormation::Stack"
        front += f"  {name.capitalize()}: {{{kind}, Properties: {{TemplateURL: templates/{name}.yaml}}}}\n"
    (root / "template.yaml").write_text(front)
    return root


def keys(s3: Any) -> list[str]:
    return [each["Key"] for each in s3.list_objects_v2(Bucket="layout-bucket").get("Contents", [])]


def test_what_moved_moves_and_the_data_stays(app: App, tmp_path: Path) -> None:
    deploy(app.endpoint, parameters={}, stack_name="layout", root=written(tmp_path / "old", OLD))
    db, s3 = app.client("dynamodb"), app.client("s3")
    db.put_item(TableName="layout-table", Item={"id": {"S": "song"}})
    s3.put_object(Bucket="layout-bucket", Key="uploads/song.mp3", Body=b"original")

    deploy(app.endpoint, parameters={}, stack_name="layout", root=written(tmp_path / "new", NEW))

    assert db.get_item(TableName="layout-table", Key={"id": {"S": "song"}})["Item"]
    assert s3.get_object(Bucket="layout-bucket", Key="uploads/song.mp3")["Body"].read() == b"original"
    assert app.client("sqs").get_queue_url(QueueName="layout-queue")
    assert layout.ASIDE not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}


def test_what_an_interrupted_deploy_left_aside_comes_back(app: App, tmp_path: Path) -> None:
    deploy(app.endpoint, parameters={}, stack_name="layout", root=written(tmp_path / "new", NEW))
    s3 = app.client("s3")
    s3.create_bucket(Bucket=layout.ASIDE)
    s3.put_object(Bucket=layout.ASIDE, Key="layout-bucket/uploads/late.mp3", Body=b"late")
    layout.put_back(app.endpoint)
    assert "uploads/late.mp3" in keys(s3)
    assert layout.ASIDE not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
