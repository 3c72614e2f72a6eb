"""The front door and the nested stacks fit: every parameter is passed and used, every output exists."""

from __future__ import annotations

import json
import re

import pytest

from tests.infra.templates import FRONT_DOOR, ROOT, TEMPLATES, references

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


def test_every_output_asked_for_exists_and_every_output_is_asked_for() -> None:
    asked = _outputs_asked_for()
    assert asked
    offered = {(stack, name) for stack in STACKS for name in TEMPLATES[child(stack)].get("Outputs", {})}
    assert asked - offered == set()
    # A subscriber is added to the alarm topic by hand, so its ARN is shown although no stack needs it.
    assert offered - asked == {("Observability", "AlarmTopicArn")}


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_gives_its_tags_to_all_that_is_in_it(stack: str) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in STACKS[stack]["Properties"]["Tags"]}
    assert set(tags) == TAGS
    assert tags["Environment"] == {"Ref": "Environment"}


def test_the_deploy_tags_the_front_door_too() -> None:
    settings = (ROOT / "samconfig.toml").read_text()
    for tag in TAGS:
        assert settings.count(f'"{tag}=') >= 2


def test_five_songs_run_at_once_unless_somebody_says_otherwise() -> None:
    assert FRONT_DOOR["Parameters"]["MaxConcurrentSongs"]["Default"] == 5


def test_the_front_door_offers_what_clients_need() -> None:
    assert set(FRONT_DOOR["Outputs"]) == OUTPUTS


def test_prod_refuses_a_star_and_a_laptop_as_its_origin() -> None:
    rule = FRONT_DOOR["Rules"]["ProdNamesItsOrigin"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Environment"}, "prod"]}
    refused = [one["Assert"]["Fn::Not"][0]["Fn::Equals"][1] for one in rule["Assertions"]]
    assert refused == ["*", FRONT_DOOR["Parameters"]["CorsOrigin"]["Default"]]


@pytest.mark.parametrize(
    ("origin", "fits"),
    [
        ("*", True),
        ("https://studio.example", True),
        ("http://localhost:5173", True),
        ("https://studio.example/", False),
        ("studio.example", False),
        ("https://a.example'", False),
    ],
)
def test_an_origin_is_scheme_and_host(origin: str, fits: bool) -> None:
    pattern = FRONT_DOOR["Parameters"]["CorsOrigin"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, origin)) == fits
