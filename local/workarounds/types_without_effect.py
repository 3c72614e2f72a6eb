"""Symptom: a template with one resource type that ministack does not know fails as a whole.

These types are accepted and do nothing. `EFFECTLESS` is public: it is the list of what a deploy to the local stack
silently leaves out, in addition to the properties in `docs/local.md`.
"""

from __future__ import annotations

from typing import Any

from local import upstream
from local.workarounds import Context

EFFECTLESS = (
    "AWS::ApiGatewayV2::Deployment",
    "AWS::ApiGatewayV2::RouteResponse",
    "AWS::ApiGatewayV2::IntegrationResponse",
    "AWS::Budgets::Budget",
    "AWS::CloudFront::KeyGroup",
    "AWS::CloudFront::PublicKey",
    "AWS::CloudWatch::AnomalyDetector",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::EC2::EIP",
    "AWS::EC2::FlowLog",
    "AWS::EC2::NatGateway",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "AWS::Logs::QueryDefinition",
    "AWS::ResourceGroups::Group",
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::StepFunctions::StateMachineVersion",
    "AWS::WAFv2::WebACLAssociation",
    "AWS::XRay::Group",
    "AWS::XRay::SamplingRule",
)


def check() -> None:
    upstream.need(upstream.module("services.cloudformation.provisioners"), "_RESOURCE_HANDLERS", by=__name__)


def apply(_: Context) -> None:
    handlers = upstream.module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    for kind in EFFECTLESS:
        handlers.setdefault(kind, {"create": _create, "update": _update, "delete": _delete})


def _create(logical_id: str, _: Any, stack_name: str) -> tuple[str, dict[str, str]]:
    name = f"{stack_name}-{logical_id}"[:60]
    arn = f"arn:aws:local:us-east-1:000000000000:{stack_name}/{logical_id}"
    return name, {"Arn": arn, "Id": logical_id, "DeploymentId": logical_id}


def _update(physical_id: str, _: Any, __: Any, stack_name: str) -> tuple[str, dict[str, str]]:
    return physical_id, _create(physical_id.removeprefix(f"{stack_name}-"), None, stack_name)[1]


def _delete(_: str, __: Any) -> None:
    return None
