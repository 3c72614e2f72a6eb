"""boto3 clients, made when first used and kept for the life of the worker. The only import of boto3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from unplugd.kernel.errors import Transient

# Faults of the moment, as AWS names them across services. Anything else is our own mistake and must be seen as one.
_PASSING = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)


@cache
def client(service: str, endpoint_url: str | None = None, *, quick: bool = False) -> Any:
    """A client of `service`. `quick`: for calls that must not hold anything up (a push to a slow connection)."""
    import boto3
    from botocore.config import Config

    def made(style: str) -> Any:
        config = Config(
            connect_timeout=2 if quick else 5,
            read_timeout=3 if quick else 20,
            max_pool_connections=25,  # as many calls as aws/measure_queue.py makes at once
            retries={"mode": "standard", "total_max_attempts": 2 if quick else 4},
            signature_version="s3v4" if service == "s3" else None,
            s3={"addressing_style": style} if service == "s3" else None,
        )
        return boto3.client(service, endpoint_url=endpoint_url, config=config)

    # Links name the bucket's host in its Region. By "auto" they name S3's host for all Regions, which redirects (or
    # refuses, in newer Regions), and no browser follows that for a PUT. A local endpoint has one host for all buckets.
    found = made("virtual")
    is_local = service == "s3" and ".amazonaws.com" not in found.meta.endpoint_url
    return made("path") if is_local else found


@contextmanager
def passing_faults(what: str) -> Iterator[None]:
    """Turn throttling, time-outs and AWS's own faults into `Transient`, saying what could not be done."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

    try:
        yield
    except ClientError as error:
        if (
            error.response["Error"]["Code"] in _PASSING
            or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
        ):
            raise Transient(f"Could not {what} just now. Please try again.") from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise Transient(f"Could not {what} just now. Please try again.") from error


def is_code(error: Exception, *codes: str) -> bool:
    """Whether a botocore ClientError carries one of `codes`."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code")) in codes
