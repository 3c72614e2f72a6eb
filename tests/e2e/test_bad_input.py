"""Any bad input gets a status and a sentence, and leaves nothing behind.

docs/bad-input.md is the table of what was seen here: `WRITE_DOCS=1 pytest tests/e2e/test_bad_input.py` writes it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.bad_cases import ACCEPTED, CALLS, REFUSED, Call, Upload
from tests.e2e.bad_desk import Desk, Row
from tests.e2e.bad_links import TRIES, Try, attempt

pytestmark = pytest.mark.stack

PAGE = Path(__file__).resolve().parents[2] / "docs" / "bad-input.md"
BEGIN, END = "<!-- generated -->", "<!-- end -->"
SENTENCE = re.compile(r"[A-Z][^{}<>]+\.")
ABOUT_A_FIELD = re.compile(r"[\w/?.]+ (must|is) [^{}<>]+")  # begins with the field's own name
INTERNAL = re.compile(r"arn:|Traceback|unplugd-|boto|lambda", re.IGNORECASE)


@pytest.fixture(scope="module")
def desk(visitor: Callable[[str], Any], admin: Callable[[str], Any]) -> Desk:
    person = visitor("eve")
    return Desk(person.session, person.token, admin)


@pytest.fixture(scope="module")
def seen(desk: Desk) -> dict[str, Row]:
    """Everything is sent once. Songs wait for each other, not for us, so what the stack can do at once it does."""
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(desk.send, (*ACCEPTED, *REFUSED)))
        tried = list(pool.map(lambda case: attempt(desk, case), TRIES))
        asked = list(pool.map(desk.ask, CALLS))
        ends = list(pool.map(lambda one: desk.result(*one), sent))
    cases = (*ACCEPTED, *REFUSED, *TRIES, *CALLS)
    assert len({case.name for case in cases}) == len(cases)
    return {case.name: row for case, row in zip(cases, [*ends, *tried, *asked], strict=True)}


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_bad_file_fails_with_its_reason_and_nothing_stays(case: Upload, seen: dict[str, Row]) -> None:
    row = seen[case.name]
    assert (row.answer, row.status, row.code) == (200, "FAILED", case.code)
    assert SENTENCE.fullmatch(row.sentence)
    assert row.left == ""


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.name)
def test_an_odd_file_becomes_a_song_of_its_length(case: Upload, seen: dict[str, Row]) -> None:
    row = seen[case.name]
    assert (row.answer, row.status, row.code) == (200, "COMPLETED", "")
    assert row.title == case.title
    assert len(set(row.frames)) == 1
    if case.frames:
        assert set(row.frames) == {case.frames}
    assert "uploads/" not in row.left


@pytest.mark.parametrize("case", CALLS, ids=lambda case: case.name)
def test_a_bad_call_is_answered_with_a_sentence(case: Call, seen: dict[str, Row]) -> None:
    row = seen[case.name]
    assert (row.answer, row.code) == (case.status, case.error)
    assert SENTENCE.fullmatch(row.sentence) or ABOUT_A_FIELD.fullmatch(row.sentence)
    assert not INTERNAL.search(row.sentence)


@pytest.mark.parametrize("case", TRIES, ids=lambda case: case.name)
def test_a_link_is_good_for_one_file_once(case: Try, seen: dict[str, Row]) -> None:
    row = seen[case.name]
    assert (row.answer, row.status) == (case.status, case.song)
    assert row.left == ""


def test_nothing_is_left_behind(desk: Desk, seen: dict[str, Row]) -> None:
    assert desk.uploads_left() == []
    assert desk.slots_taken() == 0
    assert desk.dead_letters() == {}
    pending = desk.call("GET", "/songs?status=PENDING_UPLOAD").json()["data"]
    assert pending == []


def test_the_page_shows_what_was_seen(seen: dict[str, Row]) -> None:
    head, _, rest = PAGE.read_text().partition(BEGIN)
    tail = rest.partition(END)[2]
    page = head + BEGIN + "\n\n" + "\n".join(tables(seen)) + "\n" + END + tail
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "docs/bad-input.md is not what was seen: WRITE_DOCS=1 writes it again"


def tables(seen: dict[str, Row]) -> Iterator[str]:
    """The page's three tables."""
    yield from _table("Files", ("input", "S3", "song", "errorCode", "message"))
    for case in (*REFUSED, *ACCEPTED):
        row = seen[case.name]
        yield _line(case.name, row.answer, row.status, row.code, row.sentence)
    yield from _table("Links", ("attempt", "answer", "code", "song afterwards"))
    for one in TRIES:
        row = seen[one.name]
        yield _line(one.name, row.answer, row.code, row.status or "gone")
    yield from _table("Calls", ("input", "status", "error", "message"))
    for call in CALLS:
        row = seen[call.name]
        yield _line(call.name, row.answer, row.code, row.sentence)
    yield ""


def _table(title: str, heads: tuple[str, ...]) -> Iterator[str]:
    yield from (f"## {title}", "") if title == "Files" else ("", f"## {title}", "")
    yield _line(*heads)
    yield "|" + "---|" * len(heads)


def _line(*cells: Any) -> str:
    texts = (str(cell).encode("utf-8", "replace").decode().replace("|", "\\|") for cell in cells)
    return "| " + " | ".join(texts) + " |"
