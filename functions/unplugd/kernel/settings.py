"""The environment of a function: the only place that reads `os.environ`."""

from __future__ import annotations

import os


class MissingSetting(RuntimeError):
    """A variable that this function needs is not set: a fault of the template, not of a caller."""


def _need(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise MissingSetting(f"The environment variable {name} is not set for this function")
    return value


def songs_table() -> str:
    return _need("SONGS_TABLE")


def connections_table() -> str:
    return _need("CONNECTIONS_TABLE")


def slots_table() -> str:
    return _need("SLOTS_TABLE")


def measure_queue_table() -> str:
    return _need("MEASURE_QUEUE_TABLE")


def plays_url() -> str:
    """The outside service of the source `historical`. Absent when it is off: ask `is_set` first."""
    return _need("PLAYS_URL")


def plays_secret() -> str:
    return _need("PLAYS_SECRET")


def plays_calls_a_day() -> int:
    return int(_need("PLAYS_CALLS_A_DAY"))


def sessions_table() -> str:
    return _need("SESSIONS_TABLE")


def practice_table() -> str:
    return _need("PRACTICE_TABLE")


def details_table() -> str:
    return _need("DETAILS_TABLE")


def transcode_function() -> str:
    return _need("TRANSCODE_FUNCTION")


def enrich_function() -> str:
    return _need("ENRICH_FUNCTION")


def ingest_function() -> str:
    return _need("INGEST_FUNCTION")


def join_function() -> str:
    return _need("JOIN_FUNCTION")


def pitch_function() -> str:
    return _need("PITCH_FUNCTION")


def uploads_bucket() -> str:
    return _need("UPLOADS_BUCKET")


def output_bucket() -> str:
    return _need("OUTPUT_BUCKET")


def wake_queue_url() -> str:
    return _need("WAKE_QUEUE_URL")


def state_machine_arn() -> str:
    return _need("STATE_MACHINE_ARN")


def validate_function() -> str:
    return _need("VALIDATE_FUNCTION")


def websocket_endpoint() -> str:
    return _need("WEBSOCKET_ENDPOINT")


def user_pool_id() -> str:
    return _need("USER_POOL_ID")


def token_issuer() -> str:
    return _need("TOKEN_ISSUER")


def token_audience() -> str:
    return _need("TOKEN_AUDIENCE")


def jwks_url() -> str:
    return _need("JWKS_URL")


def cors_origin() -> str:
    return _need("CORS_ORIGIN")


def max_concurrent_songs() -> int:
    """How many songs may run at once (at least 1)."""
    return max(1, int(_need("MAX_CONCURRENT_SONGS")))


def songs_a_day() -> int:
    """How many songs a person may add on a day; 0 is no limit."""
    return int(_need("SONGS_A_DAY"))


def minutes_a_month() -> int:
    """How many minutes of music a person may have processed in a month; 0 is no limit."""
    return int(_need("MINUTES_A_MONTH"))


def billing_secret() -> str:
    return _need("BILLING_SECRET")


def billing_url() -> str:
    return _need("BILLING_URL")


def billing_price() -> str:
    """Stripe's id of the price that is sold, or `none`."""
    return _need("BILLING_PRICE")


def billing_trial_days() -> int:
    return int(_need("BILLING_TRIAL_DAYS"))


def billing_free_lookups() -> int:
    return int(_need("BILLING_FREE_LOOKUPS"))


def is_on_lambda() -> bool:
    """Whether this process is a Lambda worker (or one of the local stack), and no test or tool."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def is_set(name: str) -> bool:
    """Whether the template gives this function the variable `name`."""
    return bool(os.environ.get(name))


def child_environment() -> dict[str, str]:
    """What a child process of ours may see: where programs are, and nothing that could be a secret."""
    return {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LANG") if name in os.environ}
