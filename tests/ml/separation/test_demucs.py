"""The demucs separator against demucs itself, on small networks with random weights (`make test-models`).

Random weights say nothing about music. They do show that nothing between the file and the network differs from stock.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import tempfile
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ml
from ml.models.adopt import OWN_NAME, adopt
from ml.models.fetch import HUB_ETAG, PUBLISHED_PREFIX, fetch
from ml.models.prepare import UnsafeWeights, save, to_safetensors
from ml.models.sources import DEMUCS, STEM_LISTS, Bag
from ml.models.store import Model, ModelStore
from ml.separation import ModelUnavailable, demucs, registry, separate_file
from ml.separation.demucs import exported
from ml.separation.engine import Separator
from tests.ml.models.hosts import Host, serving
from tests.ml.separation.filters import estimate
from tests.ml.signals import RATE, noise, snr_db, song, write_wav

torch = pytest.importorskip("torch", reason="make test-models runs these: they need torch's CPU build")
pytest.importorskip("demucs", reason="make test-models runs these: they need demucs")

SOURCES = list(STEM_LISTS[0])
SIX = list(STEM_LISTS[1])
BAG = "models: ['aaaa1111', 'bbbb2222']\nweights: [[1., 0., .5, 0.], [0., 1., .5, 1.]]\n"


class Song:
    """A Mix in memory that may not be written to."""

    def __init__(self, samples: Any) -> None:
        self.samples = np.asarray(samples, np.float32)
        self.samples.flags.writeable = False
        self.frames = len(self.samples)

    def read(self, start: int, frames: int) -> Any:
        assert start >= 0 and start + frames <= self.frames
        return self.samples[start : start + frames]


def network(seed: int, **changes: Any) -> tuple[Any, dict[str, Any]]:
    """A hybrid transformer of 170 000 weights that hears half a second at once."""
    from demucs.htdemucs import HTDemucs

    named = {
        "sources": SOURCES, "depth": 4, "channels": 8, "bottom_channels": 32, "t_layers": 2, "t_heads": 4,
        "segment": Fraction(1, 2), "samplerate": RATE, **changes,
    }  # fmt: skip
    torch.manual_seed(seed)
    return HTDemucs(**named).eval(), named


def publish(folder: Path, signature: str, seed: int, **changes: Any) -> Path:
    """A `.th` as demucs publishes them: half precision, the first digits of its hash in its name."""
    return publish_network(folder, signature, *network(seed, **changes))


def publish_network(folder: Path, signature: str, made: Any, named: dict[str, Any]) -> Path:
    """The same for a network of any kind."""
    state = {name: tensor.half() for name, tensor in made.state_dict().items()}
    package = {
        "klass": type(made),
        "args": (),
        "kwargs": named,
        "state": state,
        "training_args": {"lr": 3e-4},
    }
    raw = io.BytesIO()
    torch.save(package, raw)
    path = folder / f"{signature}-{hashlib.sha256(raw.getvalue()).hexdigest()[:8]}.th"
    path.write_bytes(raw.getvalue())
    return path


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small are slower on two threads, and much slower on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demucs repository with a bag of two under the name of the best model."""
    folder = tmp_path_factory.mktemp("repository")
    publish(folder, "aaaa1111", 1)
    publish(folder, "bbbb2222", 2)
    (folder / "htdemucs_ft.yaml").write_text(BAG)
    return folder


