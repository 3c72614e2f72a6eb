"""The routes, read from the templates, so that no deployed route can be missing."""

from __future__ import annotations

import functools
import importlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Route:
    """One method of one path, and the function behind it."""

    method: str  # upper case
    path: str
    room: str
    name: str  # of the handler's file
    request_model: str | None  # the gateway's

    @property
    def handler(self) -> Any:
        """The function itself. Importing it has no other effect."""
        return importlib.import_module(f"unplugd.{self.room}.handlers.{self.name}").handler

    @property
    def summary(self) -> str:
        """The first line of its handler's docstring, after the route."""
        doc = importlib.import_module(f"unplugd.{self.room}.handlers.{self.name}").__doc__ or ""
        text = doc.strip().splitlines()[0].partition(": ")[2]
        return text[:1].upper() + text[1:]

    @property
    def query(self) -> tuple[str, ...]:
        """The query parameters that it accepts."""
        return tuple(self.handler.query)

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """The names in its path."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@functools.cache
def template(name: str) -> dict[str, Any]:
    """One of the nested templates, read once: parsing takes longer than all else here. Do not change it."""
    return yaml_parse((ROOT / "templates" / f"{name}.yaml").read_text())  # type: ignore[no-any-return]


def routes() -> list[Route]:
    """Every route that a function of a template says it answers (`Metadata.Route`), by path and method."""
    every = []
    for path in sorted((ROOT / "templates").glob("*.yaml")):
        for resource in template(path.stem)["Resources"].values():
            if route := resource.get("Metadata", {}).get("Route"):
                _, room, _, name, _ = resource["Properties"]["Handler"].split(".")
                every.append(Route(route["Method"].upper(), route["Path"], room, name, route.get("Body")))
    return sorted(every, key=lambda route: (route.path, route.method))
