"""Fingerprints of files, for the manifest."""

import hashlib
from pathlib import Path


def sha256(path: Path) -> str:
    """Lower-case hex SHA-256 of a file, read in bounded memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
