"""What a stage's image runs, put together without Docker: the build context by .dockerignore, then the last stage's
COPY, ENV, USER and ENTRYPOINT. The packages are those of the running Python instead of /opt/venv."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
PYTHON = "/opt/venv/bin/python"


@dataclass
class Image:
    """An image's file system under `root`, and how its process starts."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    user: str = "root"
    entrypoint: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    """Its RUN instructions, which are not run here."""

    def path(self, inside: str) -> Path:
        """Where the image's path `inside` is on this machine."""
        return self.root / inside.lstrip("/")

    @property
    def command(self) -> list[str]:
        """The entry point with this machine's Python and paths."""
        return [sys.executable if part == PYTHON else self._outside(part) for part in self.entrypoint]

    @property
    def variables(self) -> dict[str, str]:
        """The image's environment with this machine's paths."""
        return {
            name: ":".join(self._outside(part) for part in value.split(":"))
            for name, value in self.environ.items()
        }

    def _outside(self, text: str) -> str:
        return str(self.path(text)) if text.startswith("/") else text


def instructions(stage: str) -> list[str]:
    """The Dockerfile's instructions, one string each: comments dropped, continued lines joined."""
    text = (REPO / "containers" / stage / "Dockerfile").read_text()
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    return [line for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line.strip()]


def context() -> list[Path]:
    """The files that a build is sent, relative to the repository. The last rule that matches a file decides."""
    rules = [line for line in (REPO / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*", "everything that is not named must stay out"
    patterns = [(_pattern(rule.removeprefix("!")), rule.startswith("!")) for rule in rules]
    tops = {REPO / rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    files = (file for top in tops for file in ([top] if top.is_file() else top.rglob("*")))
    relative = sorted(file.relative_to(REPO) for file in files if file.is_file())
    return [path for path in relative if _is_sent(path, patterns)]


def _is_sent(path: Path, patterns: list[tuple[re.Pattern[str], bool]]) -> bool:
    names = [path.as_posix(), *(parent.as_posix() for parent in path.parents)]
    return [sent for pattern, sent in patterns if any(map(pattern.fullmatch, names))][-1]


def _pattern(rule: str) -> re.Pattern[str]:
    """A .dockerignore rule: `**/` is any number of folders, `*` stays within one."""
    parts = (
        "(?:.*/)?" if part == "**/" else "[^/]*" if part == "*" else re.escape(part)
        for part in re.split(r"(\*\*/|\*)", rule)
    )
    return re.compile("".join(parts))


def assemble(stage: str, root: Path) -> Image:
    """The image of a stage, its files below `root`."""
    image, sent, folder = Image(root), context(), "/"
    lines = instructions(stage)
    last = max(number for number, line in enumerate(lines) if line.startswith("FROM "))
    for line in lines[last + 1 :]:
        word, _, rest = line.partition(" ")
        if word == "WORKDIR":
            folder = rest
        elif word == "ENV":
            image.environ |= dict(part.split("=", 1) for part in shlex.split(rest))
        elif word == "USER":
            image.user = rest
        elif word == "ENTRYPOINT":
            image.entrypoint = json.loads(rest)
        elif word == "RUN":
            image.commands.append(rest)
        else:
            assert word == "COPY", f"the assembler does not know {word}"
            _copy(image, rest.split(), sent, folder)
    return image


def _copy(image: Image, words: list[str], sent: list[Path], folder: str) -> None:
    *sources, target = [word for word in words if not word.startswith("--")]
    to = image.path(target if target.startswith("/") else f"{folder}/{target}")
    if any(word.startswith("--from=") for word in words):
        to.mkdir(parents=True, exist_ok=True)  # another build stage's files: packages, or weights
        return
    for source in sources:
        files = [path for path in sent if path == Path(source) or Path(source) in path.parents]
        assert files, f"the build is sent nothing of {source}"
        for path in files:
            copy = to if path == Path(source) else to / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPO / path, copy)
