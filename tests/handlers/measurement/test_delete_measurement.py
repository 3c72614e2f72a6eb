"""DELETE /songs/{songId}/measurements/{measure}."""

from typing import Any

from tests.cloud import STRANGER, Cloud
from tests.handlers.measurement.conftest import DONE, MEASURED
from unplugd.domain.song import Status


def test_the_machines_value_comes_back(cloud: Cloud, put_song: Any, put_measured: Any, ask: Any) -> None:
    put_song(**DONE)
    put_measured()
    ask("put_measurement", value={"tonic": "A", "mode": "minor"})
    ask("put_measurement", "beats", value={"meter": 3})
    status, answer = ask("delete_measurement")
    machine = {"value": MEASURED["key"], "edited": [], "locked": []}
    assert (status, answer["measured"]) == (200, machine)
    row = cloud.row() or {}
    assert ("ownMusicKey" in row, row["musicKey"]) == (False, "C minor")
    assert ask("get_measurements")[1]["measures"]["beats"]["edited"] == ["meter"]


def test_an_unlocked_value_leaves_the_row_too(
    cloud: Cloud, put_song: Any, put_measured: Any, ask: Any
) -> None:
    put_song(**DONE)
    put_measured()
    ask("put_measurement", value={"tonic": "A", "mode": "minor"}, lock=False)
    assert (cloud.row() or {})["musicKey"] == "A minor"
    ask("delete_measurement")
    assert (cloud.row() or {})["musicKey"] == "C minor"


def test_deleting_twice_is_fine(cloud: Cloud, put_song: Any, put_measured: Any, ask: Any) -> None:
    put_song(**DONE)
    put_measured()
    ask("put_measurement", value={"tonic": "A", "mode": "minor"})
    assert ask("delete_measurement") == ask("delete_measurement")
    assert (cloud.row() or {})["editsVersion"] == 2


def test_what_nobody_knows_is_null(put_song: Any, ask: Any) -> None:
    put_song(status=Status.COMPLETED)
    assert ask("delete_measurement", "melody")[1]["measured"] is None


def test_it_is_refused_like_a_change(put_song: Any, ask: Any) -> None:
    put_song(status=Status.FAILED)
    assert ask("delete_measurement")[0] == 409
    assert ask("delete_measurement", "mood")[0] == 404


def test_another_persons_value_stays(cloud: Cloud, put_song: Any, ask: Any) -> None:
    put_song(**DONE, user_id=STRANGER)
    before = cloud.row(owner=STRANGER)
    assert ask("delete_measurement")[0] == 404
    assert cloud.row(owner=STRANGER) == before
