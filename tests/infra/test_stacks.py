"""The front door and the nested stacks fit: every parameter is passed and used, every output exists."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.infra.templates import FRONT_DOOR, ROOT, TEMPLATES, references, resource

STACKS = FRONT_DOOR["Resources"]
TAGS = {"Environment", "Application", "CostCenter"}
OUTPUTS = {
    "ApiUrl", "WebSocketUrl", "UserPoolId", "UserPoolClientId", "UploadsBucketName", "OutputBucketName",
    "SongsTableName", "StateMachineArn", "WakeQueueUrl", "Region", "WebUrl", "WebBucketName", "WebDistributionId",
}  # fmt: skip


def child(stack: str) -> str:
    return str(STACKS[stack]["Properties"]["TemplateURL"]).removeprefix("templates/").removesuffix(".yaml")


def test_each_template_is_one_nested_stack() -> None:
    assert {stack["Type"] for stack in STACKS.values()} == {"AWS::CloudFormation::Stack"}
    assert sorted(child(stack) for stack in STACKS) == sorted(TEMPLATES)


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_is_named_as_its_template(stack: str) -> None:
    assert stack.lower() == child(stack)


@pytest.mark.parametrize("stack", STACKS)
def test_every_parameter_is_passed_and_used(stack: str) -> None:
    template = TEMPLATES[child(stack)]
    declared = set(template.get("Parameters", {}))
    assert set(STACKS[stack]["Properties"]["Parameters"]) == declared
    used = set(references({key: value for key, value in template.items() if key != "Parameters"}))
    # Environment and AppName go to all, so that a name never needs a new parameter.
    assert declared - used <= {"Environment", "AppName"}


@pytest.mark.parametrize("stack", STACKS)
def test_every_reference_points_at_something(stack: str) -> None:
    template = TEMPLATES[child(stack)]
    known = {*template.get("Parameters", {}), *template["Resources"]}
    assert {name for name in references(template) if not name.startswith("AWS::")} - known == set()


def _outputs_asked_for() -> set[tuple[str, str]]:
    asked = re.findall(r'"Fn::GetAtt": \["(\w+)", "Outputs\.(\w+)"\]', json.dumps(FRONT_DOOR))
    dotted = re.findall(r'"Fn::GetAtt": "(\w+)\.Outputs\.(\w+)"', json.dumps(FRONT_DOOR))
    return {*asked, *dotted}


def test_every_output_exists_and_is_used() -> None:
    asked = _outputs_asked_for()
    assert asked
    offered = {(stack, name) for stack in STACKS for name in TEMPLATES[child(stack)].get("Outputs", {})}
    assert asked - offered == set()
    assert offered - asked == set()


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_gives_its_tags_to_all_that_is_in_it(stack: str) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in STACKS[stack]["Properties"]["Tags"]}
    assert set(tags) == TAGS
    assert tags["Environment"] == {"Ref": "Environment"}


def test_the_deploy_tags_the_front_door_too() -> None:
    settings = (ROOT / "samconfig.toml").read_text()
    for tag in TAGS:
        assert settings.count(f'"{tag}=') >= 2


def test_names_of_the_world_and_the_account_hold_the_region() -> None:
    """Bucket names are unique in the world, CloudFront's in the account: without a Region the second one collides."""
    names = [
        STACKS["Storage"]["Properties"]["Parameters"][bucket]["Fn::If"][1]["Fn::Sub"]
        for bucket in ("UploadsBucketName", "OutputBucketName")
    ]
    web = {name: body["Properties"] for name, body in TEMPLATES["web"]["Resources"].items()}
    names += [
        web["WebBucket"]["BucketName"]["Fn::Sub"],
        web["OriginAccess"]["OriginAccessControlConfig"]["Name"]["Fn::Sub"],
        web["PageRoutes"]["Name"]["Fn::Sub"],
        web["Headers"]["ResponseHeadersPolicyConfig"]["Name"]["Fn::Sub"],
    ]
    longest = {
        "AppName": "a" * 20,
        "Environment": "prod",
        "AWS::Region": "ap-southeast-1",
        "AWS::AccountId": "1" * 12,
    }
    for name in names:
        assert "${AWS::Region}" in name
        assert len(re.sub(r"\$\{([\w:]+)\}", lambda match: longest[match[1]], name)) <= 64 - (
            "AccountId" in name
        )


