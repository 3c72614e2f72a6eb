"""Texts use plain English: few marker words, and no sentence that was replaced by a plainer one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contracts import plain_english
from tests.contracts.plain_english import MARKER_WORDS, REPLACED_PHRASES

Writer = Callable[[str], str]

# Comparable projects have 0 or 1 marker words per 10,000 words.
HIGHEST_RATE = 2.0


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Writer:
    """A function that writes a file into an otherwise empty root and returns its name."""
    monkeypatch.setattr(plain_english, "ROOT", tmp_path)

    def write(text: str) -> str:
        (tmp_path / "page.md").write_text(text)
        return "page.md"

    return write


def report(places: list[plain_english.Place] | tuple[plain_english.Place, ...]) -> str:
    return "\n" + "\n".join(map(str, places))


def test_docs_have_few_marker_words() -> None:
    figures = plain_english.count(filter(plain_english.is_page, plain_english.tracked()))
    assert figures.words > 10_000
    assert figures.rate < HIGHEST_RATE, report(figures.places)


def test_all_texts_have_few_marker_words() -> None:
    figures = plain_english.count(plain_english.tracked())
    assert figures.words > 100_000
    assert figures.rate < HIGHEST_RATE, report(figures.places)


def test_no_replaced_phrase_comes_back() -> None:
    places = plain_english.replaced(plain_english.tracked())
    assert places == [], report(places)


@pytest.mark.parametrize("word", MARKER_WORDS)
def test_a_marker_word_is_found_in_any_case(word: str, written: Writer) -> None:
    name = written(f"One line.\nA {word.title()}, a {word.upper()} and un{word}ly.")
    assert [str(place) for place in plain_english.count([name]).places] == [f"page.md:2:{word}"] * 2


def test_a_marker_word_is_found_in_a_name_of_the_code(written: Writer) -> None:
    assert plain_english.count([written("people_told = 3")]).places


def test_a_phrase_is_found_across_lines(written: Writer) -> None:
    first, _, rest = REPLACED_PHRASES[0].partition(" ")
    places = plain_english.replaced([written(f"# Text.\n# {first}\n# {rest}")])
    assert [(place.line, place.word[:3]) for place in places] == [(2, first)]


def test_the_rate_is_per_10_000_words(written: Writer) -> None:
    assert plain_english.count([written("word " * 4999 + "whom")]).rate == 2.0


def test_code_and_templates_are_counted() -> None:
    names = plain_english.tracked()
    for name in (
        "Makefile",
        "template.yaml",
        "web/src/main.tsx",
        "tests/contracts/test_docs.py",
        "README.md",
    ):
        assert name in names
    assert "requirements/dev.lock" not in names
