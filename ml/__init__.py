"""The ml core: arrays and files in, arrays and files out. It knows nothing of AWS, users or songs' rows."""


class Stopped(Exception):
    """The caller's stop event was set; what was half-written has been removed."""
