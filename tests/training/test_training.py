"""The recipe of the embedded model, from songs on disk to weights that run (`make test-models`: it needs torch)."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from ml.separation import embedded, graphs
from ml.separation.embedded import STEMS
from tests.ml.signals import noise

torch = pytest.importorskip("torch", reason="make test-models runs these: they need torch's CPU build")


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One song to train on and one held out, of noise."""
    folder = tmp_path_factory.mktemp("songs")
    for split in ("train", "held"):
        tracks = [noise(24 * 44_100, seed=i) for i in range(4)]
        np.save(folder / f"{split}-00000.npy", np.stack([(t * 30_000).astype(np.int16) for t in tracks]))
        meta = json.dumps([[stem, 0.1] for stem in STEMS])
        (folder / f"{split}-00000.json").write_text(meta)
    return folder


def test_training_goes_on_where_it_stopped_and_its_weights_run(songs: Path, tmp_path: Path) -> None:
    from training.card import score
    from training.export import export, load
    from training.train import train

    checkpoint = tmp_path / "checkpoint.pt"
    train(songs, checkpoint, 1, seed=0, workers=0)
    first = torch.load(checkpoint, weights_only=True)
    train(songs, checkpoint, 2, seed=0, workers=0)
    second = torch.load(checkpoint, weights_only=True)
    assert (first["step"], second["step"]) == (1, 2)
    assert any(not torch.equal(first["net"][name], second["net"][name]) for name in first["net"])

    export(load(checkpoint), tmp_path / "weights")
    separator = embedded.load("f32", tmp_path / "weights")
    mix = noise(5 * 44_100).T
    figures = score(iter([np.stack((mix, 0 * mix, 0 * mix, 0 * mix))]), separator)
    assert set(figures) == {"drums", "bass, silent", "other, silent", "vocals, silent"}
    assert np.isfinite(list(figures.values())).all()


def test_the_exported_network_gives_what_the_trained_one_gave(tmp_path: Path) -> None:
    from training.export import export
    from training.network import Separator
    from training.train import separate

    torch.manual_seed(0)
    net = Separator().eval()
    with torch.no_grad():
        for weight in net.body.parameters():  # untrained, its blocks add nothing
            weight.add_(torch.randn_like(weight), alpha=0.02)
    export(net, tmp_path)
    samples = np.ascontiguousarray(noise(embedded.HEARD).T)
    network = embedded.Network(graphs.read(tmp_path, embedded.FACTS), voice=None)
    made = network.run(samples, threading.Event())[:2]
    network.close()
    with torch.no_grad():
        true = separate(net, torch.from_numpy(samples)).numpy()[:2]
    inner = slice(embedded.WINDOW, -embedded.WINDOW)  # the ends are padded differently
    error = np.mean((made - true)[..., inner] ** 2) / np.mean(true[..., inner] ** 2)
    assert error < 1e-5  # the weights are kept in float16


def test_the_optimisers_reach_every_weight() -> None:
    from training.network import Separator
    from training.train import optimisers_of

    net = Separator().to(memory_format=torch.channels_last)
    before = [weight.detach().clone() for weight in net.parameters()]
    for weight in net.parameters():
        weight.grad = torch.randn_like(weight)
    for optimiser in optimisers_of(net):
        optimiser.step()
    for old, new in zip(before, net.parameters(), strict=True):
        assert (new != old).float().mean() > 0.99


def test_a_stem_in_silence_costs_more_on_request() -> None:
    from training.network import BINS
    from training.train import loss_of

    torch.manual_seed(0)
    stems = torch.randn(2, 4, 2, 5, BINS, dtype=torch.complex64)
    stems[:, 3] = 0
    masks = torch.full((2, 4, 2, 5, BINS), 0.25)
    assert loss_of(masks, stems, 0.3) > 1.5 * loss_of(masks, stems, 1.0)
    perfect = torch.zeros_like(masks)
    perfect[:, 0] = 1
    only = torch.zeros_like(stems)
    only[:, 0] = stems[:, 0]
    assert loss_of(perfect, only, 1.0) < 1e-3
