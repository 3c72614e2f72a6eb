"""A loop is not lyrics: it is heard again, and what stays a loop is left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ml.lyrics import loops
from ml.lyrics.hearing import HEARING_RATE
from ml.lyrics.loops import LOST_REPEATS, SURE, runs
from ml.lyrics.whisper import AGAIN, TEMPERATURES

VERSE = ["je", "me", "lève", "le", "matin"]


def understood(samples: Any, hear: Any) -> dict[str, Any]:
    return loops.understood(samples, hear, TEMPERATURES, AGAIN)


@pytest.mark.parametrize(
    ("text", "looped"),
    [
        ("me faire " * 111, [(0, 222)]),
        ("tout va bien " + "Me faire, me faire. " * 3, [(3, 15)]),
        ("never gonna let you down " * 4, []),
        ("la " * 16 + "hallelujah " * 4, []),
        ("la " * 17, [(0, 17)]),
        ("no N" + "o" * 16, []),
        ("no N" + "o" * 17, [(1, 2)]),
        ("O" + "-O" * 60 + ", oh", [(0, 1)]),
        ("la" * 40, [(0, 1)]),
        ("", []),
    ],
)
def test_more_than_four_in_a_row_is_a_loop(text: str, looped: list[tuple[int, int]]) -> None:
    assert runs(text.split()) == looped


def heard(words: list[str], seconds: float) -> dict[str, Any]:
    step = seconds / max(1, len(words))
    line = [[word, i * step, (i + 1) * step, 0.9] for i, word in enumerate(words)]
    return {"lines": [line] if words else [], "until": round(seconds * HEARING_RATE)}


SAMPLES = np.ones(30 * HEARING_RATE, np.float32)
SAMPLES[14 * HEARING_RATE : 15 * HEARING_RATE] = 0


def words_of(answer: dict[str, Any]) -> list[str]:
    return [word[0] for line in answer["lines"] for word in line]


def test_a_hearing_without_a_loop_is_not_repeated() -> None:
    asked: list[tuple[float, ...]] = []

    def hear(part: Any, temperatures: tuple[float, ...]) -> dict[str, Any]:
        asked.append(temperatures)
        return heard(VERSE, len(part) / HEARING_RATE)

    assert words_of(understood(SAMPLES, hear)) == VERSE
    assert asked == [TEMPERATURES]


def test_a_loop_is_heard_again_at_other_temperatures() -> None:
    def hear(part: Any, temperatures: tuple[float, ...]) -> dict[str, Any]:
        return heard(VERSE if temperatures == AGAIN else ["me", "faire"] * 111, len(part) / HEARING_RATE)

    assert words_of(understood(SAMPLES, hear)) == VERSE


def test_a_loop_that_stays_is_heard_in_halves_cut_at_a_pause() -> None:
    parts: list[float] = []

    def hear(part: Any, temperatures: tuple[float, ...]) -> dict[str, Any]:
        seconds = len(part) / HEARING_RATE
        parts.append(seconds)
        return heard(VERSE if seconds < 20 else ["me", "faire"] * 111, seconds)

    answer = understood(SAMPLES, hear)
    assert words_of(answer) == VERSE * 2
    assert 14 <= parts[2] <= 15 and sum(parts[2:]) == pytest.approx(30)
    starts = [word[1] for line in answer["lines"] for word in line]
    assert starts == sorted(starts) and starts[len(VERSE)] == parts[2]
    assert answer["until"] == len(SAMPLES)


def test_a_loop_everywhere_is_left_out_and_the_rest_stays() -> None:
    def hear(part: Any, temperatures: tuple[float, ...]) -> dict[str, Any]:
        return heard([*VERSE, *["me", "faire"] * (LOST_REPEATS + 1)], len(part) / HEARING_RATE)

    answer = understood(SAMPLES, hear)
    assert words_of(answer) == VERSE
    assert answer["until"] == len(SAMPLES)


def test_a_long_chorus_is_kept_and_left_to_be_marked() -> None:
    def hear(part: Any, temperatures: tuple[float, ...]) -> dict[str, Any]:
        return heard(["around", "the", "world"] * LOST_REPEATS, len(part) / HEARING_RATE)

    assert len(words_of(understood(SAMPLES, hear))) == 3 * LOST_REPEATS


def source(number: float) -> Any:
    return np.full(30 * HEARING_RATE, number, np.float32)


MIXED, ALONE = source(1.0), source(2.0)
LOOP = ["me", "faire"] * 111


@pytest.mark.parametrize(
    ("mixed", "alone", "counts", "asked"),
    [
        ((VERSE, SURE), (["no"], 1.0), VERSE, 1),
        ((VERSE, SURE - 0.01), (["oui"], SURE), ["oui"], 2),
        ((VERSE, 0.5), (["oui"], 0.4), VERSE, 2),
        (([], 0.0), (VERSE, 0.4), VERSE, 2),
        ((VERSE, 0.3), ([], 0.0), VERSE, 2),
        ((LOOP, 0.99), (VERSE, 0.4), VERSE, 2),
        ((VERSE, 0.3), (LOOP, 0.99), VERSE, 2),
        (([], 0.0), ([], 0.0), [], 2),
    ],
)
def test_a_doubtful_hearing_is_heard_in_the_other_source(
    mixed: tuple[list[str], float], alone: tuple[list[str], float], counts: list[str], asked: int
) -> None:
    sources: list[float] = []

    def hear(samples: Any, _temperatures: tuple[float, ...]) -> dict[str, Any]:
        sources.append(float(samples[0]))
        words, sure = mixed if sources[-1] == MIXED[0] else alone
        answer = heard(words, 30.0)
        return answer | {"lines": [[[*word[:3], sure] for word in line] for line in answer["lines"]]}

    answer = loops.understood(MIXED, hear, TEMPERATURES, AGAIN, ALONE)
    assert words_of(answer) == counts
    assert sources == [1.0, 2.0][:asked]


def test_a_loop_in_both_sources_is_heard_at_other_temperatures() -> None:
    def hear(_samples: Any, temperatures: tuple[float, ...]) -> dict[str, Any]:
        return heard(VERSE if temperatures == AGAIN else LOOP, 30.0)

    assert words_of(loops.understood(MIXED, hear, TEMPERATURES, AGAIN, ALONE)) == VERSE
