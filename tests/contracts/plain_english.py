"""Count the words and phrases that make a text hard to read.

As a command it prints the number of marker words per folder, and with a folder's name each place in it:

    python -m tests.contracts.plain_english
    python -m tests.contracts.plain_english web/src docs
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The words of an old-fashioned text. A plain sentence needs them less than twice in 10,000 words.
MARKER_WORDS = (
    "whoever",
    "whom",
    "lest",
    "nobody",
    "meanwhile",
    "whatever",
    "anew",
    "beside",
    "lies",
    "stands",
    "told",
    "likewise",
)

# Sentences and names that were replaced by plain ones. They must not come back.
REPLACED_PHRASES = (
    "How good it is, and is not yet",
    "hold up the line",
    "Whoever comes second",
    "are one sentence each",
    "costs the others nothing",
    "wait for each other for ever",
    "nobody's business to keep it",
    "bury_song",
    "is a corpse",
    "Hang up.",
    "cost time, and nobody the song",
    "lest a server that hangs up",
    "This song has just moved on",
    "Too many uploads of yours",
    "the machine times them",
    "Download of everything",
    "Nothing that the other lacks",
    "5 seconds on",
    "Tell of the flood",
)

READ_SUFFIXES = {
    ".cfg", ".css", ".html", ".in", ".ini", ".js", ".json", ".md", ".mjs", ".py", ".sh", ".toml", ".ts", ".tsx",
    ".yaml", ".yml",
}  # fmt: skip
READ_NAMES = {"Dockerfile", "Makefile", ".importlinter", ".gitignore", ".dockerignore"}

# What no person writes or reads: locks, results of benchmarks, generated code, weights, recorded events.
NOT_PROSE = re.compile(
    r"^(bench/(results/)?[\w.-]+\.json|events/.*\.json|docs/(openapi\.json|api\.html)|.*package-lock\.json"
    r"|web/src/api/schema\.d\.ts|ml/separation/weights/.*|local/demo/.*\.(txt|lrc|json)"
    r"|tests/contracts/(test_)?plain_english\.py)$"
)

_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")
_MARKER = re.compile(rf"(?<![A-Za-z])({'|'.join(MARKER_WORDS)})(?![A-Za-z])", re.IGNORECASE)
# A phrase may be broken over two lines of a comment.
_PHRASE = re.compile(
    "|".join(r"[\s#*/]+".join(map(re.escape, phrase.split())) for phrase in REPLACED_PHRASES), re.IGNORECASE
)


@dataclass(frozen=True)
class Place:
    """Where a marker word or a replaced phrase was written."""

    file: str
    line: int
    word: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.word}"


@dataclass(frozen=True)
class Count:
    """The words of some files, and the places of the marker words among them."""

    words: int
    places: tuple[Place, ...]

    @property
    def rate(self) -> float:
        """Marker words per 10,000 words."""
        return 10_000 * len(self.places) / self.words if self.words else 0.0


def is_read(name: str) -> bool:
    """Whether a person reads the tracked file `name` (a path below the root)."""
    path = Path(name)
    if NOT_PROSE.match(name):
        return False
    return path.suffix in READ_SUFFIXES or path.name in READ_NAMES or (not path.suffix and _is_script(path))


def is_page(name: str) -> bool:
    """Whether the tracked file `name` belongs to the docs: a page of docs/, a README or the CHANGELOG."""
    return name.endswith(".md")


def tracked() -> list[str]:
    """The paths of all tracked files that a person reads."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file() and is_read(name)]


def count(names: Iterable[str]) -> Count:
    """Count the words of the files `names` (paths below the root)."""
    words, places = 0, []
    for name in names:
        for number, line in _lines(name):
            words += sum(1 for _ in _WORD.finditer(line))
            places += [Place(name, number, match[1].lower()) for match in _MARKER.finditer(line)]
    return Count(words, tuple(places))


def replaced(names: Iterable[str]) -> list[Place]:
    """The places of the phrases that were replaced by plain ones, also where a phrase is broken over lines."""
    return [place for name in names for place in _replaced_in(name)]


def _replaced_in(name: str) -> Iterator[Place]:
    text = _text(name)
    for match in _PHRASE.finditer(text):
        yield Place(name, text.count("\n", 0, match.start()) + 1, " ".join(match[0].split()))


def _is_script(path: Path) -> bool:
    with (ROOT / path).open("rb") as file:
        return file.read(2) == b"#!"


def _lines(name: str) -> Iterator[tuple[int, str]]:
    return enumerate(_text(name).splitlines(), start=1)


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def _folder(name: str) -> str:
    parts = Path(name).parts
    return "/".join(parts[: 2 if len(parts) > 2 else max(1, len(parts) - 1)]) if len(parts) > 1 else "."


def main(folders: list[str]) -> None:
    """Print the counts of each folder, or the places in `folders`."""
    names = tracked()
    if folders:
        for place in count(name for name in names if name.startswith(tuple(folders))).places:
            print(place)
        return
    by_folder: dict[str, list[str]] = {}
    for name in names:
        by_folder.setdefault(_folder(name), []).append(name)
    print(f"{'folder':32} {'words':>8} {'markers':>8} {'per 10,000':>11}")
    for folder, its_names in sorted(by_folder.items()):
        _print_row(folder, count(its_names))
    _print_row("all docs (*.md)", count(filter(is_page, names)))
    everything = count(names)
    _print_row("everything", everything)
    print(
        ", ".join(
            f"{word} {number}" for word, number in Counter(p.word for p in everything.places).most_common()
        )
    )
    for place in replaced(names):
        print(f"replaced phrase: {place}")


def _print_row(name: str, figures: Count) -> None:
    print(f"{name:32} {figures.words:8} {len(figures.places):8} {figures.rate:11.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
