"""The words `deploy`, `smoke` and `teardown`: their options, and what they call."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.console import Console
from cli.songfile import Refused, check

WORDS = frozenset({"cost", "deploy", "smoke", "teardown"})
ENVIRONMENTS = ("dev", "prod")


def add(words: Any) -> None:
    """Add the words to the command's parser."""
    deploy = words.add_parser("deploy", help="deploy this checkout to AWS, step by step (docs/deploy.md)")
    deploy.add_argument(
        "parameters", nargs="*", metavar="NAME=VALUE", help="of template.yaml; kept by later deploys"
    )
    deploy.add_argument("--env", choices=ENVIRONMENTS, required=True)
    deploy.add_argument(
        "--engine",
        choices=("preview", "full"),
        default="preview",
        help="full: with the models of `make models`",
    )
    deploy.add_argument("--yes", action="store_true", help="do not ask before each step")
    cost = words.add_parser("cost", help="what a month on AWS costs (docs/cost.md)")
    cost.add_argument("--songs", type=_count, default=1000, metavar="N", help="new songs in the month (1000)")
    cost.add_argument("--minutes", type=float, default=3.0, metavar="M", help="minutes of each (3)")
    cost.add_argument("--firewall", action="store_true", help="with the firewall")
    smoke = words.add_parser("smoke", help="one song through a deployment, and away again")
    teardown = words.add_parser(
        "teardown", help="delete a deployment; its songs stay unless their number is typed"
    )
    for word in (smoke, teardown):
        word.add_argument("--aws", choices=ENVIRONMENTS, required=True, metavar="ENV", help="dev or prod")
        word.add_argument("--app", default="unplugd", metavar="NAME", help="its AppName (default: unplugd)")
    teardown.add_argument(
        "--with-songs", action="store_true", help="delete the library and the accounts, too"
    )


def run(options: argparse.Namespace) -> int:
    """Do what the word says. Answers the exit code."""
    console = Console()
    if options.word == "cost":
        from cli.aws import cost

        console.say(cost.table(options.songs, max(0.0, options.minutes), firewall=options.firewall).rstrip())
        return 0
    import boto3

    from cli.aws import deploy, teardown

    if options.word == "smoke":
        _smoke(f"{options.app}-{options.aws}", console)
    elif options.word == "teardown":
        name = f"{options.app}-{options.aws}"
        teardown.run(boto3.client, name, with_songs=options.with_songs, console=console, typed=typed)
    else:
        deploy.run(
            boto3.client,
            options.env,
            app="unplugd",
            given=parameters(options.parameters),
            engine=options.engine,
            console=console,
            ask=(lambda _: True) if options.yes else _agrees,
            smoke=lambda: _smoke(f"unplugd-{options.env}", console),
        )
    return 0


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text} is not a number of songs")
    return int(text)


def demo(name: str, file: Path, folder: Path) -> None:
    """`unplugd demo --aws ENV`: a song through the deployment `name`, its results in `folder`."""
    import boto3

    from cli.aws import smoke

    smoke.run(boto3.client, name, check(file), Console(), folder=folder)
    Console().say(f"The results are in {folder}.")


def _smoke(name: str, console: Console) -> None:
    import boto3

    from cli.aws import smoke
    from cli.commands import DEMO_SONG

    smoke.run(boto3.client, name, check(DEMO_SONG), console)


def parameters(given: list[str]) -> Mapping[str, str]:
    """NAME=VALUE as a mapping."""
    found = dict(one.partition("=")[::2] for one in given)
    for name, value in found.items():
        if not name.isalnum() or not value or any(letter.isspace() for letter in value):
            raise Refused(f"{name} is not NAME=VALUE without spaces.")
    return found


def typed(question: str) -> str:
    """What the person types; empty where no person is there."""
    try:
        return input(question)
    except EOFError:
        return ""


def _agrees(question: str) -> bool:
    return typed(f"{question} [y/N] ").strip().lower() in ("y", "yes")
