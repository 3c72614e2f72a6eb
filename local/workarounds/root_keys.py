"""Symptom: anybody is the administrator, even with AUTH=true.

An empty access key, `test`, any twelve digits, and the configured key with any signature at all were root: an
unsigned GET lists every bucket. Here the one root key is this installation's, and its signature is verified like
any other; a request without a signature gets only what AWS serves unsigned (signing up and in, API methods, and
presigned URLs, which carry their own signature).
"""

from __future__ import annotations

import hmac
import os
from typing import Any

from local import upstream
from local.workarounds import Context


def check() -> None:
    evaluator = upstream.module("core.iam_evaluator")
    names = (
        "is_root_access_key",
        "_is_root_key",
        "enforce",
        "_anonymous",
        "_served_unsigned",
        "authenticate",
    )
    upstream.need(evaluator, *names, by=__name__)
    upstream.need(upstream.module("services.sts"), "is_root_access_key", by=__name__)
    upstream.need_parameters(
        evaluator.enforce, "access_key_id", "iam_action", "service", "region", by=__name__
    )


def apply(_: Context) -> None:
    evaluator = upstream.module("core.iam_evaluator")
    own = os.environ["AWS_ACCESS_KEY_ID"]
    enforce = evaluator.enforce

    def is_root_access_key(access_key_id: str | None) -> bool:
        return hmac.compare_digest((access_key_id or "").encode(), own.encode())

    def enforce_with_unsigned(
        access_key_id: str, iam_action: str, service: str, region: str, *args: Any, **kwargs: Any
    ) -> Any:
        # Upstream lets these through because it takes the empty key for root, which it no longer is.
        if evaluator._anonymous.get() and evaluator._served_unsigned(service, iam_action):
            return None
        return enforce(access_key_id, iam_action, service, region, *args, **kwargs)

    evaluator.is_root_access_key = is_root_access_key
    upstream.module("services.sts").is_root_access_key = is_root_access_key
    # It decides which signature is *not* verified: none.
    evaluator._is_root_key = lambda _: False
    evaluator.enforce = enforce_with_unsigned
