"""The measure stage: a finished song is measured from its stems, and nothing else of it changes."""

import math
from pathlib import Path
from typing import Any

import pytest

from audiofile.measuring import ENGINE_VERSION
from ml import Stopped
from ml.analysis import MEASURES, measure_song
from task import outcomes
from tests.containers.stand import OUTPUT, PREFIX, Stand, separate

NAME = "measurements.json"
FOUND = {"version": str(ENGINE_VERSION), "loudness": {"integrated": -14.0, "range": 3.0, "truePeak": None}}


def measure(_stems: dict[str, Path], **_more: Any) -> dict[str, Any]:
    return dict(FOUND)


def finish(stand: Stand) -> None:
    """A song that is separated and has lyrics, and was never measured; its original is deleted."""
    stand.put_song()
    assert stand.demucs() == outcomes.DONE
    assert stand.whisper() == outcomes.DONE
    assert NAME not in stand.names()


def test_a_finished_song_is_measured_from_its_stems(stand: Stand) -> None:
    finish(stand)
    before = stand.versions()
    assert stand.measuring() == outcomes.DONE
    assert set(stand.read(NAME)) == {"version", *MEASURES}
    assert NAME in stand.read("manifest.json")["files"]
    untouched = {f"{PREFIX}{name}" for name in stand.names()} - {PREFIX + NAME, f"{PREFIX}manifest.json"}
    after = stand.versions()
    assert {key: after[key] for key in untouched} == {key: before[key] for key in untouched}
    assert (stand.separations, stand.transcriptions) == (1, 1)


def test_the_manifest_keeps_all_that_it_said(stand: Stand) -> None:
    finish(stand)
    before = stand.read("manifest.json")
    assert stand.measuring(measure) == outcomes.DONE
    after = stand.read("manifest.json")
    assert after["files"].pop(NAME)
    assert after == before


def test_it_says_that_it_measures(stand: Stand) -> None:
    finish(stand)
    assert stand.measuring(measure) == outcomes.DONE
    last = stand.progress.calls[-1]["Payload"]
    assert (last["stage"], last["progress"]) == ("measure", 100)


def test_what_this_engine_measured_is_not_measured_again(stand: Stand) -> None:
    finish(stand)
    assert stand.measuring(measure) == outcomes.DONE

    def never(*_args: Any, **_more: Any) -> dict[str, Any]:
        raise AssertionError

    assert stand.measuring(never) == outcomes.DONE


@pytest.mark.parametrize("older", [b'{"version": "0"}', b"{}", b"no JSON"])
def test_what_an_older_engine_measured_is_measured_again(stand: Stand, older: bytes) -> None:
    finish(stand)
    assert stand.measuring(measure) == outcomes.DONE
    path = stand.root / NAME
    path.write_bytes(older)
    stand.s3.upload_file(str(path), OUTPUT, PREFIX + NAME)
    assert stand.measuring(measure) == outcomes.DONE
    assert stand.read(NAME) == FOUND


def test_the_loudness_is_the_songs_own_if_stems_are_turned_down(stand: Stand) -> None:
    def half(*args: Any, **more: Any) -> Any:
        import dataclasses

        return dataclasses.replace(separate(*args, **more), gain=0.5)

    stand.separate = half
    finish(stand)
    assert stand.measuring(measure) == outcomes.DONE
    louder = FOUND["loudness"] | {"integrated": round(-14.0 + 20 * math.log10(2), 2)}  # type: ignore[operator]
    assert stand.read(NAME)["loudness"] == louder


def test_a_new_song_and_a_finished_one_are_equally_loud(stand: Stand) -> None:
    stand.measure = measure_song
    stand.put_song()
    assert stand.demucs() == outcomes.DONE
    new = stand.read(NAME)["loudness"]
    stand.s3.delete_object(Bucket=OUTPUT, Key=PREFIX + NAME)
    assert stand.measuring() == outcomes.DONE
    assert stand.read(NAME)["loudness"]["integrated"] == pytest.approx(new["integrated"], abs=0.1)


def test_a_song_without_stems_is_refused_once_and_for_all(stand: Stand) -> None:
    assert stand.measuring(measure) == outcomes.BAD_INPUT
    assert stand.read("failure.json")["errorCode"] == "STEMS_MISSING"


def test_a_stem_that_has_gone_is_refused_too(stand: Stand) -> None:
    finish(stand)
    stand.s3.delete_object(Bucket=OUTPUT, Key=f"{PREFIX}bass.wav")
    assert stand.measuring(measure) == outcomes.BAD_INPUT
    assert NAME not in stand.read("manifest.json")["files"]


def test_measurements_of_nothing_replace_none(stand: Stand) -> None:
    finish(stand)
    assert stand.measuring(measure) == outcomes.DONE
    stand.s3.put_object(Bucket=OUTPUT, Key=PREFIX + NAME, Body=b'{"version": "0"}')

    def failing(*_args: Any, **_more: Any) -> dict[str, Any]:
        return {"version": "1"} | {name: {"error": "Not this time."} for name in MEASURES}

    assert stand.measuring(failing) == outcomes.TEMPORARY
    assert stand.read(NAME) == {"version": "0"}


def test_a_stop_is_143_and_changes_nothing(stand: Stand) -> None:
    finish(stand)
    before = stand.versions()

    def stopped(*_args: Any, **_more: Any) -> dict[str, Any]:
        raise Stopped

    assert stand.measuring(stopped) == outcomes.STOPPED
    assert stand.versions() == before
