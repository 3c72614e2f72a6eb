"""`unplugd deploy --env ENV`: from an account to a page that answers, step by step. Each step may be repeated."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cli.aws import preflight
from cli.aws.deployment import Client, Deployment, find, need
from cli.console import Console
from cli.songfile import Refused

STAGES = ("demucs", "whisper")
NOT_YET = "https://not-yet.example"  # where prod's page is, until CloudFront has named it
_SIGNS = {"ok": "ok", "note": "note", "broken": "BROKEN"}
_LAPTOPS = frozenset({"Environment", "EndpointUrl"})
_REPO = Path(__file__).resolve().parents[2]

Ask = Callable[[str], bool]


def run_command(words: Sequence[str], environment: Mapping[str, str], stdin: str | None = None) -> str:
    """Run a program in the repository, its output on the terminal or (with a `$` in front) as the result."""
    quiet = words[0] == "$"
    ended = subprocess.run(
        words[1:] if quiet else words,
        cwd=_REPO,
        env={**os.environ, **environment},
        input=stdin,
        stdout=subprocess.PIPE if quiet else None,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise Refused(
            f"{' '.join(words[:4])} … failed. What was made stays; run unplugd deploy again once it is mended."
        )
    return (ended.stdout or "").strip()


Run = Callable[..., str]


class Guide:
    """Says each step with its cost, and asks before it."""

    def __init__(self, console: Console, ask: Ask) -> None:
        self._console, self._ask = console, ask

    def step(self, title: str, cost: str) -> None:
        """Announce a step. Raises `Refused` when the person does not want it."""
        self._console.say(f"\n{title}\n  cost: {cost}")
        if not self._ask("Go on?"):
            raise Refused("Stopped. Nothing of this step was done; unplugd deploy goes on from here.")


def run(
    client: Client,
    env: str,
    *,
    app: str,
    given: Mapping[str, str],
    engine: str,
    console: Console,
    ask: Ask,
    smoke: Callable[[], None],
    command: Run = run_command,
    look: Callable[..., object] = preflight.look,
) -> str:
    """Deploy this checkout. `given`: the parameters of template.yaml that are to change. Answers the page's address."""
    name = f"{app}-{env}"
    guide = Guide(console, ask)
    before = find(client, name)
    if before and before.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"):
        guide.step(f"The first deploy of {name} failed ({before.status}); its remains are deleted.", "none")
        _delete(client, name)
        before = None
    parameters = _parameters(client, env, before, given, command)
    _check(client, parameters, console, look)

    if before:  # ECR is there: songs that start during the deploy find the image that the new functions name
        _images(client, name, parameters["ImageTag"], engine, guide, command)
    guide.step(
        f"Deploy {name}: functions, tables, queues and the page's address.",
        "about $17 a month at rest, most of it for alarms (docs/cost.md)",
    )
    _deploy(env, app, parameters, command)
    made = need(client, name)
    _images(client, name, parameters["ImageTag"], engine, guide, command)
    guide.step("Build the page and upload it.", "cents a month")
    command(["make", "deploy-web"], {"ENV": env})
    url = made.outputs["WebUrl"]
    if made.parameters.get("CorsOrigin") not in (url, "*"):
        guide.step(f"Tell the API the page's address, {url}: a second, short deploy.", "none")
        _deploy(env, app, parameters | {"CorsOrigin": url}, command)
    guide.step("Take one song through it, and delete it again.", "half a cent")
    smoke()
    console.say(f"\n{url}")
    return url


def _parameters(
    client: Client, env: str, before: Deployment | None, given: Mapping[str, str], command: Run
) -> dict[str, str]:
    """Every parameter by name: what the stack has, changed by what was given. SAM takes defaults for all others."""
    kept = {name: value for name, value in before.parameters.items() if value} if before else {}
    first = {} if before else {"Zones": preflight.zones(client)}
    if env == "prod" and not before:
        first["CorsOrigin"] = NOT_YET
    tag = given.get("ImageTag") or _commit(command)
    wanted = {**kept, **first, **given, "ImageTag": tag}
    return {name: value for name, value in wanted.items() if name not in _LAPTOPS and (value or name in kept)}


def _commit(command: Run) -> str:
    if command(["$", "git", "status", "--porcelain"], {}):
        raise Refused(
            "The checkout has changes that are not committed, so no commit names the images. Commit, or give ImageTag."
        )
    return command(["$", "git", "rev-parse", "HEAD"], {})


def _check(
    client: Client, parameters: Mapping[str, str], console: Console, look: Callable[..., object]
) -> None:
    broken = 0
    for finding in look(client, parameters):  # type: ignore[attr-defined]
        console.say(
            f"{_SIGNS[finding.state]:>6}  {finding.text}"
            + (f"\n        -> {finding.advice}" if finding.advice else "")
        )
        broken += finding.state == "broken"
    if broken:
        raise Refused("Nothing was deployed: see BROKEN above.")


def _deploy(env: str, app: str, parameters: Mapping[str, str], command: Run) -> None:
    words = " ".join(f"{name}={value}" for name, value in sorted(parameters.items()))
    if app != "unplugd":
        raise Refused(
            "make deploy names its stacks unplugd-…; another AppName is deployed by sam deploy (docs/operations.md)."
        )
    command(["make", "deploy"], {"ENV": env, "PARAMETERS": words, "CI": "true"})


def _images(client: Client, name: str, tag: str, engine: str, guide: Guide, command: Run) -> None:
    missing = _missing(client, name, tag)
    if missing:
        guide.step(f"Build and push the images {', '.join(missing)}.", "$0.10 a month for each GB in ECR")
        _push(client, name, missing, tag, engine, command)


def _missing(client: Client, name: str, tag: str) -> list[str]:
    """The stages whose image ECR lacks."""
    ecr, missing = client("ecr"), []
    for stage in STAGES:
        try:
            ecr.describe_images(repositoryName=f"{name}-{stage}", imageIds=[{"imageTag": tag}])
        except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException):
            missing.append(stage)
    return missing


def _push(client: Client, name: str, stages: Sequence[str], tag: str, engine: str, command: Run) -> None:
    full = "--build-arg ENGINE=full --build-context models=models" if engine == "full" else ""
    command(["make", "images"], {"IMAGE_ARGS": full})
    sts = client("sts")
    registry = f"{sts.get_caller_identity()['Account']}.dkr.ecr.{sts.meta.region_name}.amazonaws.com"
    secret = command(["$", "aws", "ecr", "get-login-password"], {})
    command(["docker", "login", "--username", "AWS", "--password-stdin", registry], {}, secret)
    for stage in stages:
        there = f"{registry}/{name}-{stage}:{tag}"
        command(["docker", "tag", f"unplugd-{stage}", there], {})
        command(["docker", "push", there], {})


def _delete(client: Client, name: str) -> None:
    stacks = client("cloudformation")
    stacks.delete_stack(StackName=name)
    stacks.get_waiter("stack_delete_complete").wait(StackName=name)
