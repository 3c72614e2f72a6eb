"""What is deployed has the shape that was looked at last: a resource, a name or a permission never changes unseen."""

from __future__ import annotations

import pytest

from tests.infra import shape
from tests.infra.templates import TEMPLATES


def test_each_template_has_its_shape() -> None:
    assert {path.stem for path in shape.FOLDER.glob("*.txt")} == set(TEMPLATES)


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_shape_is_the_one_that_was_looked_at(template: str) -> None:
    kept = (shape.FOLDER / f"{template}.txt").read_text(encoding="utf-8")
    assert shape.text(template) == kept, "python -m tests.infra.shape rewrites it; read the difference"


def test_a_shape_says_what_a_role_may_do() -> None:
    assert (
        "may  GetUsageFunctionRole: Allow dynamodb:GetItem on dynamodb:…:table/${SongsTableName}"
        in shape.lines("account")
    )
