"""GET /sessions/{sessionId}: a recording and its windows."""

from __future__ import annotations

from tests.cloud import OWNER, STRANGER
from tests.handlers.capture.conftest import MINUTE, Studio, tone, wav
from unplugd.domain.files import window_key


def test_it_says_what_is_here_what_was_read_and_what_is_missing(studio: Studio) -> None:
    session = studio.open()
    studio.send(session, 0, wav(tone(MINUTE)))
    studio.run()
    studio.send(session, 2, wav(tone(1000)))  # arrived, not read yet
    assert studio.ask("close_session", session, json={"windows": 3, "frames": 2 * MINUTE + 1000})[0] == 202
    _, shown = studio.ask("get_session", session)
    assert (shown["present"], shown["ingested"], shown["missing"]) == ([0, 2], [0], [1, 2])
    (link,) = shown["links"]
    assert link["windowIndex"] == 0
    assert "window_000.flac" in link["streamUrl"]
    assert "X-Amz-Signature" in link["figuresUrl"]


def test_another_persons_session_looks_like_none(studio: Studio) -> None:
    session = studio.open()
    theirs = studio.ask("get_session", session, owner=STRANGER)
    assert theirs == studio.ask("get_session", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert theirs[0] == 404
    assert studio.ask("get_session", "not-an-id")[0] == 404
    assert window_key(OWNER, session, 0, "audio").split("/")[2] == session


def test_a_row_without_its_mode_waits_for_both_files(studio: Studio) -> None:
    """So that no picture is left out of a session that an older version wrote."""
    session = studio.open()
    studio.change(session, captureMode=None)
    assert studio.ask("get_session", session)[1]["captureMode"] == "audio_video"
    studio.send(session, 0, wav(tone(1000)))
    assert studio.started == []
