"""Symptom: a REST API made by SAM answers preflights without CORS headers, and its 401s have none either.

Importing an OpenAPI body (which every AWS::Serverless::Api is) loses the mock integrations' responses, the gateway
responses, x-amazon-apigateway-any-method, and the request models with their validators, so that a body the gateway
should refuse reaches the function. They are put where the API's own calls would have put them.

The slash of a binary media type, which a template writes as ~1, is not read as one: such bodies arrive as damaged text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local import upstream
from local.workarounds import Context

_ANY = "x-amazon-apigateway-any-method"
_GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
_INTEGRATION = "x-amazon-apigateway-integration"
_VALIDATOR = "x-amazon-apigateway-request-validator"
_VALIDATORS = "x-amazon-apigateway-request-validators"


def check() -> None:
    gateway = upstream.service("apigateway_v1")
    puts = ("_put_method_response", "_put_integration_response", "_put_gateway_response")
    makes = (
        "_import_operation",
        "_import_rest_api",
        "_create_model",
        "_create_request_validator",
        "_media_type_matches",
    )
    stores = ("_OPENAPI_HTTP_METHODS", "_resources", "_request_validators")
    upstream.need(gateway, *puts, *makes, *stores, "_media_type_matches", by=__name__)
    upstream.need_parameters(
        gateway._import_operation, "api_id", "resource_id", "http_method", "operation", by=__name__
    )
    upstream.need_parameters(gateway._import_rest_api, "spec", "base_data", by=__name__)


def apply(_: Context) -> None:
    gateway = upstream.service("apigateway_v1")
    import_operation, import_rest_api = gateway._import_operation, gateway._import_rest_api

    def operation_with_responses(
        api_id: str, resource_id: str, http_method: str, operation: Mapping[str, Any] | None, *rest: Any
    ) -> None:
        import_operation(api_id, resource_id, http_method, operation, *rest)
        _import_responses(gateway, (api_id, resource_id, http_method), operation or {})

    def api_with_responses(spec: dict[str, Any], base_data: Any = None) -> Any:
        # The given one is the resource's stored properties, by which the next update sees what has changed.
        paths = {path: _with_any_method(item) for path, item in (spec.get("paths") or {}).items()}
        api_id = import_rest_api({**spec, "paths": paths}, base_data)
        for kind, response in (spec.get(_GATEWAY_RESPONSES) or {}).items():
            gateway._put_gateway_response(api_id, kind, response)
        _import_request_models(gateway, api_id, spec)
        return api_id

    matches = gateway._media_type_matches

    def matches_with_slash(media_type: str, binary_media_types: Any) -> Any:
        return matches(media_type, [one.replace("~1", "/") for one in binary_media_types or []])

    gateway._media_type_matches = matches_with_slash
    gateway._OPENAPI_HTTP_METHODS.add("any")
    gateway._import_operation = operation_with_responses
    gateway._import_rest_api = api_with_responses


def _with_any_method(item: Mapping[str, Any]) -> dict[str, Any]:
    return {("any" if method == _ANY else method): operation for method, operation in item.items()}


def _import_request_models(gateway: Any, api_id: str, spec: Mapping[str, Any]) -> None:
    for name, schema in ((spec.get("components") or {}).get("schemas") or {}).items():
        gateway._create_model(api_id, {"name": name, "schema": json.dumps(schema)})
    for name, validator in (spec.get(_VALIDATORS) or {}).items():
        gateway._create_request_validator(api_id, {"name": name, **validator})
    ids = {
        validator["name"]: validator["id"]
        for validator in gateway._request_validators.get(api_id, {}).values()
    }
    for resource in gateway._resources[api_id].values():
        for method, method_record in resource["resourceMethods"].items():
            operation = ((spec.get("paths") or {}).get(resource["path"]) or {}).get(method.lower()) or {}
            content = (operation.get("requestBody") or {}).get("content") or {}
            method_record["requestModels"] = {
                kind: body["schema"]["$ref"].rpartition("/")[2]
                for kind, body in content.items()
                if "$ref" in body.get("schema", {})
            }
            method_record["requestValidatorId"] = ids.get(operation.get(_VALIDATOR))


def _import_responses(gateway: Any, where: tuple[str, str, str], operation: Mapping[str, Any]) -> None:
    for status, response in (operation.get("responses") or {}).items():
        headers = {f"method.response.header.{name}": False for name in (response.get("headers") or {})}
        gateway._put_method_response(*where, str(status), {"responseParameters": headers})
    integration = operation.get(_INTEGRATION) or {}
    if not integration:
        return
    api_id, resource_id, http_method = where
    method = gateway._resources[api_id][resource_id]["resourceMethods"][http_method]
    method["methodIntegration"]["requestTemplates"] = integration.get("requestTemplates", {})
    for pattern, response in (integration.get("responses") or {}).items():
        mapped = {
            "selectionPattern": "" if pattern == "default" else pattern,
            "responseParameters": response.get("responseParameters", {}),
            "responseTemplates": response.get("responseTemplates", {}),
        }
        gateway._put_integration_response(*where, str(response.get("statusCode", 200)), mapped)
