"""A stage's environment, read once and checked as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SONG = ("USER_ID", "SONG_ID", "ATTEMPT")
COMMON = (*SONG, "OUTPUT_BUCKET", "OUTPUT_PREFIX", "PROGRESS_FUNCTION", "CORRELATION_ID")
"""What both stages are given."""


class BadSettings(Exception):
    """The environment is not one a stage can run in; the message names everything that is wrong with it."""


@dataclass(frozen=True)
class Settings:
    """Who the song belongs to, where its files go, and the stage's own variables by name."""

    user_id: str
    song_id: str
    attempt: int
    output_bucket: str
    output_prefix: str
    progress_function: str
    correlation_id: str
    own: Mapping[str, str]


def model_folder(environ: Mapping[str, str]) -> Path | None:
    """Where the weights lie (MODEL_DIR); None where there are none: then only the built-in engines can run."""
    chosen = environ.get("MODEL_DIR", "").strip()
    return Path(chosen) if chosen else None


def read(environ: Mapping[str, str], *, own: Sequence[str] = (), optional: Sequence[str] = ()) -> Settings:
    """The settings in `environ`; `optional` ones may be empty. Raises BadSettings naming every fault."""
    missing = [name for name in (*COMMON, *own) if not environ.get(name, "").strip()]
    faults = [f"missing environment variables: {', '.join(missing)}"] if missing else []
    attempt = environ.get("ATTEMPT", "")
    if attempt.strip() and not (attempt.isascii() and attempt.isdigit()):
        faults.append("ATTEMPT is not a whole number")
    prefix = environ.get("OUTPUT_PREFIX", "")
    if prefix.strip() and not prefix.endswith("/"):
        # Without the slash the stems would be written outside the song's folder and never be found or deleted.
        faults.append("OUTPUT_PREFIX does not end with /")
    if faults:
        raise BadSettings("; ".join(faults))
    return Settings(
        user_id=environ["USER_ID"],
        song_id=environ["SONG_ID"],
        attempt=int(attempt),
        output_bucket=environ["OUTPUT_BUCKET"],
        output_prefix=prefix,
        progress_function=environ["PROGRESS_FUNCTION"],
        correlation_id=environ["CORRELATION_ID"],
        own={name: environ.get(name, "").strip() for name in (*own, *optional)},
    )
