"""Demucs' exported graphs: that they need no torch, keep to bits and stops, and refuse what is not whole."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ml
from ml.models.adopt import adopt
from ml.models.store import Model, ModelStore
from ml.separation import ModelUnavailable, demucs, registry
from ml.separation.demucs import exported, spectrogram, stock
from tests.ml.signals import noise, snr_db

torch = pytest.importorskip("torch", reason="make test-models runs these: they need torch's CPU build")
pytest.importorskip("demucs", reason="make test-models runs these: they need demucs")

# Only now: without torch that module skips itself half-way through its import.
from tests.ml.separation.test_demucs import Song, apply_stock, publish, publish_network, stems_of  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
SEGMENT = 22_050


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small are slower on two threads, and much slower on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demucs repository with one network of four stems."""
    folder = tmp_path_factory.mktemp("repository")
    publish(folder, "htdemucs", 1)
    (folder / "htdemucs.yaml").write_text("models: ['htdemucs']\n")
    return folder


@pytest.fixture(scope="module")
def models(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store with that network, exported."""
    folder = tmp_path_factory.mktemp("models")
    demucs.prepare(adopt(ModelStore(folder), "htdemucs", repository))
    return folder


@pytest.fixture
def stored(models: Path) -> Model:
    found = ModelStore(models).find("htdemucs")
    assert found is not None
    return found


@pytest.fixture
def damaged(stored: Model, tmp_path: Path) -> ModelStore:
    """A copy that a test may damage."""
    folder = tmp_path / "htdemucs"
    folder.mkdir()
    for path in stored.folder.iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    return ModelStore(tmp_path)


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def test_the_transforms_are_demucs(stored: Model) -> None:
    from demucs.htdemucs import HTDemucs

    network = HTDemucs(["a"], depth=1, channels=2, t_layers=0, bottom_channels=0)
    samples = noise(SEGMENT).T.copy()
    z = network._spec(torch.from_numpy(samples)[None])
    ours = spectrogram.forward(samples, 4096)
    theirs = network._magnitude(z)[0].permute(1, 2, 0).numpy()
    assert snr_db(theirs, ours[0]) > 120
    back = network._ispec(z, SEGMENT)[0].numpy()
    assert snr_db(back, spectrogram.inverse(ours, SEGMENT)[0]) > 120


def test_residual_branches_in_the_decoder_and_no_change_of_width(tmp_path: Path) -> None:
    publish(tmp_path, "htdemucs", 3, dconv_mode=3, t_layers=2, bottom_channels=0)
    (tmp_path / "htdemucs.yaml").write_text("models: ['htdemucs']\n")
    separator = demucs.load(adopt(ModelStore(tmp_path / "models"), "htdemucs", tmp_path))
    mix = Song(noise(30_000))
    assert "openvino" in separator.version
    assert snr_db(apply_stock(mix, "htdemucs", tmp_path), stems_of(separator, mix)) > 100


def test_it_runs_without_torch_or_demucs(stored: Model) -> None:
    code = """
import sys
for name in ("torch", "demucs", "safetensors"):
    sys.modules[name] = None
import threading
from pathlib import Path
import numpy as np
from ml.separation import registry
separator = registry.load("auto", Path(sys.argv[1]))
network = separator.members[0].open()
print(network.run(np.ones((2, separator.members[0].segment), np.float32), threading.Event()).shape)
"""
    said = subprocess.run(
        [sys.executable, "-c", code, str(stored.folder.parent)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.stdout == f"(4, 2, {SEGMENT})\n", said.stderr


def test_bf16_is_named_and_stays_within_40_db(repository: Path, stored: Model, monkeypatch: Any) -> None:
    monkeypatch.setattr(exported, "has_bf16", lambda: True)  # a CPU without it takes f32's time
    separator = demucs.load(stored, "bf16")
    assert separator.precision == "bf16"
    mix = Song(noise(30_000))
    assert snr_db(apply_stock(mix, "htdemucs", repository), stems_of(separator, mix)) > 40


def test_bf16_is_refused_where_the_cpu_or_the_engine_has_none(
    stored: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported, "has_bf16", lambda: False)
    with pytest.raises(ModelUnavailable, match="This CPU has no bf16"):
        demucs.load(stored, "bf16")
    monkeypatch.setattr(exported, "is_installed", lambda: False)
    with pytest.raises(ModelUnavailable, match="runs in f32 only here"):
        demucs.load(stored, "bf16")


def test_the_same_samples_give_the_same_bits_after_any_run(stored: Model) -> None:
    member = demucs.load(stored).members[0]
    first, second = (noise(SEGMENT, seed=seed).T.copy() for seed in (1, 2))
    going = threading.Event()
    network = member.open()
    made = [network.run(samples.copy(), going).copy() for samples in (first, second, first)]
    np.testing.assert_array_equal(made[0], made[2])
    assert not np.array_equal(made[0], made[1])
    in_columns = np.asfortranarray(first)
    np.testing.assert_array_equal(made[0], network.run(in_columns, going))
    np.testing.assert_array_equal(first, in_columns)  # the caller's samples are left alone
    network.close()
    again = member.open()  # from the cache
    np.testing.assert_array_equal(made[0], again.run(first, going))
    again.close()


def test_digital_silence_in_a_song_is_reckoned_once(stored: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    network: Any = demucs.load(stored).members[0].open()
    going, infer, calls = threading.Event(), network.infer, []
    monkeypatch.setattr(network, "infer", lambda *given: calls.append(1) or infer(*given))
    silence = np.full(
        (2, SEGMENT), -0.25, np.float32
    )  # as the runner hands it on, the song's mean taken away
    made = [network.run(silence.copy(), going) for _ in range(3)]
    assert len(calls) == 1
    made[0][:] = 0
    np.testing.assert_array_equal(made[1], made[2])
    network._constant = None
    np.testing.assert_array_equal(made[1], network.run(silence, going))
    network.run(silence + np.float32(1), going)
    assert len(calls) == 3


def test_a_stop_ends_a_segment_and_the_network_still_works(stored: Model) -> None:
    network = demucs.load(stored).members[0].open()
    samples, stop = noise(SEGMENT).T.copy(), threading.Event()
    whole = network.run(samples, stop)
    waits = iter([False])

    class Slow:
        """A request that is still at work when it is first looked at."""

        def __init__(self, request: Any) -> None:
            self.request = request

        def __getattr__(self, name: str) -> Any:
            return getattr(self.request, name)

        def wait_for(self, milliseconds: int) -> bool:
            return next(waits, None) is None and bool(self.request.wait_for(milliseconds))

    network._request = Slow(network._request)  # type: ignore[attr-defined]
    stop.set()
    with pytest.raises(ml.Stopped):
        network.run(samples, stop)
    np.testing.assert_array_equal(whole, network.run(samples, threading.Event()))


@pytest.mark.parametrize("name", ["htdemucs.bin", "htdemucs.xml", exported.FACTS])
def test_damaged_graphs_are_refused_in_one_sentence(damaged: ModelStore, name: str) -> None:
    flip(damaged.folder / "htdemucs" / name)
    with pytest.raises(
        ModelUnavailable, match=rf"{name} is damaged\. Fetch it again: make models MODELS=htdemucs$"
    ):
        registry.load("auto", damaged.folder)


def test_a_graph_that_is_missing_is_refused(damaged: ModelStore) -> None:
    (damaged.folder / "htdemucs" / "htdemucs.bin").unlink()
    with pytest.raises(ModelUnavailable, match=r"lacks its file htdemucs\.bin"):
        registry.load("auto", damaged.folder)


def test_a_listed_graph_that_is_none_is_refused(damaged: ModelStore) -> None:
    found = damaged.find("htdemucs")
    assert found is not None

    def forge(folder: Path) -> dict[str, str]:
        (folder / "htdemucs.xml").write_text("<net/>")
        return {"htdemucs.xml": "forged"}

    member = demucs.load(damaged.extend(found, forge)).members[0]
    with pytest.raises(ModelUnavailable, match=r"htdemucs\.xml cannot be loaded"):
        member.open()


def test_an_older_folder_is_exported_when_it_is_first_loaded(
    damaged: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = damaged.folder / "htdemucs"
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in ("htdemucs.bin", "htdemucs.xml", exported.FACTS):
        (folder / name).unlink()
        del manifest["files"][name]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with (
        monkeypatch.context() as patch
    ):  # where there is no torch, it is not chosen, and says what is missing
        patch.setattr(stock, "is_installed", lambda: False)
        patch.setattr(stock, "find_spec", lambda name: None if name == "torch" else name)
        assert registry.choose(damaged.folder) == "preview"
        with pytest.raises(ModelUnavailable, match="needs torch, not installed here: run make models"):
            registry.load("htdemucs", damaged.folder)
    assert "openvino" in registry.load("auto", damaged.folder).version
    again = damaged.find("htdemucs")
    assert again is not None and {"htdemucs.bin", "htdemucs.xml", exported.FACTS} < set(again.files)
    again.verify()
    assert [path.name for path in damaged.folder.iterdir()] == ["htdemucs"]


def test_an_export_that_fails_leaves_the_model_as_it_was(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = adopt(ModelStore(tmp_path), "htdemucs", repository)

    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stock, "export_networks", full)
    with pytest.raises(ModelUnavailable, match=r"cannot be exported .*No space left on device"):
        demucs.prepare(made)
    assert ModelStore(tmp_path).find("htdemucs") == made
    assert [path.name for path in tmp_path.iterdir()] == ["htdemucs"]


def test_another_architecture_runs_in_torch(tmp_path: Path) -> None:
    from demucs.hdemucs import HDemucs

    named = {
        "sources": ["drums", "bass", "other", "vocals"],
        "channels": 4,
        "segment": 1,
        "samplerate": 44_100,
    }
    torch.manual_seed(4)
    network = HDemucs(**named).eval()
    publish_network(tmp_path, "hdemucs_mmi", network, named)
    (tmp_path / "hdemucs_mmi.yaml").write_text("models: ['hdemucs_mmi']\n")
    separator = demucs.load(demucs.prepare(adopt(ModelStore(tmp_path / "models"), "hdemucs_mmi", tmp_path)))
    assert "torch" in separator.version
    mix = Song(noise(50_000))
    assert snr_db(apply_stock(mix, "hdemucs_mmi", tmp_path), stems_of(separator, mix)) > 100
