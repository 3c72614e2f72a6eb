"""The model of filters as the registry's, for tests through the front door."""

import pytest

from ml.separation import registry
from tests.ml.separation.filters import Filters


@pytest.fixture
def filters(monkeypatch: pytest.MonkeyPatch) -> Filters:
    """`model="filters"`: three members, 13 + 13 + 13 segments and about 15 stretches a second of song."""
    made = Filters()
    monkeypatch.setitem(registry.MODELS, "filters", lambda _precision: made.separator(3))
    return made
