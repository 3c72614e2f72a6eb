"""The event of a window's sound: it may come twice, late, never, or for something that is not ours."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud import CHOSEN, OWNER, Cloud, event
from tests.handlers.capture.conftest import Studio, tone, wav
from unplugd.aws.session_table import SessionTable
from unplugd.kernel.errors import Transient
from unplugd.kernel.settings import MissingSetting

SHORT = wav(tone(100))
NOBODYS = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def test_sound_alone_is_read_at_once(studio: Studio, logged: list[str]) -> None:
    session = studio.open()
    studio.send(session, 3, SHORT)
    assert studio.started == [
        (
            CHOSEN["INGEST_FUNCTION"],
            {"sessionId": session, "userId": OWNER, "windowIndex": 3, "frameCount": 0},
        )
    ]
    assert studio.windows(session, "completedAudioWindows") == [3]
    assert "audio_upload_registered" in logged


def test_with_pictures_it_waits_for_them(studio: Studio) -> None:
    session = studio.open(captureMode="audio_video")
    studio.send(session, 0, SHORT)
    assert studio.started == []
    studio.send(session, 0, b"jpeg", "frames", Metadata={"frame-count": "60"})
    ((_, payload),) = studio.started
    assert payload["frameCount"] == 60


def test_the_same_event_twice_reads_it_once(studio: Studio, logged: list[str]) -> None:
    session = studio.open()
    key = studio.send(session, 0, SHORT)
    studio.arrive(key)
    assert len(studio.started) == 1
    assert "ingest_claim_lost" in logged


@pytest.mark.parametrize(
    "key",
    [
        f"sessions/{OWNER}/{NOBODYS}/window_0/audio.wav",
        f"sessions/{OWNER}/{NOBODYS}/window_0000/audio.wav",
        f"sessions/{OWNER}/{NOBODYS}/window_600/audio.wav",
        f"sessions/{OWNER}/{NOBODYS}/window_٠٠١/audio.wav",
        f"sessions/{OWNER}/{NOBODYS}/window_000/audio.wav\n",
        f"sessions/{OWNER}/not-an-id/window_000/audio.wav",
        f"x/sessions/{OWNER}/{NOBODYS}/window_000/audio.wav",
        "",
    ],
)
def test_a_malformed_key_is_no_fault(key: str, studio: Studio, logged: list[str]) -> None:
    """No error, so nothing lands in the dead-letter queue."""
    studio.arrive(key)
    assert "audio_upload_malformed_key" in logged
    assert studio.started == []


@pytest.mark.parametrize(
    "trigger", [{}, {"detail": None}, {"detail": {"object": {"key": 7}}}, {"Records": [{"s3": 1}]}]
)
def test_a_malformed_event_is_no_fault(trigger: dict[str, Any], studio: Studio, cloud: Cloud) -> None:
    cloud.call("capture", "audio_upload_complete", trigger)
    assert studio.started == []


def test_every_record_of_a_buckets_own_event_is_seen_to(studio: Studio, cloud: Cloud) -> None:
    """Keys are URL-encoded there. A record that is no key of ours does not keep the others waiting."""
    session = studio.open()
    keys = [studio.put(session, index, SHORT) for index in (0, 1)]
    spelt = [keys[0].replace("/", "%2F"), "a+b/%C3%BC", keys[1]]
    cloud.call(
        "capture", "audio_upload_complete", {"Records": [{"s3": {"object": {"key": key}}} for key in spelt]}
    )
    assert [payload["windowIndex"] for _, payload in studio.started] == [0, 1]


def test_a_record_that_fails_is_tried_again_after_the_others(
    studio: Studio, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = studio.open()
    keys = [studio.put(session, index, SHORT) for index in (0, 1)]
    whole = SessionTable.register

    def throttled(self: Any, where: Any, index: int, *rest: Any, **more: Any) -> Any:
        if index == 0:
            raise Transient("throttled")
        return whole(self, where, index, *rest, **more)

    monkeypatch.setattr(SessionTable, "register", throttled)
    with pytest.raises(Transient):
        cloud.call(
            "capture", "audio_upload_complete", {"Records": [{"s3": {"object": {"key": k}}} for k in keys]}
        )
    assert [payload["windowIndex"] for _, payload in studio.started] == [1]


def test_an_unknown_session_makes_no_row(studio: Studio, cloud: Cloud) -> None:
    studio.send(NOBODYS, 0, SHORT)
    assert studio.row(NOBODYS) is None
    assert (cloud.keys("UPLOADS_BUCKET"), studio.started) == ([], [])


def test_throttling_is_raised_so_that_the_event_comes_again(studio: Studio, cloud: Cloud) -> None:
    session = studio.open()
    refusal = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}

    def refuse(action: str, _params: dict[str, Any]) -> None:
        raise ClientError(refusal, action)  # type: ignore[arg-type]

    key = studio.put(session, 0, SHORT)
    cloud.watchers.append(refuse)
    with pytest.raises(Transient):
        studio.arrive(key)
    cloud.watchers.clear()
    studio.arrive(key)
    assert len(studio.started) == 1


def test_a_failed_start_gives_the_claim_back(studio: Studio, logged: list[str]) -> None:
    session = studio.open()
    studio.broken.add(CHOSEN["INGEST_FUNCTION"])
    with pytest.raises(PermissionError):
        studio.send(session, 0, SHORT)
    assert studio.windows(session, "ingestTriggeredWindows") == []
    assert "ingest_claim_rolled_back" in logged
    studio.broken.clear()
    studio.arrive(f"sessions/{OWNER}/{session}/window_000/audio.wav")
    assert len(studio.started) == 1


def test_a_failed_rollback_keeps_the_first_error(
    studio: Studio, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> None:
        raise Transient("no table")

    session = studio.open()
    studio.broken.add(CHOSEN["INGEST_FUNCTION"])
    monkeypatch.setattr(SessionTable, "unclaim", fail)
    with pytest.raises(PermissionError):
        studio.send(session, 0, SHORT)
    assert "ingest_claim_rollback_failed" in logged


def test_sound_and_pictures_at_the_same_moment_read_it_once(studio: Studio) -> None:
    """Both events see the other's file, or one of them does: never neither, and never two."""
    session = studio.open(captureMode="audio_video")
    keys = {
        "audio": studio.put(session, 0, SHORT),
        "frames": studio.put(session, 0, b"jpeg", "frames", Metadata={"frame-count": "1"}),
    }
    both_registered = threading.Barrier(2, timeout=30)
    whole = SessionTable.register
    seen: list[Any] = []

    def together(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = whole(self, *args, **kwargs)
        both_registered.wait()
        # The truth of this moment: what each write answered, whichever came first.
        seen.append(found)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SessionTable, "register", together)
        with studio.cloud.role_of("audio_upload_complete"):
            from unplugd.capture.handlers import audio_upload_complete, frames_upload_complete

            def arrive(kind: str, function: Any) -> None:
                trigger = event("capture", f"{kind}_upload_complete")
                trigger["detail"]["object"]["key"] = keys[kind]
                function(trigger, None)

            threads = [
                threading.Thread(target=arrive, args=("audio", audio_upload_complete.handler)),
                threading.Thread(target=arrive, args=("frames", frames_upload_complete.handler)),
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
    assert len(seen) == 2
    assert [payload["windowIndex"] for _, payload in studio.started] == [0]


def test_a_late_window_is_refused_once_the_session_is_joined(studio: Studio, cloud: Cloud) -> None:
    session = studio.open()
    first = studio.send(session, 0, SHORT)
    studio.change(session, status={"S": "JOINING"})
    studio.arrive(first)  # known: the join may be reading it
    assert cloud.keys("UPLOADS_BUCKET") == [first]
    studio.send(session, 1, SHORT)
    assert cloud.keys("UPLOADS_BUCKET") == [first]


def test_a_function_that_does_not_know_whom_to_call_fails(
    studio: Studio, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It must not skip windows in silence."""
    session = studio.open()
    monkeypatch.setitem(CHOSEN, "INGEST_FUNCTION", "")
    with pytest.raises(MissingSetting):
        studio.send(session, 0, SHORT)
    assert studio.windows(session, "completedAudioWindows") == []
    assert cloud.keys("UPLOADS_BUCKET") != []
