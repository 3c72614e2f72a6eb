"""What holds for every test."""

from __future__ import annotations

import functools
import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault of the code: no test here may fail because an example took long to make or to run.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

# Tests that separate, align or decode whole songs, start a process for each case, or try hundreds of cases, orders or
# workers for one sentence. `make test` runs them; `make test-unit` does not.
SLOW = (
    "bench",
    "chaos",
    "cli/test_arguments.py",
    "cli/test_evaluation.py",
    "cli/test_models.py",
    "cli/test_odd_path.py",
    "cli/test_separation.py",
    "containers",
    "contracts/test_no_telemetry.py",
    "handlers/test_recordings_under_fire.py",
    "infra/test_deployment.py",
    "infra/test_rooms.py",
    "ml/analysis/test_measure_song.py",
    "ml/audio/test_decode.py",
    "ml/audio/test_stream.py",
    "ml/evaluation",
    "ml/lyrics/test_aligner.py",
    "ml/lyrics/test_lyrics.py",
    "ml/lyrics/test_real_whisper.py",
    "ml/lyrics/test_whisper.py",
    "ml/separation",
    "postman",
    "security",
    "training",
    "unit/lyrics/test_hostile_files.py",
    "unit/measurement/test_edits.py",
    "unit/uploads/test_hostile_files.py",
    "unit/uploads/test_probe.py",
    "unit/uploads/test_same_verdict.py",
)
_TESTS = Path(__file__).parent


# Powertools keeps the namespace that it sees at a process's first metric, whichever test writes that.
os.environ["POWERTOOLS_METRICS_NAMESPACE"] = "Unplugd"


def pytest_configure() -> None:
    """End on INT and TERM by way of the fixtures, so that no local stack outlives the tests. What a shell starts in the
    background ignores INT by itself."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@functools.cache
def _slow(path: Path) -> bool:
    return any(path.is_relative_to(_TESTS / name) for name in SLOW)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where slow tests are left out, do not import their files."""
    left_out = "not slow" in config.getoption("markexpr") and _slow(collection_path)
    return left_out or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of `SLOW`."""
    for item in items:
        if _slow(item.path):
            item.add_marker("slow")
