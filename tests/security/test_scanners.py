"""The judge of `make security`: an exception covers what it names, and must be needed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.security import scanners
from tests.security.scanners import judge_templates

EXCEPTION = {"check": "CKV_1", "resource": r"a.yaml:AWS::S3::Bucket\..*", "reason": "it is meant"}


def answer(*failed: tuple[str, str, str]) -> Any:
    checks = [
        {"check_id": check, "file_path": file, "resource": resource, "check_name": "Ensure"}
        for check, file, resource in failed
    ]
    return {"results": {"failed_checks": checks}}


def test_what_an_exception_names_is_clean() -> None:
    assert judge_templates(answer(("CKV_1", "/x/a.yaml", "AWS::S3::Bucket.One")), [EXCEPTION]) == (
        "clean",
        [],
    )


def test_another_resource_or_check_is_found() -> None:
    for other in (
        ("CKV_1", "/x/b.yaml", "AWS::S3::Bucket.One"),
        ("CKV_2", "/x/a.yaml", "AWS::S3::Bucket.One"),
    ):
        verdict, sentences = judge_templates(
            answer(other, ("CKV_1", "/a.yaml", "AWS::S3::Bucket.Two")), [EXCEPTION]
        )
        assert (verdict, len(sentences)) == ("FOUND", 1)


def test_an_unneeded_or_unexplained_exception_is_a_finding() -> None:
    assert judge_templates(answer(), [EXCEPTION])[0] == "FOUND"
    bare = {**EXCEPTION, "reason": ""}
    assert judge_templates(answer(("CKV_1", "/a.yaml", "AWS::S3::Bucket.One")), [bare])[0] == "FOUND"


def test_scanned_paths_are_relative_to_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def run(command: list[str], **_options: Any) -> subprocess.CompletedProcess[str]:
        asked.extend(command[1:])
        return subprocess.CompletedProcess(command, 0, json.dumps(answer()), "")

    monkeypatch.setattr(subprocess, "run", run)
    scanners.templates(Path("/tools"))
    named = [asked[i + 1] for i, word in enumerate(asked) if word == "-f"]
    assert {"template.yaml", "templates/processing.yaml"} <= set(named)
    assert not [name for name in named if name.startswith("/")]
