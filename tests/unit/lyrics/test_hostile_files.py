"""Lyrics files that would cost a reader more than their size: the work is counted, not timed."""

from __future__ import annotations

import json
import unicodedata

import pytest

from lyricsfile import reading
from lyricsfile.files import read


@pytest.mark.parametrize("marks", ["\u0301\u0323", "\u0344\u0f73", "\u0323-\u0301"])
def test_marks_without_end_are_cut_before_they_are_sorted(
    marks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Composing sorts the marks of a letter: 18,000 of them in each of 15 lines took 24 s."""
    work = 0
    normalize = unicodedata.normalize

    def counted(form: str, text: str) -> str:
        nonlocal work
        run = 0
        for char in text:
            run = run + 1 if unicodedata.combining(char) else 0
            work += run
        return normalize(form, text)

    monkeypatch.setattr(reading.unicodedata, "normalize", counted)
    text = "la" + marks * 9_000
    lines, _ = read("\n".join([text[:19_000]] * 3))
    assert len(lines) == 3
    lines, _ = read(json.dumps({"segments": [{"text": text, "start": 1, "end": 2}]}))
    assert work < 30 * 5 * 3 * len(text)
    assert lines[0].text.startswith("l")


def test_marks_of_real_scripts_stay() -> None:
    text = "Z\u0351\u036b\u0343\u036a\u0302 a\u0323\u0302 \u0e01\u0e33\u0e25\u0e31\u0e07 \u0928\u093f"
    assert reading.clean(text) == unicodedata.normalize("NFC", text)
