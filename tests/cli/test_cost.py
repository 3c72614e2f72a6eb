"""`unplugd cost` counts what the templates have, and a song as docs/cost.md does."""

from __future__ import annotations

import pytest

from bench import cost as page
from cli.aws import cost
from tests.infra.templates import resources


def test_a_song_costs_what_the_page_says() -> None:
    (_, quick), *_ = [row for row in page.rows() if row[0].startswith("f32, vCPUs as fast")]
    (_, careful), *_ = [row for row in page.rows() if row[0].startswith("f32, vCPUs as slow")]
    for row, separating in (("quick", quick), ("careful", careful)):
        parts = cost.song(3, row)
        assert parts["separation"] == pytest.approx(page.song(separating)[1])
        assert parts["lyrics"] == pytest.approx(page.lyrics()[1], rel=0.02)
        assert parts["states and files"] == pytest.approx(page.rest())


def test_the_alarms_are_those_of_the_templates() -> None:
    """An alarm over several metrics costs one price for each. A new function need not change the page."""
    count = 0
    for alarm in resources("AWS::CloudWatch::Alarm"):
        metrics = [one for one in alarm.properties.get("Metrics", []) if "MetricStat" in one]
        count += len(metrics) or 1
    assert pytest.approx(count, rel=0.1) == cost.ALARM_METRICS


def test_the_whole_is_the_sum_of_its_lines() -> None:
    month = cost.month(1000, 3, firewall=True)
    assert month.total == pytest.approx(sum(month.songs.values()) + sum(month.fixed.values()))
    assert month.songs["separation"] == pytest.approx(1000 * cost.song(3)["separation"])
    assert month.fixed["firewall"] == 9
    twice = cost.month(2000, 3, firewall=True)
    assert twice.fixed == month.fixed
    assert sum(twice.songs.values()) == pytest.approx(2 * sum(month.songs.values()))


def test_no_songs_cost_what_rests() -> None:
    assert sum(cost.month(0, 3).songs.values()) == 0
    assert "after a year of such months it is $0.00" in cost.table(0, 3)
