"""One file over HTTP, and everything that can go wrong on its way."""

from __future__ import annotations

import errno
import hashlib
import socket
from pathlib import Path

import pytest

from ml.models import HostFailed, ModelError, NoNetwork, NoSpace, NotPublished, WrongHash
from ml.models import download as downloads
from ml.models.download import RESERVE_BYTES, Digest, RemoteFile, download
from tests.ml.models.hosts import Host

CONTENT = bytes(range(256)) * 4000  # 1 MB: four reads
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def no_pause(_seconds: float) -> None:
    """Tests do not wait."""


def published(host: Host, content: bytes = CONTENT, digest: str = SHA256[:8]) -> RemoteFile:
    host.files["/net.th"] = content
    return RemoteFile(f"{host.url}/net.th", "net.th", None, Digest("sha256", digest))


def test_a_file_arrives_with_progress_and_is_not_fetched_twice(host: Host, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    file = published(host)
    path = download(file, tmp_path, progress=lambda done, whole: seen.append((done, whole)))
    assert path.read_bytes() == CONTENT
    assert seen[0] == (0, len(CONTENT)) and seen[-1] == (len(CONTENT), len(CONTENT))
    assert len(seen) > 3 and seen == sorted(seen)
    download(file, tmp_path)
    assert len(host.asked) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["net.th"]


def test_a_cut_connection_is_taken_up_where_it_broke(host: Host, tmp_path: Path) -> None:
    host.cuts["/net.th"] = [300_000, 0, 200_000]
    assert download(published(host), tmp_path, pause=no_pause).read_bytes() == CONTENT
    ranges = [asked for _, asked in host.asked]
    assert ranges == [None, "bytes=300000-", "bytes=300000-", "bytes=500000-"]


def test_a_run_that_gave_up_is_taken_up_by_the_next(host: Host, tmp_path: Path) -> None:
    host.cuts["/net.th"] = [600_000] + [0] * 20
    with pytest.raises(NoNetwork, match=r"keeps breaking: 0 MiB of net\.th are here.*goes on from there"):
        download(published(host), tmp_path, pause=no_pause)
    assert (tmp_path / "net.th.part").stat().st_size == 600_000
    host.cuts.clear()
    host.asked.clear()
    assert download(published(host), tmp_path).read_bytes() == CONTENT
    assert host.asked == [("/net.th", "bytes=600000-")]


def test_a_host_without_ranges_sends_it_all_again(host: Host, tmp_path: Path) -> None:
    host.ranges = False
    host.cuts["/net.th"] = [400_000]
    assert download(published(host), tmp_path, pause=no_pause).read_bytes() == CONTENT


def test_a_part_of_another_file_is_noticed_and_replaced(host: Host, tmp_path: Path) -> None:
    (tmp_path / "net.th.part").write_bytes(b"older" * 1000)
    assert download(published(host), tmp_path).read_bytes() == CONTENT
    (tmp_path / "net.th").unlink()
    (tmp_path / "net.th.part").write_bytes(CONTENT + b"too long")
    assert download(published(host), tmp_path).read_bytes() == CONTENT


def test_a_wrong_hash_leaves_nothing(host: Host, tmp_path: Path) -> None:
    with pytest.raises(WrongHash, match=r"net\.th from 127\.0\.0\.1:\d+ is not the published file"):
        download(published(host, b"forged" * 1000), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(host.asked) == 1


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (404, NotPublished, "it answers 404"),
        (401, NotPublished, "it answers 401"),
        (500, HostFailed, "Try again later"),
        (429, HostFailed, "it answers 429"),
    ],
)
def test_a_refusal_says_whose_it_is(
    host: Host, tmp_path: Path, status: int, error: type[ModelError], says: str
) -> None:
    file = published(host)
    host.statuses["/net.th"] = status
    with pytest.raises(error, match=says):
        download(file, tmp_path, pause=no_pause)
    assert list(tmp_path.iterdir()) == []


def test_no_network_is_one_sentence_that_helps(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    file = RemoteFile(f"http://127.0.0.1:{port}/net.th", "net.th", None, Digest("sha256", SHA256))
    with pytest.raises(NoNetwork, match=r"cannot be reached .*Connection refused.*--from FOLDER"):
        download(file, tmp_path, pause=no_pause)


def test_no_space_is_said_before_anything_is_written(host: Host, tmp_path: Path) -> None:
    with pytest.raises(NoSpace, match=r"has 256 MiB free and the weights need 256 MiB.*MODEL_DIR"):
        download(published(host), tmp_path, free=lambda _folder: RESERVE_BYTES + len(CONTENT) - 1)
    assert list(tmp_path.iterdir()) == []
    download(published(host), tmp_path, free=lambda _folder: RESERVE_BYTES + len(CONTENT))


def test_a_disk_that_fills_up_is_no_network_fault(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def write(self, _chunk: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(NoSpace, match="is full"):
        downloads._write(Full(), b"x", tmp_path)  # type: ignore[arg-type]


def test_small_files_of_the_hub_are_held_to_their_git_name(host: Host, tmp_path: Path) -> None:
    git_name = hashlib.sha1(b"blob 2\0{}").hexdigest()
    host.files["/config.json"] = b"{}"
    file = RemoteFile(f"{host.url}/config.json", "config.json", 2, Digest("git-blob", git_name))
    assert download(file, tmp_path).read_bytes() == b"{}"
    host.files["/config.json"] = b"[]"
    (tmp_path / "config.json").unlink()
    with pytest.raises(WrongHash):
        download(file, tmp_path)
