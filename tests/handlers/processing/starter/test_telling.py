"""A starter sends messages last and in bounded time: one user's connections cost others no slot, turn or message."""

from typing import Any

import pytest

from tests.cloud import OWNER, STRANGER, Cloud
from tests.handlers.processing.starting import age, arn, ended, executions, slots, wake
from unplugd.domain.song import Status
from unplugd.processing import starter

Frames = list[tuple[str, dict[str, Any]]]
IDS = [f"01J9ZQ4X5V8K2M3N4P5Q6R7S{n:02d}" for n in range(4)]
HERS, HIS = IDS[:3], IDS[3]
OTHERS = [STRANGER.replace("2", digit) for digit in "345"]


@pytest.fixture
def line(put_song: Any) -> None:
    """Three songs of one person, then one of another; there are two slots."""
    for n, (owner, song_id) in enumerate(zip([OWNER] * 3 + [STRANGER], IDS, strict=True)):
        when = f"2026-01-31T08:00:0{n}.000Z"
        put_song(user_id=owner, song_id=song_id, status=Status.QUEUED, queued_at=when, attempt=1, seq=1)


def test_a_starter_that_dies_in_sending_has_given_the_turns(
    cloud: Cloud, line: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One person's thousands of sockets would end each starter before it gets to anybody else."""

    def send(_self: Any, connection_id: str, _message: Any) -> None:
        if connection_id == "hers":
            raise KeyboardInterrupt

    monkeypatch.setattr("unplugd.aws.sockets.Sockets.send", send)
    cloud.connect("hers")
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            wake(cloud)
    assert sorted(slots(cloud).values()) == sorted([HERS[0], HIS])
    assert "turnAt" in (cloud.row(HERS[1]) or {})


class Clock:
    """`time.monotonic` that only `send` moves: a connection named `slow…` takes four seconds and a half."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, sent: Frames) -> None:
        self.at, self._sent = 1000.0, sent
        monkeypatch.setattr("unplugd.processing.starter.time.monotonic", lambda: self.at)
        monkeypatch.setattr("unplugd.aws.sockets.Sockets.send", self._send)

    def _send(self, connection_id: str, message: dict[str, Any]) -> None:
        if connection_id.startswith("slow"):
            self.at += 4.5
        self._sent.append((connection_id, message))


def test_slow_connections_of_one_user_cost_others_no_message(
    cloud: Cloud, line: None, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch, sent)
    for n in range(20):
        cloud.connect(f"slow-{n}")
    cloud.connect("his", STRANGER)
    wake(cloud)
    assert ("his", "PROCESSING_STARTED") in [(who, said["type"]) for who, said in sent]
    assert clock.at - 1000 <= starter.NOTIFY_FOR_S + 4.5


def test_unsent_positions_are_sent_after_the_next_wake_up(
    cloud: Cloud, line: None, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(starter, "NOTIFY_FOR_S", 0.0)
        wake(cloud)
    assert sent == []
    assert "queuePosition" not in (cloud.row(HERS[1]) or {})
    cloud.connect("hers")
    wake(cloud)
    assert [(who, said["position"]) for who, said in sent] == [("hers", 1), ("hers", 2)]


def test_a_run_that_fails_half_way_tells_what_it_has_written(
    cloud: Cloud, line: None, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise PermissionError("not allowed")

    monkeypatch.setattr("unplugd.aws.queue_index.QueueIndex.give_turn", fail)
    cloud.connect("hers")
    cloud.connect("his", STRANGER)
    wake(cloud)
    assert [(to, said["songId"], said["type"], said.get("position")) for to, said in sent] == [
        ("hers", HERS[0], "PROCESSING_STARTED", None),
        ("his", HIS, "PROCESSING_STARTED", None),
        ("hers", HERS[1], "QUEUED", 1),
        ("hers", HERS[2], "QUEUED", 2),
    ]
    rows = [cloud.row(song_id) or {} for song_id in HERS] + [cloud.row(HIS, STRANGER) or {}]
    assert [row["status"] for row in rows] == ["PROCESSING", "QUEUED", "QUEUED", "PROCESSING"]


@pytest.mark.parametrize("scanned_first", ["slot-0", "slot-1"])
def test_of_two_slots_for_one_attempt_the_first_stays(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch, scanned_first: str
) -> None:
    """The song is started once, as the attempt it was, and is not taken for an interrupted one."""
    from unplugd.aws.slots import SlotTable
    from unplugd.domain.queue import Lease

    put_song(song_id=HERS[0], status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z", attempt=1)
    with cloud.role_of("start_processing"):
        from unplugd import wiring

        for slot in ("slot-0", "slot-1"):
            lease = Lease(slot, OWNER, HERS[0], 1, arn(HERS[0]), "2026-01-31T08:00:00.000Z")
            assert wiring.slots().take(lease)
            age(cloud, slot)
    leases = SlotTable.leases

    def in_that_order(self: SlotTable) -> Any:
        return sorted(leases(self), key=lambda lease: lease.slot_id != scanned_first)

    monkeypatch.setattr(SlotTable, "leases", in_that_order)
    wake(cloud)
    row = cloud.row(HERS[0]) or {}
    assert (row["status"], row["attempt"], row.get("recoveries", 0)) == ("PROCESSING", 1, 0)
    assert executions(cloud) == [f"{HERS[0]}-1"]
    assert slots(cloud) == {"slot-0": HERS[0]}


def test_a_starter_that_gets_no_lease_reports_the_queue_age(
    cloud: Cloud,
    line: None,
    sent: Frames,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The alarm on that age is what tells us that nothing is started any more."""
    wake(cloud)

    def fail(*_: Any, **__: Any) -> None:
        raise PermissionError("not allowed")

    monkeypatch.setattr("unplugd.aws.executions.Executions.status", fail)
    capsys.readouterr()
    assert wake(cloud) == {"batchItemFailures": []}
    assert "QueueAgeSeconds" in capsys.readouterr().out


def test_a_song_that_rejoins_the_queue_gets_its_true_position(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other message is sent here, so nothing corrects a wrong one."""
    monkeypatch.setattr(starter, "PLACES_NOTIFIED", 0)
    put_song(song_id=HERS[0], status=Status.QUEUED, queued_at="2026-01-31T08:00:05.000Z", attempt=1)
    wake(cloud)
    cloud.connect("hers")
    put_song(user_id=STRANGER, song_id=HIS, status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z")
    cloud.sfn.stop_execution(executionArn=arn(HERS[0]))
    wake(cloud)
    assert [(said["type"], said.get("position")) for _, said in sent] == [
        ("QUEUED", 2),
        ("PROCESSING_STARTED", None),
    ]


def test_new_words_that_join_the_queue_get_their_true_position(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starter, "PLACES_NOTIFIED", 0)
    put_song(song_id=HERS[0], status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z", attempt=1)
    wake(cloud)
    cloud.connect("hers")
    for n, owner in enumerate(OTHERS):
        when = f"2026-01-31T08:00:1{n}.000Z"
        put_song(user_id=owner, song_id=IDS[n + 1], status=Status.QUEUED, queued_at=when, attempt=1)
    put_song(song_id=HERS[0], status=Status.COMPLETED, attempt=1, lyrics_text_version=1)
    wake(cloud, ended(arn(HERS[0])))
    assert [(said["type"], said["position"]) for _, said in sent] == [("QUEUED", 4)]
    assert (cloud.row(HERS[0]) or {})["queuePosition"] == 4


def test_a_refused_start_keeps_the_position_that_was_sent(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError("not allowed")

    monkeypatch.setattr("unplugd.aws.executions.Executions.start", refuse)
    when = "2026-01-31T08:00:00.000Z"
    put_song(song_id=HERS[0], status=Status.QUEUED, queued_at=when, attempt=1, queue_position=7)
    wake(cloud)
    assert (cloud.row(HERS[0]) or {})["queuePosition"] == 7
