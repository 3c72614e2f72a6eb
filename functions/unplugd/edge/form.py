"""A multipart/form-data body: one file, and fields of text."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from unplugd.kernel.errors import Invalid, UnsupportedType

_MAX_PARTS = 16
_MAX_FIELD_BYTES = 64 * 1024
_BROKEN = "The form is incomplete or malformed. Send it as multipart/form-data with its boundary."


@dataclass(frozen=True)
class SentFile:
    """The file of a form."""

    name: str
    content_type: str
    data: bytes = field(repr=False)


def read(
    raw: str | None, is_base64: bool, content_type: str, file_field: str
) -> tuple[SentFile, dict[str, Any]]:
    """The file that the form has as `file_field`, and its other fields. Raises `Invalid` for a form that is malformed,
    cut off, nested, has no such file or more than one, or names a field twice."""
    kind, boundary = _kind(content_type)
    if kind != "multipart/form-data":
        raise UnsupportedType("Send the file as multipart/form-data.")
    if not boundary:
        raise Invalid("The Content-Type has no boundary.", code="invalid_form")
    try:
        body = base64.b64decode(raw or "", validate=True) if is_base64 else (raw or "").encode("latin-1")
        return _sorted(_parts(body, boundary), file_field)
    except ValueError:  # of the parser, and for what is no base64 and no text
        raise Invalid(_BROKEN, code="invalid_form") from None


def _kind(content_type: str) -> tuple[str, str]:
    from multipart import parse_options_header

    kind, options = parse_options_header(content_type)
    return kind, options.get("boundary", "")


def _parts(body: bytes, boundary: str) -> list[tuple[Any, bytes]]:
    from multipart import PushMultipartParser

    parts: list[tuple[Any, bytearray]] = []
    with PushMultipartParser(boundary, len(body), max_segment_count=_MAX_PARTS, strict=True) as parser:
        for event in [*parser.parse(body), *parser.parse(b"")]:
            if event is None:
                continue
            if isinstance(event, (bytes, bytearray)):
                parts[-1][1].extend(event)
            else:
                parts.append((event, bytearray()))
    return [(head, bytes(data)) for head, data in parts]


def _sorted(parts: list[tuple[Any, bytes]], file_field: str) -> tuple[SentFile, dict[str, Any]]:
    files: list[SentFile] = []
    fields: dict[str, Any] = {}
    for head, data in parts:
        if head.content_type and head.content_type.startswith("multipart/"):
            raise Invalid("A form in a form is not taken.", code="invalid_form")
        if head.name == file_field:
            if head.filename is None:
                raise Invalid(f"{file_field} must have a file name", code="invalid_form")
            files.append(SentFile(head.filename, head.content_type or "", data))
        elif head.filename is not None:
            raise Invalid(f"Send the file as {file_field}, and no other.", code="invalid_form")
        elif head.name in fields:
            raise Invalid("A field is named twice.", code="invalid_form")
        elif len(data) > _MAX_FIELD_BYTES:
            raise Invalid("A field of the form is too long.", code="invalid_form")
        else:
            fields[head.name] = data.decode("utf-8")
    if len(files) != 1:
        raise Invalid(f"The form needs one file, as {file_field}; it has {len(files)}.", code="invalid_form")
    return files[0], fields
