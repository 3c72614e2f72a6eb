"""The ml core: arrays and files in, arrays and files out. It knows nothing of AWS, users or songs' rows."""

import sys

# Importing OpenVINO posts an event to its maker, unasked, where this package is installed. Our locks leave it out; None
# here keeps it from being imported where something else brought it, and OpenVINO takes its stub. See decisions/0009.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]


class Stopped(Exception):
    """The caller's stop event was set; what was half-written has been removed."""
