"""The web app on AWS: who can read its files, what a page may do, what a path gets, and how a build gets there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local import web as local_web
from tests.infra.templates import FRONT_DOOR, ROOT, TEMPLATES, resource

CONFIG = resource("web", "Distribution").properties["DistributionConfig"]
HEADERS = resource("web", "Headers").properties["ResponseHeadersPolicyConfig"]
SECURITY = HEADERS["SecurityHeadersConfig"]


def _join(node: Any) -> str:
    """The text of a Join, Ref or Sub, with names in the place of values."""
    if isinstance(node, str):
        return node
    if "Fn::Join" in node:
        glue, parts = node["Fn::Join"]
        return str(glue).join(_join(part) for part in parts)
    if "Fn::Sub" in node:
        return str(node["Fn::Sub"])
    return "${" + str(node["Ref"]) + "}"


def policy() -> dict[str, str]:
    text = _join(SECURITY["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    return dict(one.split(" ", 1) for one in text.split("; "))


def test_a_page_may_do_the_same_on_aws_and_on_a_laptop() -> None:
    here = dict(one.split(" ", 1) for one in local_web.policy().split("; "))
    there = policy()
    assert {**there, "connect-src": "'self'"} == here
    assert there["connect-src"].startswith(here["connect-src"])
    assert "unsafe-inline" not in str(there)
    assert "unsafe-eval" not in str(there).replace("'wasm-unsafe-eval'", "")


def test_a_page_reaches_our_own_services_and_no_wildcard() -> None:
    assert policy()["connect-src"].split() == [
        "'self'",
        "${ApiUrl}/",
        "${WebSocketUrl}",
        "https://cognito-idp.${AWS::Region}.${AWS::URLSuffix}",
        "https://${UploadsBucketName}.s3.${AWS::Region}.${AWS::URLSuffix}",
        "https://${UploadsBucketName}.s3.${AWS::URLSuffix}",
        "https://${OutputBucketName}.s3.${AWS::Region}.${AWS::URLSuffix}",
        "https://${OutputBucketName}.s3.${AWS::URLSuffix}",
    ]


def test_the_other_headers_are_the_same_too() -> None:
    items = {one["Header"]: one["Value"] for one in HEADERS["CustomHeadersConfig"]["Items"]}
    items["Referrer-Policy"] = SECURITY["ReferrerPolicy"]["ReferrerPolicy"]
    items["X-Content-Type-Options"] = "nosniff" if SECURITY["ContentTypeOptions"]["Override"] else ""
    assert items == local_web.HEADERS
    # A take is recorded by this page itself; nothing else is loosened.
    policy = "camera=(self), geolocation=(), microphone=(self), payment=(), usb=()"
    assert items["Permissions-Policy"] == policy
    assert SECURITY["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
    assert all(part["Override"] for part in SECURITY.values())
    assert CONFIG["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] == {"Ref": "Headers"}


def test_only_our_distribution_reads_the_bucket() -> None:
    statements = resource("web", "WebBucketPolicy").properties["PolicyDocument"]["Statement"]
    (allowed,) = [one for one in statements if one["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Action"] == "s3:GetObject"
    assert allowed["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"].endswith("/${Distribution}")
    (origin,) = CONFIG["Origins"]
    assert origin["OriginAccessControlId"] == {"Fn::GetAtt": ["OriginAccess", "Id"]}
    signing = resource("web", "OriginAccess").properties["OriginAccessControlConfig"]
    assert (signing["SigningBehavior"], signing["SigningProtocol"]) == ("always", "sigv4")


def test_it_is_read_only_by_https_and_squeezed() -> None:
    behaviour = CONFIG["DefaultCacheBehavior"]
    assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
    assert behaviour["AllowedMethods"] == ["GET", "HEAD"]
    assert behaviour["Compress"] is True
    assert CONFIG["HttpVersion"] == "http2and3"
    own, default = CONFIG["ViewerCertificate"]["Fn::If"][1:]
    assert own["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert default == {"CloudFrontDefaultCertificate": True}


PATHS = {
    "/": "/index.html",
    "/songs/01J9/sing": "/index.html",
    "/songs/": "/index.html",
    "/v1.2/songs": "/index.html",
    "/favicon.svg": "/favicon.svg",
    "/config.json": "/config.json",
    "/assets/app-1a.js": "/assets/app-1a.js",
    "/assets/gone": "/assets/gone",
}


def test_an_app_path_gets_the_page_and_a_missing_file_404() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("the function is JavaScript, and there is no Node here")
    code = resource("web", "PageRoutes").properties["FunctionCode"]
    answers = f"{json.dumps(list(PATHS))}.map(uri => handler({{request: {{uri}}}}).uri)"
    asked = f"{code}\nconsole.log(JSON.stringify({answers}))"
    ran = subprocess.run([node, "-e", asked], capture_output=True, text=True, timeout=240, check=True)
    assert dict(zip(PATHS, json.loads(ran.stdout), strict=True)) == PATHS
    (attached,) = CONFIG["DefaultCacheBehavior"]["FunctionAssociations"]
    assert attached["EventType"] == "viewer-request"
    assert attached["FunctionARN"] == {"Fn::GetAtt": ["PageRoutes", "FunctionARN"]}


def test_it_is_there_on_aws_only() -> None:
    assert FRONT_DOOR["Conditions"]["OnAws"] == {"Fn::Equals": [{"Ref": "EndpointUrl"}, ""]}
    assert FRONT_DOOR["Resources"]["Web"]["Condition"] == "OnAws"
    for name in TEMPLATES["web"]["Outputs"]:
        assert FRONT_DOOR["Outputs"][name]["Condition"] == "OnAws"


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("WebDomain", "", True),
        ("WebDomain", "app.example.com", True),
        ("WebDomain", "https://app.example.com", False),
        ("WebDomain", "app", False),
        ("WebCertificateArn", "", True),
        ("WebCertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/1a-2b", True),
        ("WebCertificateArn", "arn:aws:acm:eu-west-1:123456789012:certificate/1a-2b", False),
    ],
)
def test_a_domain_is_a_host_with_a_certificate_for_cloudfront(name: str, value: str, fits: bool) -> None:
    assert bool(re.fullmatch(FRONT_DOOR["Parameters"][name]["AllowedPattern"], value)) == fits


FAKE_AWS = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in
  *"Parameters["*) echo "$ORIGIN" ;;
  *OutputKey==*)
    name=${*##*OutputKey==\\'}
    name=${name%%\\'*}
    [ "$name" = "$LACKS" ] && echo None || echo "the-$name" ;;
  *config.json*) cat > "$CALLS.config" ;;
  *create-invalidation*) echo InProgress ;;
esac
"""


