"""`unplugd separate --checkpoints`: what is removed when the stems exist and what stays, in any folder."""

import threading
from pathlib import Path

import pytest

from cli.arguments import main
from tests.ml.separation.filters import Filters
from tests.ml.signals import noise, write_wav

FRAMES = 25_000  # 9 + 9 + 8 segments, of three a stretch


@pytest.fixture
def filters(monkeypatch: pytest.MonkeyPatch) -> Filters:
    made = Filters()
    made.pose_as_preview(monkeypatch)
    return made


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "song.wav", noise(FRAMES))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def separate(song: Path, out: Path, kept: Path, *more: str) -> int:
    return main(
        ["separate", str(song), "-o", str(out), "--checkpoints", str(kept), "--model", "preview", *more]
    )


def broken_off(segment: int, filters: Filters, song: Path, out: Path, kept: Path, *more: str) -> set[str]:
    """Fail when `segment` segments are done; the names of what is kept of it."""
    filters.calls.clear()

    def fail(_halt: threading.Event) -> None:
        if len(filters.calls) == segment:
            raise MemoryError

    filters.at_segment = fail
    before = names(kept)
    assert separate(song, out, kept, *more) == 1
    filters.at_segment = lambda _halt: None
    filters.calls.clear()
    return names(kept) - before


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_others_keep_in_the_folder_of_checkpoints_stays(
    filters: Filters, song: Path, kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (kept / "folder.tmp").mkdir(parents=True)
    (kept / "folder.stretch.tmp").mkdir()
    (kept / "draft.tmp").write_text("somebody's")
    (kept / "filter-9-00000-00003.stretch.tmp").write_text("a killed run's")
    assert separate(song, tmp_path / "out", kept) == 0
    assert names(kept) == {"folder.tmp", "folder.stretch.tmp", "draft.tmp"}
    assert (kept / "draft.tmp").read_text() == "somebody's"
    assert "cannot be removed" not in capsys.readouterr().out


def test_the_stretches_of_another_part_stay(filters: Filters, song: Path, kept: Path, tmp_path: Path) -> None:
    second = broken_off(9, filters, song, tmp_path / "out", kept, "--part", "2/2")
    assert len(second) == 3  # three segments, two, and three of the next member
    assert separate(song, tmp_path / "out", kept, "--part", "1/2") == 0
    assert names(kept) == second
    filters.calls.clear()
    assert separate(song, tmp_path / "out", kept, "--part", "2/2") == 0
    assert len(filters.calls) == 5 + 5 + 4 - 8
    assert not kept.exists()


def test_the_stretches_of_another_song_stay(filters: Filters, song: Path, kept: Path, tmp_path: Path) -> None:
    longer = write_wav(tmp_path / "longer.wav", noise(2 * FRAMES, seed=2))
    others = broken_off(17, filters, longer, tmp_path / "longer", kept)
    assert separate(song, tmp_path / "out", kept) == 0
    # Those of its beginning have the names of this song's, and made room for them.
    assert names(kept) == {name for name in others if int(name.split("-")[2]) >= 9} != set()


def test_a_parts_own_stretches_stay_in_it(filters: Filters, song: Path, tmp_path: Path) -> None:
    """Naming the folder of a part, or an existing part, is not a request to remove it."""
    out, first = tmp_path / "out", tmp_path / "out" / "part-1-of-2"
    assert separate(song, out, first, "--part", "1/2") == 0
    made = contents(first)
    assert "part.json" in made and len(made) > 6
    assert separate(song, tmp_path / "whole", first) == 0
    assert contents(first).items() >= made.items()


@pytest.mark.timeout(60)
def test_stems_and_checkpoints_may_share_a_folder(filters: Filters, song: Path, tmp_path: Path) -> None:
    assert separate(song, tmp_path / "apart", tmp_path / "kept") == 0
    out = tmp_path / "out"
    (tmp_path / "alias").symlink_to(out, target_is_directory=True)
    assert separate(song, out, tmp_path / "alias") == 0
    assert contents(out) == contents(tmp_path / "apart")
    assert len(broken_off(13, filters, song, out, out)) == 4
    assert separate(song, out, out) == 0
    assert len(filters.calls) == 26 - 12
    assert contents(out) == contents(tmp_path / "apart")


def test_checkpoints_that_cannot_be_removed_are_reported(
    filters: Filters, song: Path, kept: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    real = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.parent == kept:
            raise PermissionError(13, "Permission denied", str(path))
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    assert separate(song, tmp_path / "out", kept) == 0
    said, fault = capsys.readouterr()
    assert f"The checkpoints in {kept} cannot be removed" in said and "Stems by" in said and fault == ""
