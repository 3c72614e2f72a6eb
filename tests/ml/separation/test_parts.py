"""Parts made apart and merged: the files of a single run to the bit, or a sentence that says which part is at fault."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest

import ml
from ml.separation import BadParts, Part, merge_parts, registry, separate_file, separate_part
from ml.separation.parts import INDEX
from tests.ml.separation.filters import Filters
from tests.ml.signals import noise, write_wav

FRAMES = 25_000  # 9 + 9 + 8 segments


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def whole(source: Path, tmp_path: Path, model: str = "filters") -> dict[str, bytes]:
    separate_file(source, tmp_path / "whole", model=model)
    return contents(tmp_path / "whole")


def make_parts(source: Path, tmp_path: Path, of: int, model: str = "filters") -> list[Path]:
    made = [separate_part(source, tmp_path / "parts", Part(k, of), model=model) for k in range(1, of + 1)]
    return [part.folder for part in made]


@pytest.fixture
def source(tmp_path: Path, filters: Filters) -> Path:
    return write_wav(tmp_path / "song.wav", noise(FRAMES) + np.float32(0.05))


@pytest.mark.parametrize("of", [1, 2, 3, 8])
def test_merged_parts_are_the_single_run(source: Path, tmp_path: Path, filters: Filters, of: int) -> None:
    expected = whole(source, tmp_path)
    filters.calls.clear()
    parts = make_parts(source, tmp_path, of)
    assert len(filters.calls) == 26  # each segment once, wherever
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == [
        f"part-{k}-of-{of}" for k in range(1, of + 1)
    ]
    seen: list[float] = []
    result = merge_parts(source, parts[::-1], tmp_path / "merged", progress=seen.append)
    assert contents(tmp_path / "merged") == expected
    assert (result.model, result.engine, result.frames) == ("filters", "numpy", FRAMES)
    assert seen == sorted(seen) and seen[-1] == 1.0


@pytest.mark.parametrize("frames", [1, 2, 13_230, 3000, 6000, 6001])
def test_more_parts_than_segments(tmp_path: Path, filters: Filters, frames: int) -> None:
    source = write_wav(tmp_path / "song.wav", noise(frames))
    parts = make_parts(source, tmp_path, 8)
    merge_parts(source, parts, tmp_path / "merged")
    assert contents(tmp_path / "merged") == whole(source, tmp_path)


def test_silence_has_parts_without_segments(tmp_path: Path, filters: Filters) -> None:
    source = write_wav(tmp_path / "song.wav", np.zeros((FRAMES, 2), np.float32))
    parts = make_parts(source, tmp_path, 3)
    assert filters.calls == []
    merge_parts(source, parts, tmp_path / "merged")
    assert contents(tmp_path / "merged") == whole(source, tmp_path)


def test_a_stopped_part_resumes(source: Path, tmp_path: Path, filters: Filters) -> None:
    expected = whole(source, tmp_path)
    filters.calls.clear()
    stop = threading.Event()

    def count(_halt: threading.Event) -> None:
        if len(filters.calls) == 7:
            stop.set()

    filters.at_segment = count
    kept = tmp_path / "kept"
    with pytest.raises(ml.Stopped):
        separate_part(source, tmp_path / "parts", Part(2, 2), model="filters", checkpoints=kept, stop=stop)
    assert list((tmp_path / "parts").iterdir()) == []
    filters.at_segment = lambda _halt: None
    separate_part(source, tmp_path / "parts", Part(2, 2), model="filters", checkpoints=kept)
    assert len(filters.calls) <= 14 + 3
    # The same folder may serve the other part: names say which segments a stretch holds.
    first = separate_part(source, tmp_path / "parts", Part(1, 2), model="filters", checkpoints=kept)
    merge_parts(source, [first.folder, tmp_path / "parts" / "part-2-of-2"], tmp_path / "merged")
    assert contents(tmp_path / "merged") == expected


def test_a_part_made_again_takes_the_old_ones_place(source: Path, tmp_path: Path) -> None:
    parts = make_parts(source, tmp_path, 2)
    (parts[0] / "stray").write_text("")
    make_parts(source, tmp_path, 2)
    assert not (parts[0] / "stray").exists()


def refusal(source: Path, parts: list[Path], tmp_path: Path) -> str:
    """Why merging is refused; nothing may come of it."""
    with pytest.raises(BadParts) as fault:
        merge_parts(source, parts, tmp_path / "merged")
    assert not (tmp_path / "merged").exists() or list((tmp_path / "merged").iterdir()) == []
    return str(fault.value).replace(str(tmp_path / "parts") + "/", "")


def test_what_is_missing_or_foreign_is_named(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = make_parts(source, tmp_path, 3)
    (half,) = make_parts(source, tmp_path, 2)[:1]
    assert refusal(source, [], tmp_path) == "There is no part to merge."
    assert refusal(source, [two], tmp_path) == "Of 3 parts these are missing: 1, 3."
    assert refusal(source, [one, two, two, three], tmp_path) == "Part 2 of 3 is given more than once."
    assert refusal(source, [one, half], tmp_path) == "part-1-of-2 is one of 2 parts, part-1-of-3 one of 3."
    assert refusal(source, [one, tmp_path], tmp_path).endswith(f"is not a part: it has no {INDEX}.")
    other = write_wav(tmp_path / "other.wav", noise(FRAMES, seed=2))
    assert (
        refusal(other, [one, two, three], tmp_path) == "part-1-of-3 is a part of another song than other.wav."
    )
    for changes, what in (({"version": "2"}, "version"), ({"precision": "bf16"}, "precision")):
        with monkeypatch.context() as patch:
            strange = Filters().separator(3, **changes)
            patch.setitem(registry.MODELS, "filters", lambda _precision, strange=strange: strange)
            again = separate_part(source, tmp_path / "parts" / what, Part(2, 3), model="filters").folder
        said = refusal(source, [one, again, three], tmp_path)
        assert said == f"{what}/part-2-of-3 was made with another {what} than part-1-of-3."


def edit(folder: Path, **changes: object) -> None:
    document = json.loads((folder / INDEX).read_text())
    (folder / INDEX).write_text(json.dumps({**document, **changes}))


def test_a_damaged_part_is_named(source: Path, tmp_path: Path) -> None:
    def parts() -> list[Path]:
        return make_parts(source, tmp_path, 2)

    def stretch(part: Path) -> Path:
        return sorted(part.glob("*.stretch"))[0]

    given = parts()
    name = stretch(given[1]).name
    raw = stretch(given[1]).read_bytes()
    stretch(given[1]).write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert refusal(source, given, tmp_path) == f"{name} of part-2-of-2 cannot be used: it is damaged."
    given = parts()
    stretch(given[1]).unlink()
    assert refusal(source, given, tmp_path) == f"{name} of part-2-of-2 cannot be used: it is missing."
    given = parts()
    (given[0] / INDEX).write_text("{")
    assert "part-1-of-2 is not a part of ours, or it is damaged" in refusal(source, given, tmp_path)
    for bad in (
        {"part": 3},
        {"part": "1"},
        {"recipe": {}},
        {"recipe": 1},
        {"stretches": [{}]},
        {"stretches": 4},
    ):
        given = parts()
        edit(given[0], **bad)
        assert "is not a part of ours" in refusal(source, given, tmp_path), bad
    given = parts()
    edit(given[0], version=1)
    assert "another version of this program" in refusal(source, given, tmp_path)
    given = parts()
    listed = json.loads((given[0] / INDEX).read_text())["stretches"]
    edit(given[0], stretches=[{**listed[0], "file": "../" + listed[0]["file"]}])
    assert "is not a part of ours" in refusal(source, given, tmp_path)
    given = parts()
    edit(given[0], stretches=listed[:-1])
    assert refusal(source, given, tmp_path) == "part-1-of-2 lacks segments. Make it again."
    given = parts()
    edit(given[0], stretches=listed[1:])
    assert "part-1-of-2 has segments that are not its own" in refusal(source, given, tmp_path)
    given = parts()
    for part in given:
        edit(part, stretches=[])
    assert refusal(source, given, tmp_path) == "The parts hold no segments. Make them again."


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/0", "-1/2", "a/b", "1/2/3", "²/3", ""])
def test_a_part_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="part"):
        Part.parse(text)


@pytest.mark.parametrize("of", [1, 2, 3, 8, 50])
@pytest.mark.parametrize("count", [0, 1, 7, 8, 27])
def test_runs_are_neighbours_and_cover_all(of: int, count: int) -> None:
    runs = [Part(k, of).run(count) for k in range(1, of + 1)]
    assert [index for run in runs for index in run] == list(range(count))
    assert max(map(len, runs)) - min(map(len, runs)) <= 1
