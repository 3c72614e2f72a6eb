"""GET /practice/settings: how the caller practises."""

from __future__ import annotations

from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud
from tests.handlers.practice.conftest import Player

DEFAULTS = {"scheduler": "sm2", "timeZone": "UTC", "newPerDay": 10, "reviewsPerDay": 200}


def test_the_defaults_of_who_has_set_nothing(player: Player) -> None:
    assert player.ask("get_practice_settings") == (200, DEFAULTS)
    assert player.rows() == {}


def test_they_are_ones_own(player: Player) -> None:
    player.ask("put_practice_settings", json={"newPerDay": 3})
    assert player.ask("get_practice_settings")[1]["newPerDay"] == 3
    assert player.ask("get_practice_settings", owner=STRANGER)[1] == DEFAULTS


def test_a_value_that_cannot_be_read_is_the_default(player: Player, cloud: Cloud) -> None:
    item = {
        "userId": {"S": OWNER},
        "item": {"S": "settings"},
        "scheduler": {"S": "sm18"},
        "timeZone": {"S": "Mars/Olympus"},
        "newPerDay": {"N": "4"},
    }
    cloud.db.put_item(TableName=CHOSEN["PRACTICE_TABLE"], Item=item)
    assert player.ask("get_practice_settings")[1] == DEFAULTS | {"newPerDay": 4}
