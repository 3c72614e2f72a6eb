"""The API serves what was deployed last: a changed parameter reaches its stage, although the template is the same."""

from __future__ import annotations

import json

import pytest

from tests.infra.templates import TEMPLATES, transformed

PARAMETERS = {"CorsOrigin": "https://a.example", "UserPoolArn": "arn:aws:cognito-idp:us-east-1:1:userpool/a"}


def deployed_at(seconds: float, monkeypatch: pytest.MonkeyPatch, **changed: str) -> tuple[str, str]:
    """Transform the API's template at a moment: the deployment's logical id, and the one that the stage serves."""
    monkeypatch.setattr("samtranslator.model.apigateway.time.time", lambda: seconds)
    made = transformed(TEMPLATES["api"], **{**PARAMETERS, **changed})
    stages = [one for one in made["Resources"].values() if one["Type"] == "AWS::ApiGateway::Stage"]
    ids = [name for name, one in made["Resources"].items() if one["Type"] == "AWS::ApiGateway::Deployment"]
    assert len(stages) == len(ids) == 1
    return ids[0], json.dumps(stages[0]["Properties"]["DeploymentId"])


@pytest.mark.parametrize(
    "changed",
    [{"CorsOrigin": "https://b.example"}, {"UserPoolArn": "arn:aws:cognito-idp:us-east-1:1:userpool/b"}, {}],
    ids=["origin", "user pool", "nothing"],
)
def test_a_later_deploy_is_another_deployment(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str]
) -> None:
    first, _ = deployed_at(1_700_000_000, monkeypatch)
    second, served = deployed_at(1_700_000_060, monkeypatch, **changed)
    assert second != first
    assert json.loads(served) == {"Ref": second}
