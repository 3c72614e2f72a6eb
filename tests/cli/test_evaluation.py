"""`unplugd evaluate`: the table, the JSON, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import main
from tests.ml.evaluation.songs import poor_stems, true_stems, write


@pytest.fixture(autouse=True)
def no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_DIR", str(tmp_path / "no-models"))


@pytest.fixture
def songs(tmp_path: Path) -> tuple[str, str]:
    """Two songs' true stems and estimates; the second has perfect estimates and no singer."""
    true = true_stems(1.5)
    write(tmp_path / "true" / "one", true)
    write(tmp_path / "made" / "one", poor_stems(true))
    write(tmp_path / "made" / "two", {**true, "vocals": 0 * true["vocals"]})
    del true["vocals"]
    write(tmp_path / "true" / "two", true)
    return str(tmp_path / "true"), str(tmp_path / "made")


def test_a_table_of_songs_and_their_medians(
    songs: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *songs]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "one (1.5 s, 1 windows)" in lines and "Median of 2 songs" in lines
    vocals = [line.split() for line in lines if line.startswith("vocals")]
    assert [row[-1] for row in vocals] == ["-", "-inf", "-inf"]
    assert vocals[1][1:-1] == ["-"] * 5
    assert vocals[0][1:-1] == vocals[2][1:-1]


def test_the_same_for_programs(songs: tuple[str, str], tmp_path: Path) -> None:
    assert main(["evaluate", *songs, "--json", str(tmp_path / "figures.json")]) == 0
    made = json.loads((tmp_path / "figures.json").read_text())
    assert [song["name"] for song in made["songs"]] == ["one", "two"]
    two = made["songs"][1]["stems"]
    assert two["vocals"] == {
        "sdr": None, "sdr_median": None, "si_sdr": None, "sdr_of_mix": None, "bleed": None, "leakage": -200,
    }  # fmt: skip
    assert two["drums"]["si_sdr"] == 200  # infinite
    one = made["songs"][0]["stems"]["bass"]["sdr"]
    assert made["median"]["bass"]["sdr"] == pytest.approx((one + two["bass"]["sdr"]) / 2, abs=1e-3)


def test_a_model_makes_the_estimates(songs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", f"{songs[0]}/one", "--model", "preview"]) == 0
    assert "one (1.5 s, 1 windows)" in capsys.readouterr().out


@pytest.mark.parametrize("how", [["made"], ["--model", "preview"]])
def test_a_bad_song_does_not_hide_the_figures_of_good_ones(
    songs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], how: list[str]
) -> None:
    (tmp_path / "true" / "two" / "bass.wav").write_text("no sound")
    estimates = [songs[1]] if how == ["made"] else how
    assert main(["evaluate", songs[0], *estimates, "--json", str(tmp_path / "figures.json")]) == 1
    shown = capsys.readouterr()
    assert "one (1.5 s, 1 windows)" in shown.out
    assert "two/bass.wav: This file is not" in shown.err
    made = json.loads((tmp_path / "figures.json").read_text())
    assert [song["name"] for song in made["songs"]] == ["one"]


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ([], "Name either a folder of stems to compare, or --model to make them with."),
        (["made", "--model", "preview"], "Name either a folder of stems"),
        (["nowhere"], "nowhere is not a folder."),
        (["made", "--json", "nowhere/x.json"], "There is no folder"),
        (["--model", "nonsense"], "The separation model 'nonsense' is not installed here."),
    ],
)
def test_what_it_refuses(
    songs: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    rest: list[str], says: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", "true", *rest]) == 1
    assert says in capsys.readouterr().err
