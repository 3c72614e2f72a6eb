"""What the engine writes and what the room expects of it agree."""

from ml import analysis
from unplugd.domain import measurement
from unplugd.domain.files import MEASUREMENTS


def test_the_engine_and_the_room_know_the_same_measures() -> None:
    assert analysis.MEASURES == measurement.MEASURES
    assert MEASUREMENTS == "measurements.json"
