"""The workflows: what they run is pinned, they may do little, and they deploy only what passed."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.infra.templates import ROOT

FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
WORKFLOWS: dict[str, dict[Any, Any]] = {path.stem: yaml.safe_load(path.read_text()) for path in FILES}


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in WORKFLOWS[name]["jobs"].values() for step in job.get("steps", [])]


def test_there_is_one_for_each_purpose() -> None:
    assert set(WORKFLOWS) == {"ci", "images", "deploy", "release"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_read_and_no_more(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    more = {right for job in WORKFLOWS[name]["jobs"].values() for right in job.get("permissions", {}).items()}
    assert more <= {("contents", "read"), ("id-token", "write"), ("contents", "write")}
    assert (("contents", "write") in more) == (name == "release")


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_to_a_commit(name: str) -> None:
    used = [step["uses"] for step in steps(name) if "uses" in step]
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one)] == []
    for step in steps(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_script_holds_what_an_outsider_can_write(name: str) -> None:
    """`${{ … }}` inside a script is pasted in as code: values come by the environment."""
    assert [step["run"] for step in steps(name) if "${{" in step.get("run", "")] == []
    # YAML reads the key `on` as true.
    assert "pull_request_target" not in WORKFLOWS[name][True]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_job_ends(name: str) -> None:
    jobs = WORKFLOWS[name]["jobs"].values()
    assert all(job["timeout-minutes"] <= 90 for job in jobs if "steps" in job)


def test_ci_runs_what_a_person_runs() -> None:
    assert [step["run"] for step in steps("ci") if "run" in step] == [".ci/run", "make check-aws"]


def test_a_deploy_follows_passed_tests_and_signed_images() -> None:
    jobs = WORKFLOWS["deploy"]["jobs"]
    assert jobs["deploy"]["needs"] == "images"
    assert "workflow_run.conclusion == 'success'" in jobs["images"]["if"]
    assert jobs["deploy"]["environment"] == "${{ inputs.environment || 'dev' }}"
    scripts = " ".join(step.get("run", "") for step in steps("images"))
    assert (
        scripts.index("docker push") < scripts.index("findingSeverityCounts") < scripts.index("cosign sign")
    )


def test_updates_are_asked_for_each_week() -> None:
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    assert {one["package-ecosystem"] for one in updates} == {"github-actions", "npm", "docker"}
    for one in updates:
        for folder in one.get("directories", [one.get("directory")]):
            assert (ROOT / str(folder).lstrip("/")).is_dir()
