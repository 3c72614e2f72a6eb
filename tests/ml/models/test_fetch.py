"""From a published name, or a folder, to a model in the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.models import ModelError, NoSpace, NotPublished, WrongHash
from ml.models import fetch as fetching
from ml.models.adopt import adopt
from ml.models.fetch import HUB_ETAG, PUBLISHED_PREFIX, fetch
from ml.models.prepare import UnsafeWeights, to_safetensors
from ml.models.sources import DEFAULT, DEMUCS, KINDS, LYRICS_ORDER, PUBLIC, SEPARATION_ORDER, WHISPER
from ml.models.store import ModelStore
from tests.ml.models.hosts import REVISION, Host

WHISPER_FILES = {
    "model.bin": b"numbers" * 1000,
    "config.json": b"{}",
    "tokenizer.json": b'{"a": 1}',
    "vocabulary.txt": b"a\nb\n",
    "README.md": b"not wanted",
}


@pytest.fixture
def hub(host: Host) -> Host:
    host.publish_on_hub(WHISPER["base"], WHISPER_FILES, large=("model.bin",))
    return host


def test_a_whisper_is_fetched_at_one_revision_and_listed_as_such(hub: Host, store: ModelStore) -> None:
    seen: set[str] = set()
    made = fetch(store, "base", hosts=hub.hosts, progress=lambda file, _done, _all: seen.add(file))
    assert set(made.files) == seen == set(WHISPER_FILES) - {"README.md"}
    assert (made.kind, made.revision, made.proved) == ("whisper", REVISION, HUB_ETAG)
    assert made.files["model.bin"].published.startswith("sha256 ")
    assert made.files["config.json"].published.startswith("git-blob ")
    made.verify()
    assert [path.name for path in store.folder.iterdir()] == ["base"]
    hub.asked.clear()
    assert fetch(store, "base", hosts=hub.hosts) == made
    assert hub.asked == []


def test_a_damaged_model_is_fetched_again(hub: Host, store: ModelStore) -> None:
    made = fetch(store, "base", hosts=hub.hosts)
    (made.folder / "model.bin").write_bytes(b"scratch")
    fetch(store, "base", hosts=hub.hosts).verify()


def test_a_file_that_is_not_what_the_hub_lists_is_refused(hub: Host, store: ModelStore) -> None:
    hub.files[f"/hub/{WHISPER['base']}/resolve/{REVISION}/model.bin"] = b"numberz" * 1000
    with pytest.raises(WrongHash):
        fetch(store, "base", hosts=hub.hosts)
    assert store.find("base") is None


def test_a_repository_that_lacks_files_or_answers_nonsense(hub: Host, store: ModelStore) -> None:
    hub.publish_on_hub(WHISPER["tiny"], {"model.bin": b"x"})
    with pytest.raises(NotPublished, match=r"lacks config\.json, tokenizer\.json"):
        fetch(store, "tiny", hosts=hub.hosts)
    for path, text in (
        ("revision/main", b"<html>"),
        ("revision/main", b"[]"),
        (f"tree/{REVISION}", b'[{"type": 1}]'),
    ):
        kept = dict(hub.files)
        hub.files[f"/hub/api/models/{WHISPER['base']}/{path}"] = text
        with pytest.raises(ModelError):
            fetch(store, "base", hosts=hub.hosts)
        hub.files.clear()
        hub.files.update(kept)


def test_space_is_looked_for_before_the_first_byte(hub: Host, store: ModelStore) -> None:
    with pytest.raises(NoSpace):
        fetch(store, "base", hosts=hub.hosts, free=lambda _folder: 1000)
    assert not any("resolve" in path for path, _ in hub.asked)


def test_demucs_comes_from_its_own_host_by_the_hash_in_its_name(
    host: Host, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pickle of the right name and the wrong content never reaches the unpickler."""
    host.files["/demucs/hybrid_transformer/955717e8-8726e21a.th"] = b"not these weights"
    monkeypatch.setattr(fetching, "to_safetensors", lambda *_: pytest.fail("it was read"))
    with pytest.raises(WrongHash, match=r"955717e8-8726e21a\.th"):
        fetch(store, "htdemucs", hosts=host.hosts)
    assert store.find("htdemucs") is None


