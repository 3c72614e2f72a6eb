"""The routes in templates/api.yaml, made from the `Route` of each function in the rooms' templates.

SAM lets an API and the events of its functions stand in one template only. So each function says its route where it is
declared, and this writes what the API has to know of it: the path, the method and the function's name.
"""

from __future__ import annotations

from itertools import groupby

from reference.routes import ROOT, Route, routes

TEMPLATE = ROOT / "templates" / "api.yaml"
_ARN = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AppName}-${Environment}-"
_CALL = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"


def written(text: str) -> str:
    """The template with today's routes, and with the functions that the gateway may call."""
    text = _between(text, "routes", _paths(routes()))
    return _between(text, "callers", _callers(routes()))


def _between(text: str, name: str, lines: list[str]) -> str:
    before, begin, rest = text.partition(f"# {name}\n")
    _, end, after = rest.partition(f"# end of {name}\n")
    indent = before.rpartition("\n")[2]
    if not begin or not end:
        raise ValueError(f"{TEMPLATE.name} has no place for its {name}")
    return before + begin + "".join(f"{indent}{line}\n" for line in lines) + indent + end + after


def _paths(every: list[Route]) -> list[str]:
    lines = ["paths:"]
    for path, calls in groupby(every, key=lambda route: route.path):
        lines.append(f"  {path}:")
        for route in calls:
            lines.append(f"    {route.method.lower()}:")
            if route.request_model:
                schema = f'{{$ref: "#/components/schemas/{route.request_model}"}}'
                lines.append("      x-amazon-apigateway-request-validator: body")
                lines.append(
                    f"      requestBody: {{required: true, content: {{application/json: {{schema: {schema}}}}}}}"
                )
            lines += [
                "      responses: {}",
                "      x-amazon-apigateway-integration:",
                "        type: aws_proxy",
                "        httpMethod: POST",
                "        credentials: !GetAtt CallerRole.Arn",
                f"        uri: !Sub {_CALL}{_ARN}{_function(route)}/invocations",
            ]
    return lines


def _callers(every: list[Route]) -> list[str]:
    return ["Resource:", *(f"  - !Sub {_ARN}{name}" for name in sorted(_function(route) for route in every))]


def _function(route: Route) -> str:
    return route.name.replace("_", "-")
