"""Reading bodies: for any JSON, a caller gets values of the right kind or an `Invalid` that names the field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unplugd.edge.fields import Fields
from unplugd.kernel.errors import Invalid

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["title", "sizeBytes", "language", "model", "other"]), JSON))
def test_any_json_gives_right_values_or_one_error(body: dict[str, Any]) -> None:
    fields = Fields(body)
    title = fields.text("title", max_length=10)
    size = fields.integer("sizeBytes", at_least=1)
    language = fields.pattern("language", "[a-z]{2}", says="must be two letters")
    model = fields.choice("model", {"a", "b"}, default="a")
    try:
        fields.done()
    except Invalid as error:
        assert error.details
        assert all(fault["field"] and fault["problem"] for fault in error.details)
        assert error.message.startswith(error.details[0]["field"])
    else:
        assert title is None or (0 < len(title) <= 10)
        assert isinstance(size, int)
        assert not isinstance(size, bool)
        assert language is None or len(language) == 2
        assert model in ("a", "b")
        assert "other" not in body


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("  a  ", "a"),
        ("a\x00\x1b[31mb", "a[31mb"),
        ("abc\u202egnp.mp3", "abcgnp.mp3"),
        ("e\u0301", "é"),
        ("שלום", "שלום"),
        ("👩‍🎤", "👩‍🎤"),
        ("\ud800x", "x"),
        (" \n ", None),
    ],
)
def test_text_is_cleaned_but_keeps_its_script(given_text: str, kept: str | None) -> None:
    assert Fields({"title": given_text}).text("title", max_length=200) == kept


def test_a_texts_limit_counts_what_was_sent() -> None:
    """So that a schema's maxLength says exactly what is taken."""
    assert Fields({"title": " " * 9 + "a"}).text("title", max_length=10) == "a"
    for too_long in (" " * 10 + "a", "\x00" * 11):
        fields = Fields({"title": too_long})
        fields.text("title", max_length=10)
        with pytest.raises(Invalid, match="at most 10 characters"):
            fields.done()


@pytest.mark.parametrize(("sent", "read"), [(1, 1), (7.0, 7), (1e3, 1000)])
def test_a_whole_number_is_one_however_it_is_written(sent: float, read: int) -> None:
    fields = Fields({"sizeBytes": sent})
    assert fields.integer("sizeBytes", at_least=1) == read
    fields.done()


@pytest.mark.parametrize("sent", [True, 1.5, "1", None, 0, float("inf")])
def test_anything_else_is_none(sent: object) -> None:
    fields = Fields({"sizeBytes": sent})
    fields.integer("sizeBytes", at_least=1)
    with pytest.raises(Invalid, match="sizeBytes"):
        fields.done()
