"""Symptom: a change to a REST API's routes gives the API a new id, and with it a new URL.

ministack imports a changed OpenAPI body as a second API and deletes the first. What was imported is moved under the
first one's id, so that the URL lasts as long as the stack; its stages and deployments stay.
"""

from __future__ import annotations

from typing import Any

from local import upstream
from local.workarounds import Context

_TYPE = "AWS::ApiGateway::RestApi"
# What an OpenAPI body makes, each kept by API id.
_IMPORTED = (
    "_resources",
    "_authorizers_v1",
    "_models",
    "_request_validators",
    "_gateway_responses",
    "_documentation_parts",
)


def check() -> None:
    upstream.need(
        upstream.service("apigateway_v1"), *_IMPORTED, "_rest_apis", "_delete_rest_api", by=__name__
    )
    provisioners = upstream.module("services.cloudformation.provisioners")
    names = (
        "_RESOURCE_HANDLERS",
        "_apigw_rest_api_create",
        "_apigw_rest_api_update",
        "_apigw_rest_api_attrs",
    )
    upstream.need(provisioners, *names, by=__name__)


def apply(_: Context) -> None:
    provisioners = upstream.module("services.cloudformation.provisioners")
    update = provisioners._apigw_rest_api_update

    def update_in_place(
        physical_id: str, old_props: Any, new_props: Any, stack_name: str, logical_id: str | None = None
    ) -> Any:
        is_imported = isinstance(new_props.get("Body"), dict)
        if not is_imported or new_props["Body"] == old_props.get("Body"):
            return update(physical_id, old_props, new_props, stack_name, logical_id)
        imported, _ = provisioners._apigw_rest_api_create(logical_id or physical_id, new_props, stack_name)
        _move(imported, physical_id)
        return physical_id, provisioners._apigw_rest_api_attrs(physical_id)

    provisioners._RESOURCE_HANDLERS[_TYPE]["update"] = update_in_place


def _move(imported: str, lasting: str) -> None:
    gateway = upstream.service("apigateway_v1")
    before, after = gateway._rest_apis[lasting], gateway._rest_apis[imported]
    gateway._rest_apis[lasting] = {**after, "id": lasting, "createdDate": before.get("createdDate")}
    for name in _IMPORTED:
        store = getattr(gateway, name)
        store[lasting] = store.pop(imported, {})
    gateway._delete_rest_api(imported)
