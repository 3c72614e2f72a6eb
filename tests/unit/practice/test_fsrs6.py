"""FSRS-6 against ts-fsrs: stability, difficulty, interval and recall of 60 histories."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from unplugd.domain import fsrs6
from unplugd.domain.fsrs6 import Fsrs6
from unplugd.domain.scheduling import Memory

VECTORS = json.loads(Path(__file__).with_name("fsrs_vectors.json").read_text())
GRADES = {1: 1, 2: 3, 3: 4, 4: 5}  # ts-fsrs's rating → a grade of ours
FUNCTIONS = str(Path(__file__).resolve().parents[3] / "functions")


def test_the_default_parameters_are_the_same() -> None:
    assert list(fsrs6._scheduler().parameters) == VECTORS["parameters"]


def test_the_vectors_of_ts_fsrs() -> None:
    """ts-fsrs rounds to eight decimals after each step."""
    checked = 0
    for history in VECTORS["histories"]:
        memory = Memory()
        for number, (days, rating, stability, difficulty, interval, recall) in enumerate(history):
            if recall is not None:
                assert Fsrs6().recall(memory, days) == pytest.approx(recall, abs=1e-6)
            memory = Fsrs6().answer(memory, GRADES[rating], days if number else None)
            assert memory.stability == pytest.approx(stability, rel=1e-6)
            assert memory.difficulty == pytest.approx(difficulty, rel=1e-6)
            assert memory.interval == interval
            checked += 1
    assert checked == 348


@pytest.mark.parametrize(("grade", "same_as"), [(0, 2), (1, 2), (2, 2), (3, 3), (4, 4), (5, 5)])
def test_grades_become_ratings(grade: int, same_as: int) -> None:
    first = Fsrs6().answer(Memory(), grade, None)
    assert first == Fsrs6().answer(Memory(), same_as, None)
    assert len({Fsrs6().answer(Memory(), one, None).stability for one in (2, 3, 4, 5)}) == 4


def test_an_answer_before_the_last_one_is_refused() -> None:
    with pytest.raises(ValueError, match="before the last"):
        Fsrs6().answer(Fsrs6().answer(Memory(), 4, None), 4, -1)


def test_the_library_is_loaded_only_when_it_is_asked() -> None:
    code = (
        f"import sys; sys.path.insert(0, {FUNCTIONS!r})\n"
        "from unplugd.domain.scheduling import Memory, scheduler\n"
        "scheduler('sm2').answer(Memory(), 4, None); assert 'fsrs' not in sys.modules\n"
        "scheduler('fsrs').answer(Memory(), 4, None); assert 'fsrs' in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
