"""Symptom: a bucket or queue with a TLS-only policy refuses everybody, because the stack speaks plain HTTP.

The templates deny `aws:SecureTransport = false`, as they must on AWS. What that protects against, a wire that others
can read, does not exist on the loopback interface, the only one the stack listens on; so here every request counts
as secure.
"""

from __future__ import annotations

from contextvars import ContextVar

from local import upstream
from local.workarounds import Context


def check() -> None:
    evaluator = upstream.module("core.iam_evaluator")
    upstream.need(evaluator, "_request_origin", by=__name__)
    upstream.need(upstream.module("app"), "pin_request_origin", by=__name__)
    upstream.need_parameters(evaluator.pin_request_origin, "source_ip", "secure_transport", by=__name__)


def apply(_: Context) -> None:
    origin: ContextVar[tuple[str, bool]] = ContextVar("unplugd_request_origin", default=("127.0.0.1", True))

    def pin_request_origin(source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001 (ministack's signature)
        origin.set((source_ip, True))

    evaluator = upstream.module("core.iam_evaluator")
    evaluator._request_origin = origin  # looked up by name at each request, and at each internal call
    evaluator.pin_request_origin = pin_request_origin
    upstream.module("app").pin_request_origin = pin_request_origin
