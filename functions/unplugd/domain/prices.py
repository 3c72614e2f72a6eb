"""What work costs on AWS: every price, and when it was read. docs/cost.md explains the figures; `unplugd cost`,
bench/cost.py and the API's estimates use them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# Dollars an hour, US East (N. Virginia), Linux on x86, on demand, as listed in spring 2026; Spot is "up to 70 %" off.
VCPU_H, GB_H, ADDRESS_H, STORAGE_GB_H = 0.04048, 0.004445, 0.005, 0.000111
SPOT = 0.30
FREE_STORAGE_GB = 20
# Dollars for each request, gigabyte-second, gigabyte of a month, or thing of a month; same Region, same time.
LISTED = "spring 2026"
S3_PUT, S3_LIST, S3_GB_MONTH = 0.000005, 0.000005, 0.023
LAMBDA_GB_S, LAMBDA_CALL = 0.0000166667, 0.0000002
WRITE = 0.000000625
SOCKET_MESSAGE = 0.000001
ALARM_METRIC, KEY_MONTH, IMAGE_GB_MONTH = 0.10, 1.0, 0.10
FIREWALL_MONTH = 9.0  # a web ACL with four rules
TRANSITION = 0.000025  # of the state machine
START_S = 30
"""Assumed: pulling the image and starting, which Fargate bills. Not measured: no AWS in reach."""

MEASURING_CPU_S_A_SONG_S = 0.1
"""The most that measuring may take (make bench-analysis); reckoned as if it used one vCPU only."""
MEASURING_TRANSITIONS = 8


@dataclass(frozen=True)
class Task:
    """A stage's size on Fargate, as templates/compute.yaml has it."""

    vcpu: int
    memory_gb: int
    storage_gb: int

    def spot(self, seconds: float) -> float:
        """Dollars for so long on Spot, with its public address."""
        extra = max(0, self.storage_gb - FREE_STORAGE_GB) * STORAGE_GB_H
        hourly = SPOT * (self.vcpu * VCPU_H + self.memory_gb * GB_H) + ADDRESS_H + extra
        return seconds / 3600 * hourly


DEMUCS, WHISPER = Task(4, 8, 21), Task(2, 8, 21)


def measuring(song_s: float) -> float:
    """Dollars for measuring the stems of one complete song of `song_s` seconds."""
    seconds = START_S + song_s * MEASURING_CPU_S_A_SONG_S
    return DEMUCS.spot(seconds) + MEASURING_TRANSITIONS * TRANSITION


def measuring_all(songs_s: Iterable[float]) -> float:
    """Dollars for measuring songs of these lengths, each in a task of its own."""
    return sum(measuring(one) for one in songs_s)
