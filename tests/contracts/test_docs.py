"""The docs lead somewhere: every relative link, `make` word and named file exists, and every decision is listed."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"`([\w./-]+/[\w.-]+\.(?:py|ts|tsx|mjs|yaml|toml|json|sh))`")
# Examples of what a reader adds, files that a decision removed, and what the stack writes.
NOT_THERE = {
    "events/songs/share_song.json",
    "functions/unplugd/songs/handlers/share_song.py",
    "tests/handlers/songs/test_share_song.py",
    "templates/playlists.yaml",
    "web/src/features/playlists/feature.ts",
    "features/account/zip.ts",
    "audio/render-sha256.ts",
    "/config.json",
    "data/keys.json",
}
MAKE = re.compile(r"`(?:\w+=\S+ )*make ([a-z][a-z-]*)")


def pages() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


@cache
def tracked() -> tuple[str, ...]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(f"/{name}" for name in listing.stdout.splitlines())


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = []
    for link in LINK.findall(page.read_text()):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_make_word_exists(page: Path) -> None:
    words = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = page.read_text()
    named = set(MAKE.findall(text)) | set(re.findall(r"^make ([a-z-]+)", text, re.MULTILINE))
    assert named <= words


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = set(FILE.findall(page.read_text())) - NOT_THERE
    assert [name for name in named if not any(path.endswith(f"/{name}") for path in tracked())] == []


def test_every_decision_is_listed_once_and_in_order() -> None:
    folder = ROOT / "docs/decisions"
    listed = re.findall(r"^\| \[.+?\]\((.+?)\)", (folder / "README.md").read_text(), re.MULTILINE)
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))


def test_every_page_is_on_the_map() -> None:
    mapped = set(LINK.findall((ROOT / "docs/index.md").read_text()))
    assert {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"} <= mapped
