"""Stems: which ones a song has.

A separation model decides which stems there are; a song's manifest lists them (`separation.stems`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from unplugd.domain.files import wav_name

# Of a song whose manifest or row does not list them.
DEFAULT = ("drums", "bass", "other", "vocals")
NAME_PATTERN = r"[a-z][a-z0-9_]{0,31}"  # a stem's name is part of a key and of a file name
_NAME = re.compile(NAME_PATTERN)


def of_manifest(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """The stems of a separation, in the manifest's order."""
    listed = (manifest.get("separation") or {}).get("stems")
    if not isinstance(listed, list) or not listed:
        return DEFAULT
    if not all(isinstance(stem, str) and _NAME.fullmatch(stem) for stem in listed):
        return DEFAULT
    return tuple(listed)


def missing_files(manifest: Mapping[str, Any]) -> set[str]:
    """The files of stems that the manifest does not have, though it lists the stems."""
    return {wav_name(stem) for stem in of_manifest(manifest)} - set(manifest.get("files") or {})


def to_text(stems: tuple[str, ...]) -> str:
    """As a row stores them."""
    return ",".join(stems)


def from_text(text: str | None) -> tuple[str, ...]:
    """The stems that a row stores; those of older rows, which store none, are the default."""
    return tuple(text.split(",")) if text else DEFAULT
