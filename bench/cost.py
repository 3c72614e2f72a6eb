"""What a song costs on Fargate Spot, from its stages' CPU time. `python -m bench.cost` rewrites docs/cost.md's tables.

tests/infra/test_cost.py fails where the page, the templates and the benchmark's figures do not agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cli.aws import cost as month
from unplugd.domain import prices
from unplugd.domain.prices import (
    DEMUCS,
    GB_H,
    LAMBDA_CALL,
    LAMBDA_GB_S,
    S3_GB_MONTH,
    S3_LIST,
    S3_PUT,
    SPOT,
    START_S,
    TRANSITION,
    VCPU_H,
    WHISPER,
    WRITE,
    Task,
)

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cost.md"
BEGIN, END = "<!-- made by bench/cost.py -->\n", "<!-- to here -->\n"

# The rest of a song: transitions of the state machine, writes to S3 (parts and checkpoints too), and its files for a
# month (dollars a GB).
TRANSITIONS = 13
PUTS = 60
GB_A_MINUTE = 0.0462  # four WAVs (42.3 MB) and their streams (3.9 MB)

# An hour of recording: 60 windows of mono, 16 bits. A window's own PUT, those of its figures and its stream.
WINDOWS, PUTS_A_WINDOW, WRITES_A_WINDOW, SWEEPS = 60, 3, 12, 12
LAMBDA_S = {  # seconds a window, assumed: reading takes 0.2 CPU seconds here, joining 0.2; the rest is S3 and starts
    "GrantAudioFunction": 0.1,
    "AudioUploadCompleteFunction": 0.3,
    "IngestWindowFunction": 1.5,
    "JoinSessionFunction": 1.0,
}
LAMBDA_MB = {
    "GrantAudioFunction": 1024,
    "AudioUploadCompleteFunction": 256,
    "IngestWindowFunction": 1769,
    "JoinSessionFunction": 1769,
}
"""Compared with the templates by tests/infra/test_cost.py."""
FLAC_GB = 0.24  # of an hour: its windows and the take, each at 0.38 of the WAV's 318 MB

SONG_S = 180
CPU_S_A_SONG_S = {"f32": 2.4, "bf16": 1.0}
"""CPU seconds of htdemucs_ft for a second of song, whole task, on a busy machine: docs/images.md."""
STOCK_CPU_RATIO = {"f32": 1.8, "bf16": 4.1}
"""How many times that demucs' own command line takes on the same machine, rounded: docs/decisions/0006."""
WHISPER_CPU_S = 47
"""Base in int8, beam 5, on the vocals of a song of 180 s: six windows of 3.3 s on two cores, and 7 s to start."""
REFERENCE_S = 510
"""The reference design on 4 vCPU and 16 GB: stock Demucs, 3-minute song, 8.5 min."""


REFERENCE = Task(4, 16, 30)


def rest() -> float:
    """Dollars for what is not a task."""
    return TRANSITIONS * TRANSITION + PUTS * S3_PUT


def storage_a_month() -> float:
    """Dollars a month for the song's files."""
    return SONG_S / 60 * GB_A_MINUTE * S3_GB_MONTH


def recording() -> dict[str, float]:
    """Dollars for an hour of recording, by what they are for; `storage` is for a month."""
    seconds = sum(LAMBDA_S[name] * LAMBDA_MB[name] / 1024 for name in LAMBDA_S)
    return {
        "puts": (WINDOWS * PUTS_A_WINDOW + 2) * S3_PUT,
        "functions": WINDOWS * (seconds * LAMBDA_GB_S + len(LAMBDA_S) * LAMBDA_CALL),
        "table": WINDOWS * WRITES_A_WINDOW * WRITE,
        "sweep": SWEEPS * S3_LIST,
        "storage": FLAC_GB * S3_GB_MONTH,
    }


def lyrics() -> tuple[float, float]:
    """(seconds, dollars) of the whisper task."""
    seconds = START_S + WHISPER_CPU_S / WHISPER.vcpu
    return seconds, WHISPER.spot(seconds)


def song(separating_s: float) -> tuple[float, float, float]:
    """(seconds of the demucs task, its dollars, the song's dollars) when separating takes so long on all its vCPU."""
    seconds = START_S + separating_s
    cost = DEMUCS.spot(seconds)
    return seconds, cost, cost + lyrics()[1] + rest()


def rows() -> Iterator[tuple[str, float]]:
    """(what is assumed of separation, its seconds on the task's vCPU)."""
    for precision, cpu in CPU_S_A_SONG_S.items():
        yield f"{precision}, vCPUs as fast as here", SONG_S * cpu / DEMUCS.vcpu
    for precision, times in STOCK_CPU_RATIO.items():
        yield f"{precision}, vCPUs as slow as the reference's", REFERENCE_S / times


def tables() -> str:
    """The page's tables, in Markdown."""
    seconds, dollars = lyrics()
    lines = [
        "| separation by htdemucs_ft | task | demucs | whisper | rest | **a song** |",
        "|---|---|---|---|---|---|",
    ]
    for name, separating in rows():
        task, cost, whole = song(separating)
        lines.append(
            f"| {name} | {task / 60:.1f} min | ${cost:.4f} | ${dollars:.4f} | ${rest():.4f} | **${whole:.4f}** |"
        )
    hour = recording()
    reference = REFERENCE_S / 3600 * SPOT * (REFERENCE.vcpu * VCPU_H + REFERENCE.memory_gb * GB_H)
    lines += [
        f"| the reference design, stock Demucs | {REFERENCE_S / 60:.1f} min | ${reference:.4f} | | | |",
        "",
        f"whisper: {START_S} s to start + {WHISPER_CPU_S} CPU-s / {WHISPER.vcpu} vCPU = {seconds:.0f} s. "
        f"Files: ${storage_a_month():.4f} a month.",
        "",
        f"Measuring a complete song again: {START_S} s to start + {SONG_S} × {prices.MEASURING_CPU_S_A_SONG_S} s, and "
        f"{prices.MEASURING_TRANSITIONS} state transitions: ${prices.measuring(SONG_S):.4f}.",
        "",
        "| an hour of recording, mono, 16 bits | PUTs | functions | table | sweep's listings | **in all** "
        "| storage a month |",
        "|---|---|---|---|---|---|---|",
        f"| {WINDOWS} windows | ${hour['puts']:.4f} | ${hour['functions']:.4f} | ${hour['table']:.4f} | "
        f"${hour['sweep']:.5f} | **${sum(hour.values()) - hour['storage']:.4f}** | ${hour['storage']:.4f} |",
        "",
        month.table(1000, 3).rstrip(),
    ]
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """The page with today's tables in it."""
    before, _, rest_ = page.partition(BEGIN)
    return before + BEGIN + tables() + END + rest_.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
