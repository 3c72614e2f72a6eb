"""Business metrics as CloudWatch embedded metric format lines (no API call, no dependency on a metrics service)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from aws_lambda_powertools.metrics import EphemeralMetrics

Unit = Literal["Count", "Seconds"]


@cache
def _metrics() -> EphemeralMetrics:
    from aws_lambda_powertools.metrics import EphemeralMetrics

    return EphemeralMetrics()


def put(name: str, value: float, *, unit: Unit = "Count") -> None:
    """Write one data point of metric `name` in the namespace that POWERTOOLS_METRICS_NAMESPACE gives."""
    metrics = _metrics()
    metrics.add_metric(name=name, unit=unit, value=value)
    metrics.flush_metrics()
