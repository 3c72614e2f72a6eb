"""`make check-aws` says what does not hold, and ends with a fault then."""

from __future__ import annotations

import pytest

from tests.check_aws import __main__ as checks


def fails() -> str:
    raise checks.Unproved("this does not hold")


def test_each_claim_is_one_line_and_a_broken_one_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = (
        checks.Claim("all is well", "by looking", lambda: "twice"),
        checks.Claim("nothing breaks", "by trying", fails),
        checks.Claim("the last one", "in order", lambda: ""),
    )
    monkeypatch.setattr(checks, "CLAIMS", claims)
    assert checks.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "proved  all is well (by looking; twice)",
        "FAILED  nothing breaks (by trying)",
        "this does not hold",
        "proved  the last one (in order)",
    ]
    monkeypatch.setattr(checks, "CLAIMS", claims[:1])
    assert checks.main() == 0


def test_a_command_that_fails_proves_nothing() -> None:
    with pytest.raises(checks.Unproved, match="no such thing"):
        checks.command("sh", "-c", "echo no such thing; exit 3")()
    assert checks.command("true")() == ""


def test_every_test_that_is_named_exists() -> None:
    named = [
        word for claim in checks.CLAIMS for word in claim.how.replace(",", " ").split() if "tests/" in word
    ]
    assert [name for name in named if not (checks.ROOT / name.strip("()")).exists()] == []
