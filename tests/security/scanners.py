"""`python -m tests.security.scanners TOOLS`: secrets, known weaknesses and templates, checked by the tools in a folder.

Exits 1 on a finding. Where a registry gives no answer, the line says "could not ask": no finding, and no success."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EXCEPTIONS = Path(__file__).with_name("exceptions.toml")
NPM_LOCKS = ("web", "tests/postman")
LOCKS = ("demo", "dev", "models", "tools", "security")
# Where words that look like secrets are none: test data, hashes of locks and of weights, recorded events.
NO_SECRETS_IN = (
    r"\.lock$|package-lock\.json$|^tests/|^web/e2e/|^web/src/.*\.test\.tsx?$|^events/|^docs/openapi\.json$|^ml/models/sources\.py$"
    r"|^ml/separation/weights/|exceptions\.toml$"
)

Verdict = tuple[str, list[str]]  # "clean", "FOUND" or "could not ask", and the sentences


def main() -> int:
    """Ask every tool; print a line of each."""
    tools = Path(sys.argv[1])
    found = False
    checks: dict[str, Callable[[Path], Verdict]] = {
        "secrets (detect-secrets)": secrets,
        "Python packages (pip-audit)": python_packages,
        "npm packages (npm audit)": npm_packages,
        "templates (checkov)": templates,
    }
    for name, check in checks.items():
        verdict, sentences = check(tools)
        print(f"{verdict:<14} {name}", flush=True)
        for sentence in sentences:
            print(f"               {sentence}")
        found = found or verdict == "FOUND"
    return int(found)


def secrets(tools: Path) -> Verdict:
    """Keys, tokens and passwords in files that git knows."""
    files = _run(["git", "ls-files"]).stdout.splitlines()
    wanted = [file for file in files if not re.search(NO_SECRETS_IN, file)]
    answer = json.loads(_run([str(tools / "detect-secrets"), "scan", *wanted]).stdout)
    known = {one["sha1"] for one in tomllib.loads(EXCEPTIONS.read_text())["no_secret"] if one["reason"]}
    return _verdict(
        f"{file}:{one['line_number']}: {one['type']} (sha1 {one['hashed_secret']})"
        for file, ones in answer["results"].items()
        for one in ones
        if one["hashed_secret"] not in known
    )


def python_packages(tools: Path) -> Verdict:
    """Published weaknesses of locked packages."""
    found: list[str] = []
    for name in LOCKS:
        lock = f"requirements/{name}.lock"
        asked = _run(
            [
                str(tools / "pip-audit"),
                "--no-deps",
                "--disable-pip",
                "--progress-spinner=off",
                "-f",
                "json",
                "-r",
                lock,
            ]
        )
        try:
            packages = json.loads(asked.stdout)["dependencies"]
        except ValueError:
            return "could not ask", [_last(asked.stderr)]
        if packages and all("skip_reason" in package for package in packages):
            return "could not ask", [f"{lock}: the package index gives no list of weaknesses here"]
        found += [
            f"{lock}: {package['name']} {package['version']}: {', '.join(v['id'] for v in package['vulns'])}"
            for package in packages
            if package.get("vulns")
        ]
    return _verdict(found)


def npm_packages(_tools: Path) -> Verdict:
    """Published weaknesses of what the web app and the Postman run are made of."""
    found: list[str] = []
    for folder in NPM_LOCKS:
        try:
            asked = _run(["npm", "audit", "--package-lock-only", "--json"], cwd=ROOT / folder)
        except FileNotFoundError:
            return "could not ask", ["npm is not installed"]
        try:
            weak = json.loads(asked.stdout)["vulnerabilities"]
        except (ValueError, KeyError):
            return "could not ask", ["the npm registry gives no list of weaknesses here"]
        found += [f"{folder}: {name}: {one['severity']}" for name, one in weak.items()]
    return _verdict(found)


def templates(tools: Path) -> Verdict:
    """What checkov says of our templates, less the exceptions that stand with their reasons in exceptions.toml."""
    # Named from the root: checkov takes a file's path for a variable too, and an absolute one can look like a key.
    files = [
        "template.yaml",
        *sorted(f"templates/{file.name}" for file in (ROOT / "templates").glob("*.yaml")),
    ]
    named = [part for file in files for part in ("-f", file)]
    asked = _run(
        [
            str(tools / "checkov"),
            "--framework",
            "cloudformation",
            "--quiet",
            "--compact",
            "-o",
            "json",
            "--skip-download",
            *named,
        ]
    )
    return judge_templates(json.loads(asked.stdout), tomllib.loads(EXCEPTIONS.read_text())["exception"])


def judge_templates(answer: Any, exceptions: list[dict[str, str]]) -> Verdict:
    """checkov's answer compared with the exceptions: what no exception covers, and exceptions that cover nothing."""
    reports = answer if isinstance(answer, list) else [answer]
    failed = [
        (one["check_id"], f"{Path(one['file_path']).name}:{one['resource']}", one["check_name"])
        for report in reports
        for one in report["results"]["failed_checks"]
    ]
    sentences = []
    used: set[int] = set()
    for check, where, name in failed:
        covering = [
            number
            for number, one in enumerate(exceptions)
            if one["check"] == check and one["reason"] and re.fullmatch(one["resource"], where)
        ]
        used.update(covering)
        if not covering:
            sentences.append(f"{check} {where}: {name}")
    for number, one in enumerate(exceptions):
        if number not in used:
            sentences.append(f"the exception {one['check']} for {one['resource']} is needed no more")
    return _verdict(sentences)


def _verdict(sentences: Any) -> Verdict:
    found = list(sentences)
    return ("FOUND" if found else "clean"), found


def _run(command: list[str], *, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no reason was given"


if __name__ == "__main__":
    sys.exit(main())
