"""`python -m reference`: rewrite what is made from the code and the templates."""

from __future__ import annotations

import json
import sys

import audiofile
from audiofile import measuring
from lyricsfile import registry
from reference import gateway, page, websocket, who_may
from reference.document import document, to_text
from reference.routes import ROOT


def pages() -> dict[str, str]:
    """Path in the repository → what the file should hold."""
    described = document()
    return {
        "docs/openapi.json": to_text(described),
        "docs/api.html": page.html_of(described),
        "docs/websocket.md": websocket.page(),
        "docs/who-may.md": who_may.page(),
        "templates/api.yaml": gateway.written(gateway.TEMPLATE.read_text()),
        "web/src/features/uploads/audioFile.json": json.dumps(audiofile.for_the_page(), indent=2) + "\n",
        "web/src/lib/measuring.json": json.dumps(measuring.for_the_page(), indent=2) + "\n",
        "web/src/lib/lyricsFile.json": json.dumps(registry.for_the_page(), indent=2) + "\n",
    }


def main() -> int:
    """Write what has changed."""
    for name, text in pages().items():
        path = ROOT / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
