"""A prepared AWS in memory, put back between tests: to make tables and buckets again takes longer than most tests."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import moto.core.responses
from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.core.models import botocore_stubber
from moto.core.serialize import SERVICE_SPECIFIC_SERIALIZERS, JSONSerializer


class _Rows(JSONSerializer):
    """Writes a row's values as they are: moto looks for each kind of value under each of its names, which is a quarter
    of what DynamoDB's answers cost."""

    def _serialize_type_map(self, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.value.name == "AttributeValue" and all(
            each.keys() <= {"S", "N", "BOOL"} for each in value.values()
        ):
            self._default_serialize(serialized, dict(value), shape, key)
        else:
            super()._serialize_type_map(serialized, value, shape, key)


SERVICE_SPECIFIC_SERIALIZERS["dynamodb"] = {"json": _Rows}
# moto looks through a service's class for the names of its operations at each call.
responses: Any = moto.core.responses
responses.method_names_from_class = functools.cache(responses.method_names_from_class)

# moto's backend of each service that is copied, and where it keeps it. A queue holds a lock, which has no copy.
_COPIED = {"dynamodb": "us-east-1", "s3": "aws", "stepfunctions": "us-east-1"}


@contextmanager
def prepared(account: str, prepare: Callable[[], None]) -> Iterator[None]:
    """moto's AWS as `prepare` left it the first time; what happens to it inside is forgotten afterwards."""
    botocore_stubber.enabled = True
    try:
        _forget()
        for service, put_back in _copies(account, prepare).items():
            put_back(_backend(service, account))
        yield
    finally:
        botocore_stubber.enabled = False
        _forget()


def _backend(service: str, account: str) -> Any:
    return get_backend(service)[account][_COPIED[service]]  # type: ignore[call-overload]


def _forget() -> None:
    BackendDict.reset()
    reset_model_data()


@functools.cache
def _copies(account: str, prepare: Callable[[], None]) -> dict[str, Callable[[Any], None]]:
    """For each service, what gives an empty backend the prepared state."""
    prepare()
    buckets: Any = get_backend("s3")
    owners = dict(buckets.bucket_accounts)  # S3 alone keeps something outside its backend
    copies = {service: _copy_of(_backend(service, account)) for service in _COPIED}
    _forget()

    def with_owners(backend: Any) -> None:
        s3(backend)
        buckets.bucket_accounts.update(owners)

    s3 = copies["s3"]
    return {**copies, "s3": with_owners}


def _copy_of(backend: Any) -> Callable[[Any], None]:
    state = copy.deepcopy(vars(backend), {id(backend): backend})

    def put_back(into: Any) -> None:
        # What points to the old backend points to the new one.
        vars(into).update(copy.deepcopy(state, {id(backend): into}))

    return put_back
