"""What a deployment needs of its account: looked at before anything is made, and said with what helps."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cli.aws.deployment import Client

VCPU_A_SONG = 4
FEW_FUNCTIONS = 50
# Zones in which Fargate runs no Linux tasks (AWS's list of Fargate's Regions, autumn 2026): us-west-1 and ca-central-1
# name those that do, so the others of these Regions are here by id.
NO_FARGATE = frozenset({"use1-az3", "usw1-az2", "apne1-az3", "cac1-az3", "cac1-az4"})
_SPOT, _ON_DEMAND = ("L-36FBB829", "Fargate Spot"), ("L-3032A538", "Fargate On-Demand")


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `broken` stops the deployment; a `note` comes with advice."""

    state: Literal["ok", "note", "broken"]
    text: str
    advice: str = ""


def look(
    client: Client, parameters: Mapping[str, str], *, which: Callable[[str], str | None] = shutil.which
) -> Iterator[Finding]:
    """Every check, in the order a person would ask. Parts of an account that may not be looked at are a note."""
    yield from _tools(which)
    for check in (_account, _fargate, _functions, _ecs_role, _mail):
        try:
            yield from check(client, parameters)
        except Exception as fault:  # one permission that is missing must not hide the other checks
            yield Finding("note", f"{check.__name__.strip('_')} could not be looked at: {fault}")
    yield from _readers(parameters)


def zones(client: Client) -> str:
    """Up to three zones with Fargate, as the parameter Zones takes them; empty where there are not two."""
    found = client("ec2").describe_availability_zones(
        Filters=[
            {"Name": "zone-type", "Values": ["availability-zone"]},
            {"Name": "state", "Values": ["available"]},
        ]
    )["AvailabilityZones"]
    names = sorted(one["ZoneName"] for one in found if one["ZoneId"] not in NO_FARGATE)
    return ",".join(names[:3]) if len(names) > 1 else ""


def _tools(which: Callable[[str], str | None]) -> Iterator[Finding]:
    for name, why in {
        "python3.12": "builds the functions",
        "docker": "builds the task images",
        "npm": "builds the web app",
    }.items():
        if not which(name):
            yield Finding("broken", f"{name} is not on the PATH; it {why}.", f"Install {name}.")


def _account(client: Client, _: Mapping[str, str]) -> Iterator[Finding]:
    sts = client("sts")
    who = sts.get_caller_identity()
    yield Finding("ok", f"account {who['Account']}, Region {sts.meta.region_name}, as {who['Arn']}")


def _quota(quotas: Any, code: str) -> float:
    return float(quotas.get_service_quota(ServiceCode="fargate", QuotaCode=code)["Quota"]["Value"])


def _fargate(client: Client, parameters: Mapping[str, str]) -> Iterator[Finding]:
    songs, parts = int(parameters.get("MaxConcurrentSongs", 1)), int(parameters.get("SeparationParts", 1))
    needed = VCPU_A_SONG * songs * parts
    for code, name in (_SPOT, _ON_DEMAND):
        allowed = _quota(client("service-quotas"), code)
        text = f"{name} allows {allowed:.0f} vCPU, {songs} song(s) at once need {needed}"
        if allowed >= needed:
            yield Finding("ok", text)
        else:
            yield Finding(
                "note",
                text,
                f"Songs wait for room. Ask for more: aws service-quotas request-service-quota-increase "
                f"--service-code fargate --quota-code {code} --desired-value {needed}",
            )


def _functions(client: Client, _: Mapping[str, str]) -> Iterator[Finding]:
    allowed = client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    few = allowed < FEW_FUNCTIONS
    advice = "Enough for one or two people. Ask for 1,000 (quota L-B99A9384 of Lambda)." if few else ""
    yield Finding("note" if few else "ok", f"Lambda runs {allowed} functions at once", advice)


def _ecs_role(client: Client, _: Mapping[str, str]) -> Iterator[Finding]:
    iam = client("iam")
    try:
        iam.get_role(RoleName="AWSServiceRoleForECS")
    except iam.exceptions.NoSuchEntityException:
        yield Finding(
            "broken",
            "ECS was never used in this account, so its service-linked role is missing.",
            "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com",
        )


def _mail(client: Client, parameters: Mapping[str, str]) -> Iterator[Finding]:
    identity = parameters.get("MailIdentityArn", "").rpartition("/")[2]
    if not identity:
        yield Finding(
            "note", "Cognito sends the mails, 50 a day", "For more people give MailFrom and MailIdentityArn."
        )
        return
    ses = client("sesv2")
    if not ses.get_email_identity(EmailIdentity=identity).get("VerifiedForSendingStatus"):
        yield Finding(
            "broken", f"SES has not verified {identity}", "Finish its verification in the console of SES."
        )
    elif not ses.get_account().get("ProductionAccessEnabled"):
        yield Finding(
            "note",
            "SES is in its sandbox: it writes to verified addresses only",
            "Ask for production access.",
        )
    else:
        yield Finding("ok", f"SES sends as {parameters.get('MailFrom')}")


def _readers(parameters: Mapping[str, str]) -> Iterator[Finding]:
    if parameters.get("MonthlyBudget", "0") == "0":
        yield Finding(
            "note", "no budget", "MonthlyBudget=20 AlarmEmail=you@example.com mails before that is spent."
        )
    elif not parameters.get("AlarmEmail"):
        yield Finding("broken", "A budget needs a reader.", "Give AlarmEmail.")
    if parameters.get("SongsADay", "0") == parameters.get("MinutesAMonth", "0") == "0":
        yield Finding(
            "note", "no limit for one person", "SongsADay=50 MinutesAMonth=300 limit what one can spend."
        )