def test_one_song_runs_unless_the_deployer_asks_for_more() -> None:
    """A new account's Fargate quota is 6 vCPU, a separation takes 4, and a wake-up looks at every running song."""
    slots = FRONT_DOOR["Parameters"]["MaxConcurrentSongs"]
    assert (slots["Default"], slots["MinValue"], slots["MaxValue"]) == (1, 1, 100)
    assert int(resource("compute", "DemucsTask").properties["Cpu"]) == 4 * 1024


def test_the_front_door_offers_what_clients_need() -> None:
    assert set(FRONT_DOOR["Outputs"]) == OUTPUTS


def holds(rule: str, **given: str) -> bool:
    """Evaluate a rule of the front door as CloudFormation does: true when its condition does not apply."""
    values = {name: str(each.get("Default", "")) for name, each in FRONT_DOOR["Parameters"].items()} | given

    def value(node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        ((function, argument),) = node.items()
        if function == "Ref":
            return values[argument]
        if function == "Fn::Equals":
            return value(argument[0]) == value(argument[1])
        assert function == "Fn::Not"
        return not value(argument[0])

    body = FRONT_DOOR["Rules"][rule]
    return not value(body["RuleCondition"]) or all(value(one["Assert"]) for one in body["Assertions"])


PROD = {
    "Environment": "prod",
    "CorsOrigin": "https://studio.example",
    "AlarmEmail": "ops@studio.example",
    "ImageTag": "9d624b8",
}


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({}, set()),
        ({"CorsOrigin": "*"}, {"ProdNamesItsOrigin"}),
        ({"CorsOrigin": "http://localhost:5173"}, {"ProdNamesItsOrigin"}),
        ({"AlarmEmail": ""}, {"ProdHasAlarmEmail"}),
        ({"ImageTag": "latest"}, {"ImagesHaveATag"}),
        ({"ImageTag": "none"}, {"ImagesHaveATag"}),
        ({"Environment": "dev", "AlarmEmail": "", "CorsOrigin": "*"}, set()),
        ({"Environment": "dev", "ImageTag": "latest"}, {"ImagesHaveATag"}),
        ({"Environment": "dev", "ImageTag": "none", "EndpointUrl": "http://127.0.0.1:4566"}, set()),
        ({"WebDomain": "studio.example"}, {"DomainHasCertificate"}),
        ({"MailFrom": "no-reply@studio.example"}, {"MailHasAnIdentity"}),
        ({"MonthlyBudget": "20"}, set()),
        ({"Environment": "dev", "AlarmEmail": "", "MonthlyBudget": "20"}, {"BudgetHasAReader"}),
    ],
)
def test_a_deploy_that_cannot_be_meant_is_refused(changed: dict[str, str], broken: set[str]) -> None:
    assert {rule for rule in FRONT_DOOR["Rules"] if not holds(rule, **{**PROD, **changed})} == broken


@pytest.mark.parametrize(
    ("origin", "fits"),
    [
        ("*", True),
        ("https://studio.example", True),
        ("http://localhost:5173", True),
        ("http://127.0.0.1:8080", True),
        ("http://studio.example", False),
        ("http://localhost.example", False),
        ("https://studio.example/", False),
        ("studio.example", False),
        ("https://a.example'", False),
    ],
)
def test_an_origin_is_scheme_and_host(origin: str, fits: bool) -> None:
    pattern = FRONT_DOOR["Parameters"]["CorsOrigin"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, origin)) == fits
