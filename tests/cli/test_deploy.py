"""`unplugd deploy`: the steps in their order, what it refuses, and that it can be run again."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from cli.aws import deploy, preflight
from cli.aws.words import parameters
from cli.console import Console
from cli.songfile import Refused
from tests.cli.aws_account import Account

COMMIT = "9d624b8"


class World:
    """An account, and the programs that a deploy runs there."""

    def __init__(self) -> None:
        self.account = Account()
        self.ran: list[tuple[str, dict[str, str]]] = []
        self.changes = ""
        self.smoked = 0
        self.said = io.StringIO()

    def command(self, words: Sequence[str], variables: Mapping[str, str], stdin: str | None = None) -> str:
        line = " ".join(words)
        if line.startswith("$ git status"):
            return self.changes
        if line.startswith("$ git rev-parse"):
            return COMMIT
        self.ran.append((line, dict(variables)))
        if line == "make deploy":
            given = dict(one.partition("=")[::2] for one in variables["PARAMETERS"].split())
            self.account.add(f"unplugd-{variables['ENV']}", **given)
        if line.startswith("docker push"):
            self.account.images.add(line.rpartition("/")[2])
        return "secret"

    def run(
        self, env: str = "dev", *, ask: Any = lambda _: True, engine: str = "preview", **given: str
    ) -> str:
        return deploy.run(
            self.account,
            env,
            app="unplugd",
            given=given,
            engine=engine,
            console=Console(self.said),
            ask=ask,
            smoke=self._smoke,
            command=self.command,
            look=lambda client, wanted: preflight.look(client, wanted, which=lambda name: name),
        )

    def _smoke(self) -> None:
        self.smoked += 1

    def lines(self) -> list[str]:
        return [line for line, _ in self.ran]


@pytest.fixture
def world() -> World:
    return World()


def test_a_first_deploy_ends_with_a_song(world: World) -> None:
    assert world.run() == "https://page.example"
    names = [" ".join(line.split(" ")[:2]) for line in world.lines()]
    pushed = ["docker tag", "docker push"] * 2
    assert names == [
        "make deploy",
        "make images",
        "$ aws",
        "docker login",
        *pushed,
        "make deploy-web",
        "make deploy",
    ]
    first, second = (variables["PARAMETERS"] for line, variables in world.ran if line == "make deploy")
    assert first == f"ImageTag={COMMIT} Zones=us-east-1a,us-east-1c,us-east-1d"
    assert "CorsOrigin=https://page.example" in second
    assert world.smoked == 1


def test_a_second_deploy_keeps_what_was_chosen_before(world: World) -> None:
    world.run(SongsADay="50", AlarmEmail="me@studio.example")
    world.ran.clear()
    world.run(SongsADay="20")
    (again,) = [variables["PARAMETERS"] for line, variables in world.ran if line == "make deploy"]
    assert {"SongsADay=20", "AlarmEmail=me@studio.example", "CorsOrigin=https://page.example"} <= set(
        again.split()
    )
    assert not any(line.startswith("docker") for line in world.lines())


def test_a_later_deploy_pushes_its_images_first(world: World) -> None:
    world.run()
    world.ran.clear()
    world.run(ImageTag="later")
    names = [" ".join(line.split(" ")[:2]) for line in world.lines()]
    assert names.count("docker push") == 2
    assert names.index("docker push") < names.index("make deploy")


def test_nothing_is_deployed_where_something_is_broken(world: World) -> None:
    world.account.has_ecs_role = False
    with pytest.raises(Refused, match="Nothing was deployed"):
        world.run()
    assert world.ran == []
    assert "aws iam create-service-linked-role" in world.said.getvalue()


def test_a_no_stops_before_the_step(world: World) -> None:
    with pytest.raises(Refused, match="Stopped"):
        world.run(ask=lambda _: False)
    assert world.ran == []


def test_images_need_a_commit(world: World) -> None:
    world.changes = " M template.yaml"
    with pytest.raises(Refused, match="not committed"):
        world.run()
    world.run(ImageTag="mine")


def test_a_first_deploy_that_failed_is_cleared_away(world: World) -> None:
    world.account.add("unplugd-dev", "ROLLBACK_COMPLETE", SongsADay="50")
    world.run()
    assert world.account.calls == ["delete unplugd-dev"]
    assert world.smoked == 1


def test_prod_begins_without_the_address_of_its_page(world: World) -> None:
    world.run("prod", AlarmEmail="ops@studio.example")
    first = next(variables["PARAMETERS"] for line, variables in world.ran if line == "make deploy")
    assert f"CorsOrigin={deploy.NOT_YET}" in first


def test_too_small_a_quota_is_said_with_the_command_that_helps(world: World) -> None:
    findings = list(preflight.look(world.account, {"MaxConcurrentSongs": "2"}, which=lambda name: name))
    short = [one for one in findings if "need 8" in one.text]
    assert [one.state for one in short] == ["note", "note"]
    assert "--quota-code L-36FBB829 --desired-value 8" in short[0].advice


def test_a_missing_program_is_named(world: World) -> None:
    findings = preflight.look(world.account, {}, which=lambda name: None if name == "docker" else name)
    assert [one.text for one in findings if one.state == "broken"] == [
        "docker is not on the PATH; it builds the task images."
    ]


@pytest.mark.parametrize("wrong", ["SongsADay", "SongsADay=", "A=b c", "=5"])
def test_a_parameter_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(Refused, match="NAME=VALUE"):
        parameters([wrong])
    assert parameters(["SongsADay=5"]) == {"SongsADay": "5"}
