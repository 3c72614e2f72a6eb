"""The normal form of an answer, and what counts as one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unplugd.practice import answers


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("dont stop me now", "Don't Stop Me Now (Remastered 2011)"),
        ("beyonce", "BEYONCÉ"),
        ("strasse", "Straße"),
        ("rock and roll", "Rock & Roll"),
        ("crazy in love", "Crazy in Love feat. Jay-Z"),
        ("crazy in love", "Crazy in Love (ft. Jay-Z) [Live]"),
        ("οδυσσευσ", "Ὀδυσσεύς"),
        ("istanbul", "İstanbul"),
        ("ａｂｃ", "abc"),
        ("(untitled)", "(Untitled)"),
        ("feather", "Feather"),
        ("99 luftballons", "99 Luftballons!"),
        ("!!!", "!!!"),
        ("ガガ", "カ\u3099カ\u3099"),
    ],
)
def test_what_is_typed_means_the_title(typed: str, title: str) -> None:
    assert answers.normal(typed) == answers.normal(title)


@pytest.mark.parametrize(("one", "another"), [("カ", "ガ"), ("bad", "bed"), ("7", "8"), ("!!!", "???")])
def test_different_answers_stay_different(one: str, another: str) -> None:
    assert answers.normal(one) != answers.normal(another)


def test_a_title_may_be_named_without_article_and_addition() -> None:
    assert answers.titles("The Chain - 2004 Remaster") == {
        "the chain 2004 remaster",
        "chain 2004 remaster",
        "chain",
    }
    assert answers.titles("A") == {"a"}
    assert answers.titles("") == {""}


def test_one_of_several_artists_is_enough() -> None:
    found = answers.artists("Simon & Garfunkel, The Band")
    assert {"simon", "garfunkel", "band", "the band", "simon and garfunkel the band"} <= found


@given(st.text(max_size=40))
def test_the_form_is_the_same_however_a_text_is_composed(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert answers.normal(decomposed) == answers.normal(unicodedata.normalize("NFC", text))


@given(st.text(max_size=40))
def test_a_title_has_an_answer_unless_it_is_blank(text: str) -> None:
    assert answers.hashes(answers.titles(text), "salt") or not text.split() or not answers.normal(text)


def test_hashes_need_the_salt() -> None:
    assert answers.hashes({"abba"}, "a") != answers.hashes({"abba"}, "b")
    assert answers.hashes({""}, "a") == []
