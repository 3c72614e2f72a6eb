"""What was sung in a take: measured once it is ready, and never at the cost of the take."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from singing import network
from tests.cloud import CHOSEN, OWNER, SONG, STRANGER, Cloud, event
from tests.handlers.capture.conftest import RATE, Studio, wav
from unplugd.capture import sound
from unplugd.capture.handlers import sweep_sessions
from unplugd.domain.files import TAKE_PITCH, output_prefix

SUNG = (57, None, 64)  # a second each


def sung(rate: int = RATE) -> bytes:
    """A voice that sings an A, rests, and sings an E, as 16-bit PCM."""
    at = np.arange(rate) / rate
    seconds = []
    for midi in SUNG:
        hz = 440 * 2 ** (((midi or 0) - 69) / 12)
        tone = sum(np.sin(2 * np.pi * hz * part * at) / part for part in range(1, 6))
        seconds.append(tone * (midi is not None))
    return (np.concatenate(seconds) * 6_000).astype("<i2").tobytes()


def joined(studio: Studio, pcm: bytes, **fields: Any) -> str:
    """A take that is ready; its pitch is started but not measured."""
    session = studio.open(**fields)
    studio.send(session, 0, wav(pcm, rate=fields.get("sampleRate", RATE)))
    studio.run()
    studio.ask("close_session", session, json={"windows": 1, "frames": len(pcm) // 2})
    name, payload = studio.started.pop(0)
    studio.cloud.call("capture", name.removeprefix("unplugd-test-").replace("-", "_"), payload)
    return session


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_the_pitch_is_what_was_sung(rate: int, studio: Studio, cloud: Cloud, sent: Any) -> None:
    cloud.connect("phone")
    session = joined(studio, sung(rate), songId=SONG, sampleRate=rate)
    _, shown = studio.ask("get_session", session)
    assert (shown["status"], shown["pitchStatus"], shown["pitchUrl"]) == ("READY", "WAITING", None)
    assert studio.run() == ["pitch_session"]
    _, shown = studio.ask("get_session", session)
    assert shown["pitchStatus"] == "DONE"
    assert TAKE_PITCH in shown["pitchUrl"]
    assert sent[-1][1]["type"] == "SESSION_PITCHED"
    stored = studio.json(output_prefix(OWNER, session) + TAKE_PITCH)
    assert stored["step"] == network.HOP / network.RATE
    for second, midi in enumerate(SUNG):
        middle = round((second + 0.5) / stored["step"])
        heard = stored["midi"][middle - 15 : middle + 15]
        if midi is None:
            assert heard == [None] * 30
        else:
            assert np.abs(np.array(heard) - midi).max() < 0.1


def test_a_take_without_a_song_has_none(studio: Studio) -> None:
    session = joined(studio, sung())
    assert studio.run() == []
    _, shown = studio.ask("get_session", session)
    assert (shown["status"], shown["pitchStatus"], shown["pitchUrl"]) == ("READY", None, None)


def test_measured_twice_it_is_stored_once(studio: Studio, cloud: Cloud, sent: Any) -> None:
    cloud.connect("phone")
    joined(studio, sung(), songId=SONG)
    studio.started *= 2
    studio.run()
    assert [message["type"] for _, message in sent].count("SESSION_PITCHED") == 1


def test_a_deleted_take_is_no_fault(studio: Studio, cloud: Cloud) -> None:
    session = joined(studio, sung(), songId=SONG)
    studio.ask("delete_session", session)
    studio.run()
    assert studio.row(session) is None
    assert cloud.keys("OUTPUT_BUCKET") == []


def exported(cloud: Cloud, owner: str) -> list[dict[str, Any]]:
    """Everything of an account's export, over all pages."""
    trigger, found = event("account", "export_account"), []
    trigger["requestContext"]["authorizer"]["claims"]["sub"] = owner
    trigger["queryStringParameters"] = None
    while True:
        page = json.loads(cloud.call("account", "export_account", trigger)["body"])
        found += page["data"]
        if page["nextCursor"] is None:
            return found
        trigger["queryStringParameters"] = {"cursor": page["nextCursor"]}


def test_it_is_in_the_export_of_its_owner_and_of_no_one_else(studio: Studio, cloud: Cloud) -> None:
    session = joined(studio, sung(), songId=SONG)
    studio.run()
    (entry,) = exported(cloud, OWNER)
    assert entry["session"]["sessionId"] == session
    assert {"take.flac", TAKE_PITCH} <= set(entry["files"])
    assert exported(cloud, STRANGER) == []
    assert studio.ask("get_session", session, owner=STRANGER)[0] == 404


def test_a_take_whose_file_is_gone_says_so(studio: Studio, cloud: Cloud) -> None:
    session = joined(studio, sung(), songId=SONG)
    cloud.s3.delete_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=f"{output_prefix(OWNER, session)}take.flac")
    studio.run()
    _, shown = studio.ask("get_session", session)
    assert (shown["status"], shown["pitchStatus"]) == ("READY", "FAILED")


@pytest.fixture
def sweep(studio: Studio, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the sweep some time from now."""

    def run(later: timedelta) -> dict[str, int]:
        monkeypatch.setattr(sweep_sessions, "utc_now", lambda: datetime.now(UTC) + later)
        counts: dict[str, int] = cloud.call("capture", "sweep_sessions", event("capture", "sweep_sessions"))
        return counts

    return run


def test_a_call_that_was_lost_is_made_again(studio: Studio, sweep: Any) -> None:
    session = joined(studio, sung(), songId=SONG)
    studio.started.clear()
    assert sweep(timedelta(minutes=19))["pitched"] == 0
    assert sweep(timedelta(minutes=21))["pitched"] == 1
    studio.run()
    assert studio.ask("get_session", session)[1]["pitchStatus"] == "DONE"
    assert sweep(timedelta(minutes=21))["pitched"] == 0
    assert "work" not in (studio.row(session) or {})


def test_after_three_tries_the_take_stays_as_it_is(
    studio: Studio, sweep: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_path: Any) -> dict[str, Any]:
        raise MemoryError

    session = joined(studio, sung(), songId=SONG)
    monkeypatch.setattr(sound, "pitch", broken)
    for _ in range(3):
        call = studio.started[0]
        with pytest.raises(MemoryError):
            studio.run()
        studio.started.append(call)  # as Lambda does, and then the sweep
    waiting = studio.started.pop()
    assert studio.ask("get_session", session)[1]["pitchStatus"] == "WAITING"
    assert sweep(timedelta(minutes=21))["pitched"] == 0
    _, shown = studio.ask("get_session", session)
    assert (shown["status"], shown["pitchStatus"]) == ("READY", "FAILED")
    assert "take.flac" in shown["takeUrl"]
    assert "work" not in (studio.row(session) or {})
    # The dead letter is sent again once the cause is fixed.
    monkeypatch.undo()
    studio.started.append(waiting)
    studio.run()
    assert studio.ask("get_session", session)[1]["pitchStatus"] == "DONE"


def test_a_call_that_cannot_be_made_costs_nothing(studio: Studio, sweep: Any) -> None:
    studio.broken.add(CHOSEN["PITCH_FUNCTION"])
    session = studio.open(songId=SONG)
    studio.send(session, 0, wav(sung()))
    studio.run()
    studio.ask("close_session", session, json={"windows": 1, "frames": len(sung()) // 2})
    with pytest.raises(PermissionError):
        studio.run()
    assert studio.ask("get_session", session)[1]["status"] == "READY"
    studio.broken.clear()
    assert sweep(timedelta(minutes=21))["pitched"] == 1