def deploy(folder: Path, lacks: str = "", origin: str = "the-WebUrl") -> subprocess.CompletedProcess[str]:
    aws = folder / "aws"
    aws.write_text(FAKE_AWS)
    aws.chmod(0o755)
    given = {"AWS": str(aws), "CALLS": str(folder / "calls"), "ENV": "prod", "LACKS": lacks, "ORIGIN": origin}
    return subprocess.run(
        [str(ROOT / "scripts" / "deploy-web"), "web/dist"],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_a_build_is_uploaded_page_last_with_the_stacks_settings(tmp_path: Path) -> None:
    ran = deploy(tmp_path)
    assert (ran.returncode, ran.stdout.splitlines()[-1]) == (0, "the-WebUrl"), ran.stderr
    calls = (tmp_path / "calls").read_text().splitlines()
    assert all("--stack-name unplugd-prod" in call for call in calls if "describe-stacks" in call)
    copied = [call for call in calls if call.startswith("s3 cp")]
    assert [call.split()[4] for call in copied] == [
        "s3://the-WebBucketName/assets",
        "s3://the-WebBucketName",
        "s3://the-WebBucketName/config.json",
        "s3://the-WebBucketName/index.html",
    ]
    assert ["immutable" in call for call in copied] == [True, False, False, False]
    assert all("--cache-control no-cache" in call for call in copied[1:])
    assert "--exclude assets/* --exclude index.html" in copied[1]
    assert not any("--delete" in call for call in calls)
    assert "create-invalidation --distribution-id the-WebDistributionId --paths /*" in calls[-2]
    assert json.loads((tmp_path / "calls.config").read_text()) == {
        "apiUrl": "the-ApiUrl",
        "webSocketUrl": "the-WebSocketUrl",
        "region": "the-Region",
        "userPoolId": "the-UserPoolId",
        "userPoolClientId": "the-UserPoolClientId",
    }


def test_a_deployment_without_its_site_or_origin_says_so(tmp_path: Path) -> None:
    ran = deploy(tmp_path, lacks="WebBucketName")
    assert ran.returncode == 1
    assert "unplugd-prod has no output WebBucketName: run make deploy ENV=prod first" in ran.stderr
    assert "s3 cp" not in (tmp_path / "calls").read_text()
    command = deploy(tmp_path, origin="http://localhost:5173").stdout.splitlines()[-1]
    assert command == (
        "The API still answers http://localhost:5173 only: "
        'make deploy ENV=prod PARAMETERS="CorsOrigin=the-WebUrl"'
    )
