"""A person who sends bad input to the real stack, and an administrator who looks at what is left of it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import boto3
from botocore.config import Config

from cli.client.transport import Answer, Transport
from cli.session import Session
from local.datadir import REGION, DataDir
from tests.e2e.bad_cases import Call, Upload

ENDS = ("FAILED", "COMPLETED")
STEMS = ("drums", "bass", "other", "vocals")


@dataclass(frozen=True)
class Announced:
    """A song that waits for its file."""

    song_id: str
    url: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Row:
    """What came of one case. `answer` is the status of the call or of S3, `sentence` what its person gets to read."""

    answer: int
    status: str = ""
    code: str = ""
    sentence: str = ""
    title: str | None = None
    frames: tuple[int, ...] = ()
    left: str = ""


class Desk:
    """One signed-up person with raw HTTP, and an administrator of the same stack."""

    def __init__(self, session: Session, token: Callable[[], str], admin: Callable[[str], Any]) -> None:
        outputs = session.outputs
        self._outputs = outputs
        self._api = outputs["ApiUrl"].rstrip("/")
        self._token = token
        self._transport = Transport()
        self._db = admin("dynamodb")
        self._states = admin("stepfunctions")
        self._queues = admin("sqs")
        self.s3 = admin("s3")
        keys = DataDir(session.data_dir).keys()
        self.signer = boto3.client(  # signs as the functions do
            "s3",
            endpoint_url=session.url,
            region_name=REGION,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )
        self.uploads = outputs["UploadsBucketName"]
        self.output = outputs["OutputBucketName"]

    def call(
        self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json"
    ) -> Answer:
        """One request to the API."""
        headers = {"Authorization": self._token(), "Content-Type": content_type}
        return self._transport.send(method, self._api + path, headers=headers, body=body)

    def ask(self, call: Call) -> Row:
        """A request that is refused."""
        answer = self.call(call.method, call.path, call.body, call.content_type)
        body = answer.json()
        return Row(answer.status, code=body["error"], sentence=body["message"])

    def announce(self, size: int, file_name: str = "song.mp3", content_type: str = "audio/mpeg") -> Announced:
        """A PENDING_UPLOAD song. The preview separator is quick, and what is asked here is the same for all."""
        body = {
            "filename": file_name,
            "contentType": content_type,
            "sizeBytes": size,
            "model": "preview",
        }
        answer = self.call("POST", "/songs/upload-url", json.dumps(body).encode())
        assert answer.status == 201, answer.body
        body = answer.json()
        return Announced(body["songId"], body["uploadUrl"], body["headers"])

    def put(self, url: str, body: bytes, headers: dict[str, str], method: str = "PUT") -> Answer:
        """A request to S3 as any client sends it."""
        return self._transport.send(method, url, headers=headers, body=body)

    def song(self, song_id: str) -> dict[str, Any]:
        answer = self.call("GET", f"/songs/{song_id}")
        found: dict[str, Any] = answer.json()
        return found

    def send(self, case: Upload) -> tuple[str, int]:
        """Announce and send a file: the song's id and S3's status."""
        data = case.make()
        ticket = self.announce(1 if case.by_hand else len(data), case.file_name, case.content_type)
        if case.by_hand:
            put = self.s3.put_object(Bucket=self.uploads, Key=self.key_of(ticket), Body=data)
            return ticket.song_id, put["ResponseMetadata"]["HTTPStatusCode"]
        return ticket.song_id, self.put(ticket.url, data, ticket.headers).status

    def result(self, song_id: str, answer: int) -> Row:
        """Wait for the end of a song that was sent."""
        deadline = time.monotonic() + 600
        while (song := self.song(song_id))["status"] not in ENDS:
            assert time.monotonic() < deadline, song
            time.sleep(0.05)
        return Row(
            answer,
            song["status"],
            song["errorCode"] or "",
            song["errorMessage"] or "",
            title=song["title"],
            frames=self._frames(song) if song["status"] == "COMPLETED" else (),
            left=self.left_of(song_id),
        )

    def key_of(self, ticket: Announced) -> str:
        """Where the file of a song is expected."""
        rows = self._db.scan(
            TableName=self._outputs["SongsTableName"],
            FilterExpression="songId = :s",
            ExpressionAttributeValues={":s": {"S": ticket.song_id}},
        )
        return str(rows["Items"][0]["s3Key"]["S"])

    def left_of(self, song_id: str) -> str:
        """What is still there of a song in the buckets and the line, in words; nothing is what a refusal leaves."""
        deadline = time.monotonic() + 600  # the clean-up comes behind the message
        while True:
            left = [f"{bucket}: {key}" for bucket, key in self._keys() if song_id in key]
            if not any(item.startswith(self.uploads) for item in left) or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        machine = self._outputs["StateMachineArn"]
        ran = self._states.list_executions(stateMachineArn=machine, maxResults=1000)["executions"]
        left += [f"execution {run['name']}" for run in ran if run["name"].startswith(song_id)]
        return ", ".join(left)

    def uploads_left(self) -> list[str]:
        """Everything in the uploads bucket."""
        return [key for bucket, key in self._keys() if bucket == self.uploads]

    def slots_taken(self) -> int:
        """Songs that hold a slot."""
        table = self._outputs["SongsTableName"].replace("-songs", "-slots")
        return int(self._db.scan(TableName=table)["Count"])

    def dead_letters(self) -> dict[str, int]:
        """How many messages lie in each dead-letter queue that has any."""
        counts = {}
        for url in self._queues.list_queues().get("QueueUrls", []):
            if url.endswith("-dlq"):
                found = self._queues.get_queue_attributes(
                    QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
                )
                counts[url.rpartition("/")[2]] = int(found["Attributes"]["ApproximateNumberOfMessages"])
        assert counts
        return {name: count for name, count in counts.items() if count}

    def s3_url(self, bucket: str, key: str = "") -> str:
        """An address in S3 without any signature, in the form that presigned links have."""
        link = str(self.s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key or "x"}))
        bare = link.partition("?")[0]
        return bare if key else bare.rpartition("/")[0] + "/"

    def _keys(self) -> list[tuple[str, str]]:
        found = []
        for bucket in (self.uploads, self.output):
            for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                found += [(bucket, item["Key"]) for item in page.get("Contents", [])]
        return found

    def _frames(self, song: dict[str, Any]) -> tuple[int, ...]:
        """The frames of each stem, by the length of its WAV (44 bytes, then four a frame)."""
        lengths = []
        for stem in STEMS:
            got = self._transport.send("GET", song["stems"][stem]["url"], headers={})
            assert got.status == 200
            assert got.body[36:40] == b"data"
            lengths.append((len(got.body) - 44) // 4)
        return tuple(lengths)


def s3_sentence(body: bytes) -> tuple[str, str]:
    """S3's code and message."""
    text = body.decode()
    return tuple((re.search(f"<{tag}>([^<]*)</{tag}>", text) or ["", ""])[1] for tag in ("Code", "Message"))  # type: ignore[return-value]


def quoted(key: str) -> str:
    """A key as a URL has it."""
    return quote(key, safe="/")
