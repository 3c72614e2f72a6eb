"""The keys of a recording's windows."""

from __future__ import annotations

import pytest

from unplugd.domain.files import parse_window_key, session_prefix, window_key

USER, SESSION = "11111111-1111-4111-8111-111111111111", "01J9ZQ4X5V8K2M3N4P5Q6R7S8T"


@pytest.mark.parametrize("index", [0, 7, 42, 599])
@pytest.mark.parametrize("kind", ["audio", "frames"])
def test_a_key_reads_back(index: int, kind: str) -> None:
    key = window_key(USER, SESSION, index, kind)
    assert key.startswith(session_prefix(USER, SESSION))
    assert parse_window_key(key) == (USER, SESSION, index, kind)


@pytest.mark.parametrize(
    "end",
    [
        "window_1/audio.wav",
        "window_0001/audio.wav",
        "window_600/audio.wav",
        "window_-01/audio.wav",
        "window_００１/audio.wav",
        "window_000/audio.wav\n",
        "window_000/audio.wav/x",
        "window_000/frames.wav",
        "window_000/AUDIO.WAV",
        "../window_000/audio.wav",
    ],
)
def test_any_other_key_is_none_of_ours(end: str) -> None:
    assert parse_window_key(f"sessions/{USER}/{SESSION}/{end}") is None
