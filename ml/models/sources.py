"""Every host and every published name of weights, in one file. Nothing here is fetched unless `make models` asks.

Demucs' files carry the first eight hex digits of their SHA-256 in their names (`955717e8-8726e21a.th`: signature,
hash), as `demucs/remote/files.txt` of demucs 4.1.0 lists them. The hub publishes no hash beforehand: there the
revision (a git commit) is resolved first, and each file is held to the etag that the hub lists for it there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
"""PyTorch's own package index of builds without CUDA: `make models` names it to pip."""

TORCH_VERSION = "2.13.0"


STEM_LISTS = (
    ("drums", "bass", "other", "vocals"),
    ("drums", "bass", "other", "vocals", "guitar", "piano"),
)
"""What demucs' models give: most of them four stems, htdemucs_6s six."""

STEM_NAMES = STEM_LISTS[-1]
"""Every stem that a model gives, in the order that files and tables list them."""


def in_order(stems: Iterable[str]) -> tuple[str, ...]:
    """These stems once each, in the order of STEM_NAMES."""
    return tuple(sorted(set(stems), key=STEM_NAMES.index))


@dataclass(frozen=True)
class Hosts:
    """Where weights are fetched from; the tests put 127.0.0.1 here."""

    demucs: str = "https://dl.fbaipublicfiles.com/demucs"
    hub: str = "https://huggingface.co"


PUBLIC = Hosts()

HUB_PAGE_LIMIT_BYTES = 4 << 20
"""Longest answer of the hub's API that is read."""


@dataclass(frozen=True)
class Bag:
    """A demucs model: one network or several, each weighted for each of its stems.

    `members` are (signature, first hex digits of the SHA-256) pairs under `folder` of the demucs host; `hub` is the
    repository that holds the same networks as safetensors. `segment_s` overrides the networks' own, where published.
    """

    members: tuple[tuple[str, str], ...]
    folder: str
    hub: str
    weights: tuple[tuple[float, ...], ...] | None = None
    segment_s: float | None = None


DEMUCS: dict[str, Bag] = {
    "htdemucs_ft": Bag(
        (
            ("f7e0c4bc", "ba3fe64a"),
            ("d12395a8", "e57c48e6"),
            ("92cfc3b6", "ef3bcb9c"),
            ("04573f0d", "f3cf25b2"),
        ),
        "hybrid_transformer",
        "adefossez/HTDemucs-ft",
        ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0)),
    ),
    "htdemucs": Bag((("955717e8", "8726e21a"),), "hybrid_transformer", "adefossez/HTDemucs"),
    "hdemucs_mmi": Bag(
        (("75fc33f5", "1941ce65"),), "hybrid_transformer", "adefossez/Demucs-hdemucs_mmi", segment_s=44.0
    ),
    "htdemucs_6s": Bag((("5c90dfd2", "34c22ccb"),), "hybrid_transformer", "adefossez/HTDemucs-6s"),
    "mdx_extra": Bag(
        (
            ("e51eebcc", "c1b80bdd"),
            ("a1d90b5c", "ae9d2452"),
            ("5d2d6c55", "db83574e"),
            ("cfa93e08", "61801ae1"),
        ),
        "mdx_final",
        "adefossez/Demucs-mdx_extra",
        segment_s=44.0,
    ),
}

WHISPER: dict[str, str] = {
    "tiny": "Systran/faster-whisper-tiny",
    "base": "Systran/faster-whisper-base",
    "small": "Systran/faster-whisper-small",
    "medium": "Systran/faster-whisper-medium",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
"""Model name → repository on the hub."""

SEPARATION_ORDER = ("htdemucs_ft", "htdemucs", "mdx_extra", "hdemucs_mmi")
"""Best first: what "auto" takes of the separators whose weights are here; after them comes the preview. htdemucs_6s
runs only where it is named: its piano stem is poor."""

LYRICS_ORDER = ("large-v3-turbo", "medium", "small", "base", "tiny")
"""Best first: what "auto" takes of the transcribers whose weights are here. Only `base` is fetched unless another is
named, so a larger one is here because somebody wanted it."""

DEFAULT = ("htdemucs_ft", "base")
"""What `make models` fetches when nothing is named."""

KINDS = {**dict.fromkeys(DEMUCS, "demucs"), **dict.fromkeys(WHISPER, "whisper")}
"""Published model name → the engine that runs it."""
