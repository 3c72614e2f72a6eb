"""`unplugd models`: what it brings, what it says, and what it says when it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import doctor, main
from cli.models import model_folder


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MODEL_DIR", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with what a Whisper is made of."""
    made = tmp_path / "source"
    made.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
        (made / name).write_text(f"{name} itself")
    return made


def test_a_model_is_taken_from_a_folder_listed_and_checked(
    source: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "base", "--from", str(source)]) == 0
    text = capsys.readouterr().out
    assert "Ready: base" in text and "proved by nothing: no hash is published" in text
    assert main(["models", "--verify"]) == 0
    assert capsys.readouterr().out.startswith("Whole: base")
    assert "a folder on this machine" in (doctor.weights().detail)
    (folder / "base" / "model.bin").write_text("model.bin itsel_")
    assert main(["models", "--verify"]) == 1
    assert "base's file model.bin is damaged" in capsys.readouterr().err


def test_nothing_here_says_how_to_get_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--list"]) == 0
    assert "make models fetches htdemucs_ft and base" in capsys.readouterr().out
    assert doctor.weights().state == "note"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing"], "No model is published as 'nothing'"),
        (["base", "--from", "/no/such/folder"], "/no/such/folder is not a folder."),
        (["--verify", "base"], "base is not in "),
    ],
)
def test_a_fault_is_one_sentence(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", *arguments]) == 1
    assert says in capsys.readouterr().err


def test_a_process_without_the_packages_says_what_is_missing(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["models", "base", "--from", str(source)])
    monkeypatch.setattr("ml.lyrics.whisper.find_spec", lambda _name: None)
    check = doctor.lyrics()
    assert check.state == "note"
    assert check.advice == "The weights of base are here, its packages are not: make models"


def test_the_folder_is_the_repositorys_unless_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert model_folder() == tmp_path / "models"
    monkeypatch.delenv("MODEL_DIR")
    assert model_folder() == Path(__file__).resolve().parents[2] / "models"
