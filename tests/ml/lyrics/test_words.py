"""Text into lines and units."""

import pytest

from ml.lyrics.words import lines_of, says_instrumental, weight


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Hello, dark  night", ["Hello,", "dark", "night"]),
        ("我爱你，再见 ok", ["我", "爱", "你，", "再", "见", "ok"]),
        ("「愛」してる", ["「愛」", "し", "て", "る"]),
        ("きゃっとー", ["きゃっ", "とー"]),
        ("東京Nightに", ["東", "京", "Night", "に"]),
        ("שלום לך עולם", ["שלום", "לך", "עולם"]),
        ("사랑해 너를", ["사랑해", "너를"]),
        ("ฉันรักเธอ มาก", ["ฉันรักเธอ", "มาก"]),
    ],
)
def test_units(text: str, units: list[str]) -> None:
    (line,) = lines_of(text)
    assert list(line.units) == units
    assert all(w > 0 for w in line.weights)


def test_lines_keep_their_order_and_blank_ones_go() -> None:
    assert [line.text for line in lines_of("one\n\n  two   words \n")] == ["one", "two words"]


@pytest.mark.parametrize(
    ("unit", "syllables"),
    [("strength", 1), ("banana", 3), ("愛", 1), ("привет", 2), ("été", 2), ("—", 0.25), ("שלום", 1.6)],
)
def test_weight_is_about_the_syllables(unit: str, syllables: float) -> None:
    assert weight(unit) == pytest.approx(syllables)


def test_a_tag_that_says_instrumental() -> None:
    assert says_instrumental("[Instrumental]")
    assert not says_instrumental("An instrumental night")
