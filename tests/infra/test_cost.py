"""docs/cost.md says what bench/cost.py reckons, and that with the templates' sizes and the benchmark's figures."""

import json
import statistics
from pathlib import Path

import pytest

from bench import cost
from tests.infra.templates import TEMPLATES, resource

MEASURED = Path(cost.__file__).parent / "results" / "separation.json"


def test_the_page_holds_todays_tables() -> None:
    page = cost.PAGE.read_text(encoding="utf-8")
    assert page == cost.written(page), "run: python -m bench.cost"


@pytest.mark.parametrize(("name", "task"), [("DemucsTask", cost.DEMUCS), ("WhisperTask", cost.WHISPER)])
def test_the_tasks_are_those_of_the_template(name: str, task: cost.Task) -> None:
    properties = resource("compute", name).properties
    assert (int(properties["Cpu"]), int(properties["Memory"])) == (task.vcpu * 1024, task.memory_gb * 1024)
    assert properties["EphemeralStorage"]["SizeInGiB"] == task.storage_gb


@pytest.mark.parametrize("name", cost.LAMBDA_MB)
def test_the_functions_of_recordings_are_those_of_the_templates(name: str) -> None:
    room = "capture" if name.startswith("Grant") else "windows"
    assert (
        resource(room, name).properties.get(
            "MemorySize", TEMPLATES[room]["Globals"]["Function"]["MemorySize"]
        )
        == cost.LAMBDA_MB[name]
    )


def test_an_hour_of_recording() -> None:
    """62 files and twice 60 more at half a cent a thousand; 12 listings at the same price."""
    hour = cost.recording()
    assert hour["puts"] == pytest.approx(182 * 0.005 / 1000)
    assert hour["sweep"] == pytest.approx(12 * 0.005 / 1000)
    assert hour["functions"] == pytest.approx(60 * (4.4938 * 0.0000166667 + 8e-7), rel=1e-3)


def test_the_cpu_times_are_near_the_benchmarks() -> None:
    """The page rounds the figures in bench/results/separation.json, which `make bench-separation` writes."""
    figures = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    for precision in (p for p in cost.CPU_S_A_SONG_S if figures.get(p)):
        runs = figures["conditions"]["runs"][precision]
        measured = statistics.median(run["cpu_s"] for run in runs) / figures["conditions"]["seconds"]
        assert cost.CPU_S_A_SONG_S[precision] == pytest.approx(measured, rel=0.4), precision
        assert cost.STOCK_CPU_RATIO[precision] == pytest.approx(figures[precision]["cpu_ratio"], rel=0.4)


def test_the_arithmetic() -> None:
    """4 vCPU and 8 GB for an hour on Spot: 0.3 (4 * 0.04048 + 8 * 0.004445) + an address and 1 GB of disk."""
    assert cost.DEMUCS.spot(3600) == pytest.approx(0.059244 + 0.005 + 0.000111)
    seconds, dollars, whole = cost.song(90)
    assert seconds == 120
    assert dollars == pytest.approx(cost.DEMUCS.spot(3600) / 30)
    assert whole == pytest.approx(dollars + cost.lyrics()[1] + cost.rest())
