"""The folder of weights: a model is there whole or not at all, and what is damaged is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from ml.models import ModelError, WrongHash
from ml.models.store import Model, ModelStore


def install(
    store: ModelStore, name: str = "base", kind: str = "whisper", content: bytes = b"weights"
) -> Model:
    def fill(folder: Path) -> Mapping[str, str]:
        (folder / "model.bin").write_bytes(content)
        (folder / "tokenizer.json").write_bytes(b"{}")
        return {"model.bin": "sha256 abc", "tokenizer.json": "git-blob def"}

    return store.install(
        name,
        kind,
        origin="somewhere",
        revision="r1",
        proved="the hub's revision and etag",
        bag=None,
        fill=fill,
    )


def test_what_is_installed_is_found_listed_and_whole(store: ModelStore) -> None:
    assert store.find("base") is None
    assert store.list() == []
    made = install(store)
    assert store.find("base") == made
    assert store.list() == [made]
    assert made.size_bytes == 9
    assert len(made.sha256) == 64
    assert made.files["model.bin"].published == "sha256 abc"
    made.verify()


def test_damage_and_loss_are_named(store: ModelStore) -> None:
    made = install(store)
    (made.folder / "model.bin").write_bytes(b"weightz")
    with pytest.raises(WrongHash, match=r"base's file model\.bin is damaged.*make models MODELS=base"):
        made.verify()
    (made.folder / "tokenizer.json").unlink()
    (made.folder / "model.bin").write_bytes(b"weights")
    with pytest.raises(WrongHash, match=r"lacks its file tokenizer\.json"):
        made.verify()


def test_a_new_model_replaces_the_old_and_a_failed_one_does_not(store: ModelStore) -> None:
    old = install(store)
    new = install(store, content=b"better")
    assert store.find("base") == new != old

    def fails(folder: Path) -> Mapping[str, str]:
        (folder / "model.bin").write_bytes(b"half")
        raise OSError("the disk went")

    with pytest.raises(OSError, match="the disk went"):
        store.install("base", "whisper", origin="", revision=None, proved="", bag=None, fill=fails)
    assert store.find("base") == new
    new.verify()
    assert [path.name for path in store.folder.iterdir()] == ["base"]


def test_the_best_is_the_first_of_an_order_that_is_there(store: ModelStore) -> None:
    install(store, "tiny")
    install(store, "small")
    install(store, "htdemucs", "demucs")
    best = store.best(("medium", "small", "tiny"), "whisper")
    assert best is not None and best.name == "small"
    assert store.best(("medium",), "whisper") is None
    assert store.best(("htdemucs",), "whisper") is None


@pytest.mark.parametrize("name", ["../base", "", ".hidden", "a/b", "x" * 65])
def test_a_name_never_leaves_the_folder(store: ModelStore, name: str) -> None:
    assert store.find(name) is None
    with pytest.raises(ModelError, match="cannot be a model's name"):
        store.workshop(name)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "name": "base", "files": {}}']
)
def test_a_foreign_manifest_is_refused_and_left_out_of_the_list(store: ModelStore, text: str) -> None:
    folder = store.folder / "base"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ModelError, match="not a manifest of ours"):
        store.find("base")
    assert store.list() == []


def test_a_manifest_cannot_name_files_elsewhere(store: ModelStore) -> None:
    install(store)
    path = store.folder / "base" / "manifest.json"
    path.write_text(path.read_text().replace("model.bin", "../../secret"))
    with pytest.raises(ModelError):
        store.find("base")
