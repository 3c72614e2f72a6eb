"""How a stage can end, and the exit code that tells the state machine."""

DONE = 0
UNKNOWN = 1
"""An unexpected fault, or missing variables. The state machine runs the stage again, as for 75."""
BAD_INPUT = 65
"""The song cannot be processed, however often it is tried: exactly one run."""
TEMPORARY = 75
STOPPED = 143
"""128 + SIGTERM, as a shell reports it."""


class BadInput(Exception):
    """The song itself is at fault. `code` is the row's errorCode, the message a sentence for its owner."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Temporary(Exception):
    """The place is at fault (S3, the network, the disk): another run may do."""
