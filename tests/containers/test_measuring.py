"""The demucs stage measures the song it separated, and a fault of measuring costs the song nothing."""

from pathlib import Path
from typing import Any

from ml import Stopped
from ml.analysis import MEASURES, measure_song
from task import outcomes
from tests.containers.stand import Stand

NAME = "measurements.json"


def test_the_measurements_are_stored_and_listed(stand: Stand) -> None:
    stand.measure = measure_song
    stand.put_song()
    assert stand.demucs() == outcomes.DONE
    assert set(stand.read(NAME)) == {"version", *MEASURES}
    assert stand.read(NAME)["loudness"]["integrated"] < 0
    assert NAME in stand.read("manifest.json")["files"]
    assert NAME not in stand.read("manifest.json")["separation"]["files"]


def test_stems_and_original_are_what_is_measured(stand: Stand) -> None:
    asked: dict[str, Any] = {}

    def measure(source: dict[str, Path], mix: Path, **_more: Any) -> dict[str, Any]:
        asked.update({name: path.stat().st_size for name, path in source.items()}, mix=mix.suffix)
        return {"version": "1"}

    stand.measure = measure
    stand.put_song()
    assert stand.demucs() == outcomes.DONE
    assert asked.pop("mix") == ".flac"
    assert set(asked) == {"drums", "bass", "other", "vocals"}
    assert all(size > 44 for size in asked.values())


def test_a_fault_of_measuring_never_fails_the_song(stand: Stand) -> None:
    def broken(*_args: Any, **_more: Any) -> dict[str, Any]:
        raise MemoryError("no room")

    stand.measure = broken
    stand.put_song()
    assert stand.demucs() == outcomes.DONE
    assert NAME not in stand.names()
    assert NAME not in stand.read("manifest.json")["files"]
    assert [line for line in stand.logs if "could not be measured" in str(line)]
    assert stand.demucs() == outcomes.DONE
    assert stand.separations == 1  # a song without measurements is done


def test_a_stop_while_measuring_is_143(stand: Stand) -> None:
    def stopped(*_args: Any, **_more: Any) -> dict[str, Any]:
        raise Stopped

    stand.measure = stopped
    stand.put_song()
    assert stand.demucs() == outcomes.STOPPED
    assert "manifest.json" not in stand.names()
