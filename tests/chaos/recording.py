"""A person who records at the chaos stack, as the page's recorder does: each try asks for a new link."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli.client.errors import ClientError
from cli.client.transport import Answer
from tests.chaos.people import Guest
from tests.chaos.world import PREFIX, World, wait_for
from tests.handlers.capture.conftest import MINUTE, tone, wav
from unplugd.capture import sound
from unplugd.domain.files import session_prefix, window_key

TABLE = f"{PREFIX}-sessions"
COMPLETE, PICTURES_COMPLETE = "audio-upload-complete", "frames-upload-complete"
_ARRIVED = (f"{PREFIX}-audio-arrived", f"{PREFIX}-frames-arrived")
START_INGEST = rf"^POST .*/functions/{PREFIX}-ingest-window/invocations"
FRAMES = 4_410  # that each window really has; what is missing of its minute is silence and a gap
_PATIENT = 5
JPEG = b"\xff\xd8 a picture \xff\xd9"


class Recording:
    """One session of `count` windows, mono."""

    def __init__(self, world: World, guest: Guest, count: int = 3, *, pictures: bool = False) -> None:
        self._world, self._guest = world, guest
        self.parts = [tone(FRAMES, seed=number) for number in range(count)]
        new = {
            "sampleRate": 44_100,
            "channels": 1,
            "captureMode": "audio_video" if pictures else "audio_only",
        }
        status, made = guest.call("POST", "/sessions", new)
        assert status == 201, made
        self.id = str(made["sessionId"])
        self.granted = 0

    @property
    def payload(self) -> dict[str, str]:
        """What `join_session` is called with."""
        return {"sessionId": self.id, "userId": self._guest.user_id}

    def grant(self, index: int, kind: str = "audio") -> Any:
        """A link, and the bytes that it takes."""
        data = wav(self.parts[index]) if kind == "audio" else JPEG
        body = {"sizeBytes": len(data)} | ({} if kind == "audio" else {"frameCount": 1})
        self.granted += 1
        status, link = self._guest.call("POST", f"/sessions/{self.id}/{kind}?windowIndex={index}", body)
        assert status == 200, link
        return link, data

    def put(self, granted: Any) -> Answer:
        """Send a file to its link."""
        link, data = granted
        return self._guest.put_window(link["url"], data, link["headers"])

    def send(self, index: int, kind: str = "audio", *, tries: int = 1) -> None:
        """Send a file, each time with a new link. 412: it is there already."""
        seen: list[int] = []
        for _ in range(tries):
            with contextlib.suppress(ClientError):
                seen.append(self.put(self.grant(index, kind)).status)
                if seen[-1] in (200, 412):
                    return
        raise AssertionError(f"window {index} was answered {seen} in {tries} tries")

    def send_all(self) -> None:
        """Send the sound of every window."""
        for index in range(len(self.parts)):
            self.send(index)

    def close(self) -> None:
        """Say how much was recorded."""
        body = {"windows": len(self.parts), "frames": (len(self.parts) - 1) * MINUTE + FRAMES}
        for _ in range(_PATIENT):
            with contextlib.suppress(ClientError):
                status, answer = self._guest.call("POST", f"/sessions/{self.id}/close", body)
                assert status == 202, answer
                return
        raise AssertionError(f"no answer to the recording's end, {_PATIENT} times")

    @contextmanager
    def unannounced(self) -> Iterator[None]:
        """No event of a file that arrives meanwhile ever comes. It lasts to the end of what is tested: events are
        sent on a while after their file."""
        bridge = self._world.client("events")
        for name in _ARRIVED:
            bridge.disable_rule(Name=name)
        try:
            yield
        finally:
            for name in _ARRIVED:
                bridge.enable_rule(Name=name)

    def event(self, index: int, kind: str = "audio") -> dict[str, Any]:
        """S3's event about a file of a window."""
        key = window_key(self._guest.user_id, self.id, index, kind)
        found = {"bucket": {"name": self._world.outputs["UploadsBucketName"]}, "object": {"key": key}}
        return {"source": "aws.s3", "detail-type": "Object Created", "detail": found}

    def shown(self) -> dict[str, Any]:
        """The session as the API shows it. A busy stack may answer late: asked once more, as a page does."""
        for _ in range(_PATIENT):
            with contextlib.suppress(ClientError):
                status, found = self._guest.call("GET", f"/sessions/{self.id}")
                if status < 500:
                    assert status == 200, found
                    return dict(found)
        raise AssertionError(f"no answer about the recording, {_PATIENT} times")

    def wait_for(self, field: str, value: Any, within_s: float = 60) -> dict[str, Any]:
        """Wait until a field of the session has this value."""

        def has() -> Any:
            found = self.shown()
            return found if found[field] == value else None

        return dict(wait_for(has, within_s, f"{field} of the recording to be {value}"))

    def wait_for_row(self, attribute: str, *windows: int) -> None:
        """Wait until a number set of the row holds these windows."""
        key = {"userId": {"S": self._guest.user_id}, "sessionId": {"S": self.id}}

        def holds() -> bool:
            row = self._world.client("dynamodb").get_item(TableName=TABLE, Key=key, ConsistentRead=True)
            return {str(one) for one in windows} <= set(row["Item"].get(attribute, {}).get("NS", []))

        wait_for(holds, 60, f"{attribute} of the recording to hold {windows}")

    def make_older(self) -> None:
        """Let the last change of the row lie two days back."""
        self._world.client("dynamodb").update_item(
            TableName=TABLE,
            Key={"userId": {"S": self._guest.user_id}, "sessionId": {"S": self.id}},
            UpdateExpression="SET updatedAt = :then",
            ExpressionAttributeValues={":then": {"S": "2026-01-01T00:00:00.000Z"}},
        )

    def sweep(self) -> None:
        """Run the sweep as it runs four minutes from now."""
        self._world.set_clock(240)
        counts = self._world.invoke("sweep-sessions")
        assert counts.get("failed") == 0, counts

    def files(self) -> list[str]:
        """The windows' files that are still there."""
        return self._world.keys("Uploads", session_prefix(self._guest.user_id, self.id))

    def check(self, within_s: float = 60, lost: tuple[int, ...] = ()) -> None:
        """The take holds every window but `lost`, to the bit; nothing was taken twice, and nothing is left."""
        found = self.wait_for("status", "READY", within_s)
        assert found["failed"] == [], found["failed"]
        assert self.lost() == list(lost), f"of the take, windows {self.lost()} are not what was recorded"
        assert (twice := self.taken_twice()) == [], f"taken twice: {twice}"
        wait_for(lambda: not self.files(), 30, "the windows of a joined recording to be deleted")
        assert (dead := self._world.dead_recordings()) == 0, f"{dead} dead letters"

    def lost(self) -> list[int]:
        """The windows that the take does not hold to the bit."""
        pcm = self._pcm(self.shown()["takeUrl"])
        last = len(self.parts) - 1
        found = []
        for index, part in enumerate(self.parts):
            length = FRAMES if index == last else MINUTE
            heard = pcm[2 * index * MINUTE :][: 2 * length]
            if heard != part + bytes(2 * length - len(part)):
                found.append(index)
        return found

    def taken_twice(self) -> list[str]:
        """What was announced with two `seq`: a window that was read, or the joined take."""
        mine = [message for message in self._guest.recorded if message["sessionId"] == self.id]
        seen = {(message["type"], message.get("windowIndex"), message["seq"]) for message in mine}
        counts = Counter(f"{kind} {window}" for kind, window, _ in seen)
        return [what for what, count in counts.items() if count > 1]

    def _pcm(self, url: str) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "take.flac"
            path.write_bytes(self._guest.get(url))
            return b"".join(sound.decoded(path, width=2))
