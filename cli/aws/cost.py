"""`unplugd cost`: what a month on AWS costs, from the prices of unplugd/domain/prices.py and the assumptions here.

Each assumption has the month in which it was measured or made. tests/cli/test_cost.py compares the counts with the
templates, and what a song costs with bench/cost.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from unplugd.domain import prices
from unplugd.domain.prices import DEMUCS, START_S, WHISPER

# Seconds of the separating task for a second of song, on its four vCPU: htdemucs_ft in f32. Quick: 2.4 CPU seconds, as
# measured in 2026-11 on a busy machine. Careful: the reference design's 510 s for 180 s of song, divided by our saving.
SEPARATING = {"quick": 2.4 / DEMUCS.vcpu, "careful": 510 / 1.8 / 180}
WHISPER_S = (7, 3.3 / 30 * 2)  # CPU seconds: to load, and for a second of song (2026-11)
TRANSITIONS, PUTS = 13, 60  # of a song (2026-11)
GB_A_MINUTE = 0.0462  # four WAVs and their streams (2026-11)
MESSAGE_EACH_S = 2.0  # progress messages are at least so far apart (2026-11)
MESSAGE = {"function_s": 0.1, "function_gb": 0.5, "writes": 3, "pushes": 1}  # assumed, 2026-12
CALLS, CALL_S, CALL_GB = 25, 0.3, 0.75  # functions of a song besides messages (assumed, 2026-12)
WRITES = 40  # write units of a song besides messages (assumed, 2026-12)
ALARM_METRICS = 165  # about, of all alarms together; an alarm over several metrics costs one each (2026-12)
IMAGES_GB = 3.0  # both images, full (assumed, 2026-12)
SCHEDULED = {"each minute": 43_800, "each five minutes": 5 * 8_760}  # calls a month
SCHEDULED_S = 0.5  # of such a call with nothing to do, at half a gigabyte (assumed, 2026-12)


@dataclass(frozen=True)
class Month:
    """Dollars by what they are for."""

    songs: Mapping[str, float]
    fixed: Mapping[str, float]
    storage_a_song: float

    @property
    def total(self) -> float:
        """Of a first month, with its own songs stored."""
        return sum(self.songs.values()) + sum(self.fixed.values())


def song(minutes: float, row: str = "careful") -> dict[str, float]:
    """Dollars of one song of so many minutes, by part."""
    seconds = minutes * 60
    separating = START_S + seconds * SEPARATING[row]
    writing = START_S + (WHISPER_S[0] + seconds * WHISPER_S[1]) / WHISPER.vcpu
    messages = (separating + writing) / MESSAGE_EACH_S
    a_message = (
        MESSAGE["function_s"] * MESSAGE["function_gb"] * prices.LAMBDA_GB_S
        + prices.LAMBDA_CALL
        + MESSAGE["writes"] * prices.WRITE
        + MESSAGE["pushes"] * prices.SOCKET_MESSAGE
    )
    return {
        "separation": DEMUCS.spot(separating),
        "lyrics": WHISPER.spot(writing),
        "states and files": TRANSITIONS * prices.TRANSITION + PUTS * prices.S3_PUT,
        "progress": messages * a_message,
        "functions and rows": CALLS * (CALL_S * CALL_GB * prices.LAMBDA_GB_S + prices.LAMBDA_CALL)
        + WRITES * prices.WRITE,
    }


def month(songs: int, minutes: float, *, row: str = "careful", firewall: bool = False) -> Month:
    """A month with so many new songs of so many minutes each."""
    parts = {name: songs * dollars for name, dollars in song(minutes, row).items()}
    stored = minutes * GB_A_MINUTE * prices.S3_GB_MONTH
    calls = sum(SCHEDULED.values())
    fixed = {
        "alarms": ALARM_METRICS * prices.ALARM_METRIC,
        "key": prices.KEY_MONTH,
        "images": IMAGES_GB * prices.IMAGE_GB_MONTH,
        "schedules": calls * (SCHEDULED_S * 0.5 * prices.LAMBDA_GB_S + prices.LAMBDA_CALL),
    }
    if firewall:
        fixed["firewall"] = prices.FIREWALL_MONTH
    return Month(parts | {"storage": songs * stored}, fixed, stored)


def table(songs: int, minutes: float, *, firewall: bool = False) -> str:
    """The two rows as a table of Markdown."""
    quick, careful = (month(songs, minutes, row=row, firewall=firewall) for row in ("quick", "careful"))
    lines = [
        f"{songs:,} songs of {minutes:g} minutes in a month, on Spot, prices of {prices.LISTED}:",
        "",
        "| | quick vCPUs | careful |",
        "|---|---|---|",
        *(f"| {name} | ${quick.songs[name]:,.2f} | ${careful.songs[name]:,.2f} |" for name in careful.songs),
        *(
            f"| {name}, at rest | ${quick.fixed[name]:,.2f} | ${careful.fixed[name]:,.2f} |"
            for name in careful.fixed
        ),
        f"| **in all** | **${quick.total:,.2f}** | **${careful.total:,.2f}** |",
        "",
        f"Storage grows: after a year of such months it is ${12 * songs * careful.storage_a_song:,.2f} a month.",
    ]
    return "\n".join(lines) + "\n"
