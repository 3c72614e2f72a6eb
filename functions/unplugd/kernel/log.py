"""One structured JSON logger for every function (Powertools)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """The function's logger. Service name and level come from the POWERTOOLS_* variables of the template."""
    from aws_lambda_powertools import Logger

    return Logger()
