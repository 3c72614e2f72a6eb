"""GET /songs/{songId}/measurements."""

from typing import Any

import pytest

from tests.cloud import SONG, STRANGER, Cloud
from tests.handlers.measurement.conftest import DONE, MEASURED
from unplugd.domain.measurement import MEASURES
from unplugd.domain.song import Status
from unplugd.kernel.errors import Transient


def test_what_was_measured_is_shown(cloud: Cloud, put_song: Any, put_measured: Any, ask: Any) -> None:
    put_song(**DONE)
    put_measured()
    status, answer = ask("get_measurements")
    assert (status, answer["songId"], answer["measuredAt"]) == (200, SONG, DONE["measured_at"])
    for measure in MEASURES:
        shown = answer["measures"][measure]
        assert shown == {"value": MEASURED[measure], "edited": [], "locked": []}


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.PENDING_UPLOAD])
def test_a_song_that_was_not_measured_has_nulls(put_song: Any, ask: Any, status: Status) -> None:
    put_song(status=status)
    assert ask("get_measurements") == (
        200,
        {"songId": SONG, "measuredAt": None, "measures": dict.fromkeys(MEASURES)},
    )


def test_a_measure_that_failed_is_null_and_can_be_set(put_song: Any, put_measured: Any, ask: Any) -> None:
    failed = {"error": "This could not be measured (ValueError)."}
    put_song(**DONE)
    put_measured(MEASURED | {"beats": failed, "chords": failed})
    measures = ask("get_measurements")[1]["measures"]
    assert (measures["beats"], measures["chords"], measures["key"]["value"]) == (None, None, MEASURED["key"])
    ask("put_measurement", "beats", value={"meter": 3})
    assert ask("get_measurements")[1]["measures"]["beats"]["value"] == {"meter": 3}


def test_another_persons_song_is_no_song(put_song: Any, put_measured: Any, ask: Any) -> None:
    put_song(**DONE, user_id=STRANGER)
    put_measured()
    status, answer = ask("get_measurements")
    assert (status, answer["error"]) == (404, "not_found")


def test_a_file_that_is_no_json_says_nothing(put_song: Any, put_measured: Any, ask: Any) -> None:
    put_song(**DONE)
    put_measured(b"\xff{")
    assert ask("get_measurements")[1]["measures"] == dict.fromkeys(MEASURES)


@pytest.mark.parametrize("what", ["table", "bucket"])
def test_a_fault_is_503_and_no_empty_success(
    put_song: Any, ask: Any, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise Transient("Not now.")

    put_song(**DONE)
    place = {"table": "song_table.SongTable.get", "bucket": "objects.Objects.read_json"}[what]
    monkeypatch.setattr(f"unplugd.aws.{place}", fail)
    status, answer = ask("get_measurements")
    assert (status, answer["error"]) == (503, "try_again")
