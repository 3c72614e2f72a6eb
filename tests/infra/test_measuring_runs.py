"""The state machine's runs that only measure."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.test_state_machine import OUTER, STATES, evaluate


@pytest.mark.parametrize(
    ("given", "variable"), [({"measureOnly": True}, "true"), ({"measureOnly": False}, ""), ({}, "")]
)
def test_only_a_run_that_measures_says_so_to_the_task(given: dict[str, Any], variable: str) -> None:
    computed = STATES["ValidateInput"]["Choices"][0]["Assign"]["measureOnly"]
    (asked,) = [
        one["Value"]
        for one in OUTER["RunDemucs"]["Assign"]["stage"]["environment"]
        if one["Name"] == "MEASURE_ONLY"
    ]
    assert evaluate(asked, measureOnly=evaluate(computed, states={"input": given})) == variable
