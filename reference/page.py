"""docs/api.html: the OpenAPI document for people, one file without scripts or external resources."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem 1.25rem 4rem }
code, pre { font: .875em/1.45 ui-monospace, monospace }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .4rem }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line) }
section { margin-top: 2.5rem } section section { border-top: 1px solid var(--line); padding-top: .75rem }
h3 { margin-bottom: .25rem } nav ul { list-style: none; padding: 0 } .method { display: inline-block; min-width: 4.5em }
.wide { overflow-x: auto }
"""


def html_of(described: dict[str, Any]) -> str:
    """The page of an OpenAPI document."""
    calls = [
        (path, method, call)
        for path, methods in described["paths"].items()
        for method, call in methods.items()
    ]
    links = "".join(
        f'<li><a href="#{call["operationId"]}"><code><span class="method">{method.upper()}</span> '
        f"{escape(path)}</code></a> {escape(call['summary'])}</li>"
        for path, method, call in calls
    )
    schemas = described["components"]["schemas"]
    info = described["info"]
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(info["title"])} API</title>
<style>{_STYLE}</style>
<h1>{escape(info["title"])} API</h1>
{"".join(f"<p>{_prose(part)}</p>" for part in info["description"].split(chr(10) * 2))}
<p>For programs: <a href="openapi.json">openapi.json</a>.</p>
<nav aria-label="Calls"><ul>{links}</ul></nav>
<section><h2>Calls</h2>
{"".join(_call(described, *one) for one in calls)}
</section>
<section><h2>Schemas</h2>
{"".join(_shape(name, schema) for name, schema in schemas.items())}
</section>
</html>
"""


def _prose(text: str) -> str:
    marked = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text.replace("\n", " ")))
    return re.sub(r"`(.+?)`", r"<code>\1</code>", marked)


def _call(described: dict[str, Any], path: str, method: str, call: dict[str, Any]) -> str:
    parts = [
        f'<section id="{call["operationId"]}"><h3><code>{method.upper()} {escape(path)}</code></h3>',
        f"<p>{_prose(call['summary'])} {_prose(call.get('description', ''))}</p>",
    ]
    if parameters := call.get("parameters"):
        rows = [(one["name"], one["in"], _type(one["schema"]), _about(one["schema"])) for one in parameters]
        parts.append(_table(("parameter", "in", "type", ""), rows))
    if body := call.get("requestBody"):
        ((kind, content),) = body["content"].items()
        of = "" if kind == "application/json" else f" ({kind})"
        parts.append(f"<p>Body{of}: {_type(content['schema'])}</p>{_example(content)}")
    answers, refusals = [], []
    for status, answer in call["responses"].items():
        if "$ref" in answer:
            refusal = described["components"]["responses"][answer["$ref"].rpartition("/")[2]]
            codes = refusal["content"]["application/json"]["schema"]["allOf"][1]["properties"]["error"][
                "enum"
            ]
            refusals.append(
                (status, ", ".join(f"<code>{code}</code>" for code in codes), escape(refusal["description"]))
            )
        else:
            content = answer["content"]["application/json"]
            answers.append(
                f"<p><b>{status}</b> {escape(answer['description'])}: {_type(content['schema'])}</p>{_example(content)}"
            )
    return "".join([*parts, *answers, _table(("refusal", "error", ""), refusals), "</section>\n"])


def _shape(name: str, schema: dict[str, Any]) -> str:
    rows = [
        (f"<code>{escape(field)}</code>", _type(property_), _about(property_) + _if_optional(field, schema))
        for field, property_ in schema["properties"].items()
    ]
    about = f"<p>{_prose(schema['description'])}</p>" if "description" in schema else ""
    return f'<section id="{name}"><h3>{name}</h3>{about}{_table(("field", "type", ""), rows)}</section>\n'


def _if_optional(field: str, schema: dict[str, Any]) -> str:
    return "" if field in schema["required"] else " Optional."


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{name}">{name}</a>'
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return " or ".join(_type(one) for one in schema[choice])
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    if "type" not in schema:
        return _prose(schema.get("description", "one of these"))
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    text = " or ".join(kinds)
    if "array" in kinds:
        text = f"list of {_type(schema['items'])}"
    elif schema.get("properties"):
        text = "{" + ", ".join(f"{escape(k)}: {_type(v)}" for k, v in schema["properties"].items()) + "}"
    return text


_LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "maxLength": "characters at most",
    "default": "default",
}


def _about(schema: dict[str, Any]) -> str:
    parts = [_prose(schema["description"])] if "description" in schema else []
    if "enum" in schema:
        parts.append(
            "One of " + ", ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"] if one) + "."
        )
    parts += [
        f"{words} {schema[name]:,}." if isinstance(schema[name], int) else f"{words} {schema[name]}."
        for name, words in _LIMITS.items()
        if name in schema
    ]
    if "pattern" in schema:
        parts.append(f"<code>{escape(schema['pattern'])}</code>")
    return " ".join(parts)


def _example(content: dict[str, Any]) -> str:
    if "example" not in content:
        return ""
    text = json.dumps(content["example"], indent=2, ensure_ascii=False)
    return f"<details><summary>Example</summary><pre>{escape(text)}</pre></details>"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="wide"><table><thead><tr>{"".join(f"<th>{name}</th>" for name in head)}</tr></thead>'
        f"<tbody>{cells}</tbody></table></div>"
    )
