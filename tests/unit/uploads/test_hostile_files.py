"""Files made to cost as much as possible cost the validator little, and its own process nothing."""

from pathlib import Path

import pytest

from tests.e2e import hostile


@pytest.mark.parametrize("name", [name for name in hostile.FILES if name not in hostile.SLOW])
def test_a_hostile_file_is_judged_within_bounds(tmp_path: Path, name: str) -> None:
    verdict, make = hostile.FILES[name]
    path = tmp_path / "upload"
    path.write_bytes(make())
    cost = hostile.cost(path)
    assert cost.fault == verdict
    assert cost.cpu_s < 20
    assert cost.child_mib < 768
    assert cost.parent_mib < 64
