"""What a deploy does: nested SAM templates, their updates, properties ministack drops, and readable failures."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import httpx
import pytest

from local.stack import DeployFailed, deploy
from tests.local.conftest import APP, ORIGIN, App

pytestmark = pytest.mark.stack


def test_nested_sam_templates_are_transformed(app: App) -> None:
    stacks = app.client("cloudformation").list_stacks()["StackSummaries"]
    assert {stack["StackStatus"] for stack in stacks} <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    assert len(stacks) == 3


def test_the_api_reaches_the_function_and_the_table(app: App) -> None:
    with httpx.Client(trust_env=False) as http:
        url = f"{app.outputs['ApiUrl']}/items/first"
        assert http.get(url).status_code == 404
        assert http.post(url, content="hello").json()["item"] == {"id": "first", "body": "hello"}
    item = app.item("first")
    assert item["body"] == {"S": "hello"}


def test_the_gateways_own_refusal_has_cors_headers(app: App) -> None:
    with httpx.Client(trust_env=False) as http:
        answer = http.get(f"{app.outputs['ApiUrl']}/nothing/here", headers={"Origin": ORIGIN})
    assert answer.status_code in (403, 404)
    assert answer.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(
    ("body", "status"), [('{"text": "hi"}', 200), ("{}", 400), ("[]", 400), ("{", 400), ("", 400)]
)
def test_the_gateway_refuses_a_body_its_model_does_not_allow(app: App, body: str, status: int) -> None:
    with httpx.Client(trust_env=False) as http:
        url = f"{app.outputs['ApiUrl']}/notes/{status}-{len(body)}"
        answer = http.post(url, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert (app.item(f"{status}-{len(body)}") is None) == (status == 400)


def test_time_to_live_is_on(app: App) -> None:
    answer = app.client("dynamodb").describe_time_to_live(TableName=app.outputs["TableName"])
    assert answer["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}


def test_concurrency_and_dead_letter_queue_of_a_function(app: App) -> None:
    functions = app.client("lambda")
    reserved = functions.get_function_concurrency(FunctionName="tiny-item")
    assert reserved["ReservedConcurrentExecutions"] == 7
    configuration = functions.get_function_configuration(FunctionName="tiny-item")
    assert configuration["DeadLetterConfig"]["TargetArn"].endswith(":tiny-failed")


def test_unchanged_is_quick_and_changed_is_an_update(app: App) -> None:
    began = time.perf_counter()
    assert deploy(app.endpoint, parameters={}, stack_name="tiny", root=APP) == app.outputs
    assert time.perf_counter() - began < 2
    changed = deploy(app.endpoint, parameters={"Note": "second"}, stack_name="tiny", root=APP)
    assert changed == app.outputs
    with httpx.Client(trust_env=False) as http:
        note = http.get(f"{app.outputs['ApiUrl']}/items/x").json()["note"]
    assert note == "second"


def test_a_changed_api_keeps_its_address(app: App, tmp_path: Path) -> None:
    root = tmp_path / "changed"
    shutil.copytree(APP, root)
    template = root / "templates" / "app.yaml"
    template.write_text(template.read_text().replace('"/items/{id}"', '"/things/{id}"'))
    with httpx.Client(trust_env=False) as http:
        assert deploy(app.endpoint, parameters={}, stack_name="tiny", root=root) == app.outputs
        assert http.get(f"{app.outputs['ApiUrl']}/things/x").status_code == 404
        assert http.get(f"{app.outputs['ApiUrl']}/things/x").json()["item"] is None
        assert deploy(app.endpoint, parameters={}, stack_name="tiny", root=APP) == app.outputs
        assert http.get(f"{app.outputs['ApiUrl']}/items/x").json()["note"] == "first"


def test_cloudformation_itself_sees_no_change(app: App) -> None:
    deploy(app.endpoint, parameters={}, stack_name="tiny", root=APP)
    (app.endpoint.data_dir / "deployed-tiny").unlink()  # our own memory of the last deploy
    assert deploy(app.endpoint, parameters={}, stack_name="tiny", root=APP) == app.outputs


def test_a_failed_deploy_names_the_resource_and_can_be_repeated(app: App, tmp_path: Path) -> None:
    root = tmp_path / "broken"
    root.mkdir()
    whole = """
Parameters: {EndpointUrl: {Type: String}}
Resources:
  Good: {Type: AWS::SQS::Queue}
  Bad:
    Type: AWS::Lambda::Function
    Properties:
      Handler: a.b
      Role: arn:aws:iam::000000000000:role/none
      Code: {ZipFile: "pass"}
      Layers: ["arn:aws:lambda:us-east-1:000000000000:layer:missing:1"]
"""
    (root / "template.yaml").write_text(whole)
    with pytest.raises(DeployFailed, match=r"^Deploying broken failed: Bad \(AWS::Lambda::Function\): "):
        deploy(app.endpoint, parameters={}, stack_name="broken", root=root)
    (root / "template.yaml").write_text(whole.split("  Bad:")[0])
    assert deploy(app.endpoint, parameters={}, stack_name="broken", root=root) == {}


def test_a_failure_in_a_nested_stack_names_the_childs_resource(app: App, tmp_path: Path) -> None:
    root = tmp_path / "deep"
    (root / "templates").mkdir(parents=True)
    (root / "template.yaml").write_text("""
Parameters: {EndpointUrl: {Type: String}}
Resources:
  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: templates/child.yaml}}
""")
    (root / "templates" / "child.yaml").write_text("""
Resources:
  Deep:
    Type: AWS::Lambda::Function
    Properties:
      Handler: a.b
      Role: arn:aws:iam::000000000000:role/none
      Code: {ZipFile: "pass"}
      Layers: ["arn:aws:lambda:us-east-1:000000000000:layer:missing:1"]
""")
    with pytest.raises(DeployFailed, match=r"^Deploying deep failed: Deep \(AWS::Lambda::Function\): "):
        deploy(app.endpoint, parameters={}, stack_name="deep", root=root)


def test_a_missing_source_is_one_sentence(app: App, tmp_path: Path) -> None:
    root = tmp_path / "missing"
    shutil.copytree(APP, root)
    shutil.rmtree(root / "functions")
    with pytest.raises(DeployFailed, match=r"^Packaging missing failed: .+"):
        deploy(app.endpoint, parameters={}, stack_name="missing", root=root)
