"""What the engine writes and what the room expects of it agree."""

import pytest

from ml import analysis
from unplugd.domain import measurement
from unplugd.domain.files import MEASUREMENTS


def test_the_engine_and_the_room_know_the_same_measures() -> None:
    assert analysis.MEASURES == measurement.MEASURES
    assert MEASUREMENTS == "measurements.json"


def test_both_go_by_one_version() -> None:
    assert measurement.version_of({"version": analysis.VERSION}) == measurement.ENGINE_VERSION


@pytest.mark.parametrize(
    "document", [None, [], {}, {"version": 1}, {"version": "x"}, {"version": "²"}, {"version": "9" * 5000}]
)
def test_a_document_of_nobody_has_no_version(document: object) -> None:
    assert measurement.version_of(document) == 0