@pytest.fixture(scope="module")
def models(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store with that bag."""
    folder = tmp_path_factory.mktemp("models")
    adopt(ModelStore(folder), "htdemucs_ft", repository)
    return folder


@pytest.fixture
def stored(models: Path) -> Model:
    found = ModelStore(models).find("htdemucs_ft")
    assert found is not None
    return found


def stems_of(separator: Separator, mix: Song) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return estimate(separator, mix, Path(folder))


def apply_stock(mix: Song, name: str, repository: Path) -> Any:
    """The stems as demucs.api.Separator makes them, (4, frames, 2)."""
    from demucs.apply import apply_model
    from demucs.pretrained import get_model

    wav = torch.from_numpy(mix.samples.T.copy())
    mono = wav.mean(0)
    mean, deviation = mono.mean(), mono.std() + 1e-8
    stock = apply_model(get_model(name, repository), ((wav - mean) / deviation)[None], shifts=0, overlap=0.25)
    return (stock[0] * deviation + mean).numpy().transpose(0, 2, 1)


@pytest.fixture
def no_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where it is not installed: the networks run in torch."""
    monkeypatch.setattr(exported, "is_installed", lambda: False)


@pytest.mark.parametrize("frames", [2, 1000, 13_230, 22_049, 22_050, 22_051, 2 * 16_537 + 1, RATE + 17])
def test_it_is_stock_demucs_to_100_db(repository: Path, stored: Model, frames: int) -> None:
    mix = Song(noise(frames) + np.float32(0.02))
    separator = demucs.load(stored)
    assert "openvino" in separator.version
    ours = stems_of(separator, mix)
    assert ours.shape == (4, frames, 2)
    assert snr_db(apply_stock(mix, "htdemucs_ft", repository), ours) > 100


@pytest.mark.parametrize("frames", [2, 22_049, RATE + 17])
def test_so_it_is_in_torch(repository: Path, stored: Model, frames: int, no_openvino: None) -> None:
    mix = Song(noise(frames) + np.float32(0.02))
    separator = demucs.load(stored)
    assert "torch" in separator.version
    assert snr_db(apply_stock(mix, "htdemucs_ft", repository), stems_of(separator, mix)) > 100


def test_a_bag_of_unlike_segments_is_stock_too(tmp_path: Path, no_openvino: None) -> None:
    publish(tmp_path, "aaaa1111", 1)
    publish(tmp_path, "bbbb2222", 2, segment=Fraction(4, 5))
    (tmp_path / "odd.yaml").write_text(BAG)
    mix = Song(noise(RATE))
    ours = stems_of(demucs.load(adopt(ModelStore(tmp_path / "models"), "odd", tmp_path)), mix)
    assert snr_db(apply_stock(mix, "odd", tmp_path), ours) > 100


@pytest.mark.parametrize("samples", [np.zeros((30_000, 2)), np.full((30_000, 2), 0.3), np.ones((1, 2))])
def test_silence_and_constants_are_silence(stored: Model, samples: Any) -> None:
    stems = stems_of(demucs.load(stored), Song(samples))
    assert stems.shape == (4, len(samples), 2)
    assert not stems.any()


def test_through_the_front_door_auto_takes_it_and_says_so(models: Path, tmp_path: Path) -> None:
    source = write_wav(tmp_path / "song.wav", song(1.5))
    seen: list[float] = []
    made = separate_file(source, tmp_path / "out", models=models, progress=seen.append)
    assert (made.engine, made.model) == ("demucs", "htdemucs_ft")
    assert made.model_version.startswith("graph 1, openvino 20")
    assert len(made.model_sha256) == 64
    assert made.frames == round(1.5 * RATE)
    assert 0 < made.gain <= 1 and np.isfinite(made.residual_db)
    assert {f"{stem}.wav" for stem in SOURCES} < {path.name for path in (tmp_path / "out").iterdir()}
    assert seen == sorted(seen) and seen[-1] == 1.0 and len(seen) > 5


def test_a_stop_inside_a_network_ends_it_and_its_thread(models: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    asked: list[float] = []

    def watch(fraction: float) -> None:
        if fraction > 0.1 and not asked:
            asked.append(time.monotonic())
            stop.set()

    source = write_wav(tmp_path / "song.wav", noise(20 * RATE))
    with pytest.raises(ml.Stopped):
        separate_file(source, tmp_path / "out", model="htdemucs_ft", models=models, progress=watch, stop=stop)
    assert time.monotonic() - asked[0] < 2
    assert list((tmp_path / "out").iterdir()) == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("separate")]


def test_a_fault_inside_the_network_comes_out(
    stored: Model, monkeypatch: pytest.MonkeyPatch, no_openvino: None
) -> None:
    separator = demucs.load(stored)
    monkeypatch.setattr("demucs.htdemucs.HTDemucs.forward", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        stems_of(separator, Song(noise(1000)))


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_the_order_of_stems_is_ours_for_any_network(
    tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported, "is_installed", lambda: engine == "openvino")
    publish(tmp_path, "cccc3333", 3, sources=SOURCES)
    publish(tmp_path, "dddd4444", 3, sources=SOURCES[::-1])
    store, mix = ModelStore(tmp_path / "models"), Song(noise(5000))
    ours = stems_of(demucs.load(adopt(store, "cccc3333", tmp_path)), mix)
    turned = stems_of(demucs.load(adopt(store, "dddd4444", tmp_path)), mix)
    np.testing.assert_allclose(ours, turned[::-1], atol=1e-5 * np.abs(ours).max())


def test_it_is_chosen_by_its_place_in_the_order(models: Path, repository: Path, tmp_path: Path) -> None:
    assert registry.choose(models) == "htdemucs_ft"
    assert registry.choose(tmp_path) == registry.choose(None) == "preview"
    with pytest.raises(
        ModelUnavailable, match=r"'htdemucs' is not installed.*preview, htdemucs_ft.*make models"
    ):
        registry.load("htdemucs", models)


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_six_stems_are_stock_demucs_to_100_db(
    tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported, "is_installed", lambda: engine == "openvino")
    publish(tmp_path, "htdemucs_6s", 6, sources=SIX)
    (tmp_path / "htdemucs_6s.yaml").write_text("models: ['htdemucs_6s']\n")
    separator = demucs.load(adopt(ModelStore(tmp_path / "models"), "htdemucs_6s", tmp_path))
    assert separator.stems == tuple(SIX)
    mix = Song(song(2.0))
    made = stems_of(separator, mix)
    assert made.shape == (6, mix.frames, 2)
    assert snr_db(apply_stock(mix, "htdemucs_6s", tmp_path), made) > 100


def test_six_stems_become_files_peaks_and_streams(tmp_path: Path) -> None:
    publish(tmp_path, "htdemucs_6s", 6, sources=SIX)
    (tmp_path / "htdemucs_6s.yaml").write_text("models: ['htdemucs_6s']\n")
    adopt(ModelStore(tmp_path / "models"), "htdemucs_6s", tmp_path)
    out = tmp_path / "out"
    made = separate_file(
        write_wav(tmp_path / "song.wav", song(2.0)), out, model="htdemucs_6s", models=tmp_path / "models"
    )
    assert made.stems == tuple(SIX)
    files = {f"{stem}{suffix}" for stem in SIX for suffix in (".wav", ".mp3")} | {"peaks.json"}
    assert set(made.files) == files == {path.name for path in out.iterdir()}
    assert list(json.loads((out / "peaks.json").read_text())["stems"]) == SIX


@pytest.mark.parametrize("sources", [["drums", "bass", "other"], [*SOURCES, "../up", "piano"]])
def test_a_model_of_other_stems_is_refused(tmp_path: Path, sources: list[str]) -> None:
    publish(tmp_path, "eeee5555", 5, sources=sources)
    made = adopt(ModelStore(tmp_path / "models"), "eeee5555", tmp_path)
    with pytest.raises(ModelUnavailable, match="it must give drums, bass, other, vocals"):
        demucs.load(made)


def test_damaged_weights_are_refused_before_they_are_read(repository: Path, tmp_path: Path) -> None:
    made = adopt(ModelStore(tmp_path), "htdemucs_ft", repository)
    path = made.folder / "bbbb2222.safetensors"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(
        ModelUnavailable, match=r"bbbb2222\.safetensors is damaged.*make models MODELS=htdemucs_ft"
    ):
        registry.load("auto", tmp_path)


def test_a_class_that_is_not_demucs_is_never_looked_up(tmp_path: Path) -> None:
    made, named = network(1)
    save(tmp_path / "ffff6666.safetensors", "os.system", [], named, made.state_dict())
    adopted = adopt(ModelStore(tmp_path / "models"), "ffff6666", tmp_path)
    with pytest.raises(ModelUnavailable, match="not one of demucs' plain networks"):
        demucs.load(adopted)


def test_preparing_keeps_every_number_and_the_proof(repository: Path, stored: Model) -> None:
    from safetensors.torch import load_file

    assert stored.proved == OWN_NAME
    path = next(repository.glob("aaaa1111-*.th"))
    before = torch.load(path, weights_only=False)["state"]
    after = load_file(stored.folder / "aaaa1111.safetensors")
    assert set(before) == set(after)
    assert all(torch.equal(before[name], after[name]) for name in before)


def publish_as_htdemucs(path: Path, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a network of ours where the published one is expected."""
    signature, prefix = path.stem.split("-")
    monkeypatch.setitem(
        DEMUCS, "htdemucs", Bag(((signature, prefix),), "hybrid_transformer", "someone/HTDemucs")
    )
    host.files[f"/demucs/hybrid_transformer/{path.name}"] = path.read_bytes()


def test_fetched_over_a_connection_that_breaks_it_separates(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch, no_openvino: None
) -> None:
    with serving() as host:
        path = next(repository.glob("aaaa1111-*.th"))
        publish_as_htdemucs(path, host, monkeypatch)
        host.cuts[f"/demucs/hybrid_transformer/{path.name}"] = [100_000]
        made = fetch(ModelStore(tmp_path), "htdemucs", hosts=host.hosts)
    assert made.proved == PUBLISHED_PREFIX
    assert [*made.files] == ["aaaa1111.safetensors"]
    assert (made.folder / "aaaa1111.safetensors").stat().st_mode & 0o077 == 0o044
    assert [entry.name for entry in tmp_path.iterdir()] == ["htdemucs"]
    demucs.load(made)


def test_a_published_file_with_more_than_weights_is_not_used(
    tmp_path: Path, stored: Model, monkeypatch: pytest.MonkeyPatch, no_openvino: None
) -> None:
    torch.save({"klass": Mischief(tmp_path / "ran")}, tmp_path / "raw")
    prefix = hashlib.sha256((tmp_path / "raw").read_bytes()).hexdigest()[:8]
    forged = (tmp_path / "raw").rename(tmp_path / f"aaaa1111-{prefix}.th")
    with serving() as host:
        publish_as_htdemucs(forged, host, monkeypatch)
        tensors = {"aaaa1111.safetensors": (stored.folder / "aaaa1111.safetensors").read_bytes()}
        host.publish_on_hub("someone/HTDemucs", tensors, large=("aaaa1111.safetensors",))
        made = fetch(ModelStore(tmp_path / "models"), "htdemucs", hosts=host.hosts)
    assert made.proved == HUB_ETAG
    assert not (tmp_path / "ran").exists()
    demucs.load(made)


class Mischief:
    """What a forged file would run while it is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return Path.touch, (self.mark,)


def test_a_forged_pickle_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    torch.save({"klass": Mischief(mark)}, tmp_path / "a.th")
    with pytest.raises(UnsafeWeights, match="is not plain weights, so it was not read"):
        to_safetensors(tmp_path / "a.th", tmp_path / "a.safetensors")
    (tmp_path / "b.th").write_bytes(pickle.dumps(Mischief(mark), 2))
    with pytest.raises(UnsafeWeights):
        to_safetensors(tmp_path / "b.th", tmp_path / "b.safetensors")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("package", "says"),
    [
        ({"state": {}}, "is not a demucs model"),
        ({"klass": Fraction, "args": (), "kwargs": {}, "state": {}}, "Fraction"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, package: dict[str, Any], says: str) -> None:
    torch.save(package, tmp_path / "a.th")
    with pytest.raises(UnsafeWeights, match=says):
        to_safetensors(tmp_path / "a.th", tmp_path / "a.safetensors")
