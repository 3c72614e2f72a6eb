"""A bag of the size and form of htdemucs_ft with random weights, as demucs publishes its own: true time, no music.

python -m bench.random_demucs REPOSITORY MODELS NAME
"""

from __future__ import annotations

import hashlib
import io
import sys
from fractions import Fraction
from pathlib import Path

from ml.models.adopt import adopt
from ml.models.sources import STEM_LISTS
from ml.models.store import ModelStore
from ml.separation import demucs

STEMS = STEM_LISTS[0]
SIGNATURES = ("f7e0c4bc", "d12395a8", "92cfc3b6", "04573f0d")


def publish_bag(folder: Path, name: str) -> None:
    """Write NAME.yaml and four `.th` files, half precision like the published ones, into `folder`."""
    import torch
    from demucs.htdemucs import HTDemucs

    folder.mkdir(parents=True, exist_ok=True)
    named = {
        "sources": list(STEMS), "depth": 4, "channels": 48, "bottom_channels": 512, "dconv_mode": 3,
        "t_layers": 5, "t_dropout": 0.02, "segment": Fraction(39, 5), "samplerate": 44_100,
    }  # fmt: skip
    for seed, signature in enumerate(SIGNATURES):
        torch.manual_seed(1000 + seed)
        network = HTDemucs(**named)
        for key, parameter in network.named_parameters():
            if key.endswith(
                ".scale"
            ):  # training raises these from next to nothing; so that every branch counts
                parameter.data = torch.rand(parameter.shape) * 0.2 + 0.05
        state = {key: tensor.half() for key, tensor in network.state_dict().items()}
        package = {"klass": HTDemucs, "args": (), "kwargs": named, "state": state, "training_args": {}}
        raw = io.BytesIO()
        torch.save(package, raw)
        prefix = hashlib.sha256(raw.getvalue()).hexdigest()[:8]
        (folder / f"{signature}-{prefix}.th").write_bytes(raw.getvalue())
    rows = [[float(row == column) for column in range(len(STEMS))] for row in range(len(STEMS))]
    (folder / f"{name}.yaml").write_text(f"models: {list(SIGNATURES)}\nweights: {rows}\n", encoding="utf-8")


def main() -> None:
    """Publish the bag into REPOSITORY and put it, exported, into the store MODELS."""
    repository, models, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    publish_bag(repository, name)
    demucs.prepare(adopt(ModelStore(models), name, repository))


if __name__ == "__main__":
    main()
