"""The stand-in host, and a store in an empty folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ml.models.store import ModelStore
from tests.ml.models.hosts import Host, serving


@pytest.fixture
def host() -> Iterator[Host]:
    with serving() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")
