"""The `unplugd` command: the whole studio from a terminal."""

from cli.arguments import main

__all__ = ["main"]
