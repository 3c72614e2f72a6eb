"""What the tests of the drain share: the measure queue's table in memory, and a server of plays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.plays_server import PlaysServer, serving
from tests.unit.aws.measure_queue.conftest import cloud as cloud
from tests.unit.aws.measure_queue.conftest import counted as counted
from tests.unit.aws.measure_queue.conftest import failing as failing
from tests.unit.aws.measure_queue.conftest import one_at_a_time as one_at_a_time
from tests.unit.aws.measure_queue.conftest import queue as queue


@pytest.fixture
def server() -> Iterator[PlaysServer]:
    with serving() as started:
        yield started
