"""Keys by which songs are looked for."""

import pytest

from unplugd.domain.finding import KEYS, compatible, place_of


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("8A", "8A"),
        ("8a", "8A"),
        ("12b", "12B"),
        ("A minor", "8A"),
        ("aminor", "8A"),
        ("Am", "8A"),
        ("C", "8B"),
        ("b", "1B"),
        ("bb", "6B"),
        ("Bbmin", "3A"),
        ("A#m", "3A"),
        ("F#m", "11A"),
        ("db maj", "3B"),
    ],
)
def test_a_key_is_read_as_people_write_it(text: str, place: str) -> None:
    assert place_of(text) == place


@pytest.mark.parametrize("text", ["", "H", "13A", "0A", "8C", "A dorian", "Cb", "#", "~8A", "8"])
def test_what_is_no_key_is_none(text: str) -> None:
    assert place_of(text) is None


def test_every_place_of_the_wheel_is_one_key() -> None:
    assert len(KEYS) == 24
    assert all(place_of(name) == place for place, name in KEYS.items())


@pytest.mark.parametrize(
    ("place", "others"),
    [("8A", {"7A", "9A", "8B"}), ("1B", {"12B", "2B", "1A"}), ("12A", {"11A", "1A", "12B"})],
)
def test_keys_that_mix_well_are_a_fifth_away_or_relative(place: str, others: set[str]) -> None:
    assert set(compatible(place)) == {place, *others}
