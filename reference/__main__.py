"""`python -m reference`: rewrite the pages that are made from the code."""

from __future__ import annotations

import sys

from reference import page, websocket, who_may
from reference.document import document, to_text
from reference.routes import ROOT


def pages() -> dict[str, str]:
    """Name in docs/ → what it should hold."""
    described = document()
    return {
        "openapi.json": to_text(described),
        "api.html": page.html_of(described),
        "websocket.md": websocket.page(),
        "who-may.md": who_may.page(),
    }


def main() -> int:
    """Write what has changed."""
    for name, text in pages().items():
        path = ROOT / "docs" / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
