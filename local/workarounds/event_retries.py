"""Symptom: an EventBridge rule's Lambda that fails once is never tried again.

EventBridge invokes a function asynchronously, which on AWS means two retries and then its failure destination. The
event goes through ministack's own asynchronous path, which does that.
"""

from __future__ import annotations

import json
import logging

from local import upstream
from local.workarounds import Context

_log = logging.getLogger(__name__)


def check() -> None:
    upstream.need(upstream.service("eventbridge"), "_dispatch_to_lambda", by=__name__)
    upstream.need_parameters(
        upstream.service("eventbridge")._dispatch_to_lambda, "arn", "payload", by=__name__
    )
    names = ("_get_func_record_for_ref", "_execution_record_for_config", "invoke_async_with_retry")
    upstream.need(upstream.service("lambda_svc"), *names, by=__name__)


def apply(_: Context) -> None:
    functions = upstream.service("lambda_svc")

    def dispatch(arn: str, payload: str) -> None:
        function, config, name = functions._get_func_record_for_ref(arn)
        if not function or not config:
            _log.warning("EventBridge: the function %s does not exist", name)
            return
        record = functions._execution_record_for_config(function, config)
        functions.invoke_async_with_retry(record, json.loads(payload))

    upstream.service("eventbridge")._dispatch_to_lambda = dispatch