def test_what_demucs_own_host_lacks_comes_from_the_hub(host: Host, store: ModelStore) -> None:
    host.publish_on_hub(
        DEMUCS["htdemucs"].hub, {"955717e8.safetensors": b"tensors"}, large=("955717e8.safetensors",)
    )
    made = fetch(store, "htdemucs", hosts=host.hosts)
    assert (made.proved, made.revision) == (HUB_ETAG, REVISION)
    assert made.bag == {"models": ["955717e8"], "weights": None, "segment": None}
    assert host.asked[0][0] == "/demucs/hybrid_transformer/955717e8-8726e21a.th"


def test_the_hub_can_be_asked_first(host: Host, store: ModelStore) -> None:
    host.publish_on_hub(
        DEMUCS["htdemucs"].hub, {"955717e8.safetensors": b"tensors"}, large=("955717e8.safetensors",)
    )
    fetch(store, "htdemucs", hosts=host.hosts, from_hub=True)
    assert not any(path.startswith("/demucs") for path, _ in host.asked)


def test_an_unknown_name_names_the_known(store: ModelStore) -> None:
    with pytest.raises(ModelError, match=r"'large-v9'.*htdemucs_ft.*base"):
        fetch(store, "large-v9")


def test_the_published_names_agree_with_each_other() -> None:
    assert set(DEFAULT) <= set(KINDS)
    assert {*SEPARATION_ORDER, "htdemucs_6s"} == set(DEMUCS)
    assert set(LYRICS_ORDER) == set(WHISPER)
    assert all(host.startswith("https://") for host in (PUBLIC.demucs, PUBLIC.hub))
    for bag in DEMUCS.values():
        assert all(len(signature) == len(prefix) == 8 for signature, prefix in bag.members)
        assert bag.weights is None or len(bag.weights) == len(bag.members)
    assert PUBLISHED_PREFIX != HUB_ETAG


def test_a_whisper_is_taken_from_a_folder_which_stays(tmp_path: Path, store: ModelStore) -> None:
    source = tmp_path / "base"
    source.mkdir()
    for name, content in WHISPER_FILES.items():
        (source / name).write_bytes(content)
    for given in (source, tmp_path):
        made = adopt(store, "base", given)
        assert set(made.files) == set(WHISPER_FILES) - {"README.md"}
        assert made.proved.startswith("nothing")
    assert (source / "model.bin").exists()
    (source / "tokenizer.json").unlink()
    with pytest.raises(NotPublished, match=r"lacks tokenizer\.json"):
        adopt(store, "base", source)
    made.verify()


def test_a_hubs_cache_which_is_links_becomes_files(tmp_path: Path, store: ModelStore) -> None:
    snapshot, blobs = tmp_path / "snapshots" / REVISION, tmp_path / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for name, content in WHISPER_FILES.items():
        (blobs / f"b-{name}").write_bytes(content)
        (snapshot / name).symlink_to(Path("../../blobs") / f"b-{name}")
    made = adopt(store, "base", snapshot)
    assert not any((made.folder / name).is_symlink() for name in made.files)
    made.verify()


def test_a_folder_that_does_not_hold_it_says_what_is_missing(tmp_path: Path, store: ModelStore) -> None:
    with pytest.raises(ModelError, match="is not a folder"):
        adopt(store, "base", tmp_path / "none")
    with pytest.raises(NotPublished, match=r"holds no base: it needs model\.bin"):
        adopt(store, "base", tmp_path)
    with pytest.raises(NotPublished, match=r"neither 955717e8\.safetensors nor 955717e8-<hash>\.th"):
        adopt(store, "htdemucs", tmp_path)
    (tmp_path / "955717e8.th").write_bytes(b"x")
    with pytest.raises(WrongHash, match="has no hash in its name"):
        adopt(store, "htdemucs", tmp_path)
    (tmp_path / "955717e8-8726e21a.th").write_bytes(b"x")
    with pytest.raises(WrongHash, match="does not begin with 8726e21a"):
        adopt(store, "htdemucs", tmp_path)
    (tmp_path / "own.yaml").write_text("models: 3")
    with pytest.raises(ModelError, match="does not describe a bag"):
        adopt(store, "own", tmp_path)


def test_without_torch_preparing_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml.models.prepare.find_spec", lambda _name: None)
    with pytest.raises(ModelError, match="needs torch, demucs, safetensors: run make models") as refusal:
        to_safetensors(tmp_path / "a.th", tmp_path / "a.safetensors")
    assert not isinstance(refusal.value, UnsafeWeights)
