"""S3 as the stages see it: an original to fetch, and one folder to read and fill."""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from ml import Stopped

# A few parts at a time: enough to fill the task's network, few enough to stay small in memory.
_TRANSFER = TransferConfig(multipart_threshold=16 << 20, multipart_chunksize=16 << 20, max_concurrency=4)
_MAX_JSON_BYTES = 4 << 20
_DELETED_AT_ONCE = 1000  # S3's own limit
_CONTENT_TYPES = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".mp4": "audio/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".webm": "audio/webm",
    ".json": "application/json",
    ".stretch": "application/octet-stream",
}


class Missing(Exception):
    """There is no such object."""


@dataclass(frozen=True)
class Stored:
    """What identifies a file's content: its SHA-256 (hex) and its size in bytes."""

    sha256: str
    bytes: int


class Objects:
    """One S3 client, whose transfers end with Stopped when `stop` is set."""

    def __init__(self, client: Any, stop: threading.Event) -> None:
        self._client = client
        self._stop = stop

    def size(self, bucket: str, key: str) -> int:
        """Size of an object in bytes. Raises Missing."""
        return int(self._head(bucket, key)["ContentLength"])

    def stored(self, bucket: str, key: str) -> Stored | None:
        """The object under `key`, with the checksum that `upload` stored with it; None if there is none."""
        try:
            head = self._head(bucket, key)
        except Missing:
            return None
        return Stored(head.get("Metadata", {}).get("sha256", ""), int(head["ContentLength"]))

    def download(self, bucket: str, key: str, to: Path) -> None:
        """Fetch an object into the file `to`. Raises Missing, Stopped."""
        try:
            self._client.download_file(bucket, key, str(to), Callback=self._check, Config=_TRANSFER)
        except ClientError as error:
            raise _translated(error, key) from error

    def read(self, bucket: str, key: str) -> bytes:
        """A small object's content, at most 4 MiB of it. Raises Missing."""
        self._check(0)
        try:
            answer = self._client.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise _translated(error, key) from error
        with answer["Body"] as body:
            content: bytes = body.read(_MAX_JSON_BYTES)
        return content

    def upload(self, bucket: str, key: str, source: Path, tag: str = "") -> Stored:
        """Store the file `source` with its type, its checksum (which is returned) and a tag `key=value`.

        Raises Stopped.
        """
        stored = identify(source)
        extra = {"ContentType": content_type(source.name), "Metadata": {"sha256": stored.sha256}}
        if tag:
            extra["Tagging"] = tag
        self._client.upload_file(
            str(source), bucket, key, ExtraArgs=extra, Callback=self._check, Config=_TRANSFER
        )
        return stored

    def write(self, bucket: str, key: str, content: bytes) -> None:
        """Store a small object."""
        self._client.put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type(key))

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        self._client.delete_object(Bucket=bucket, Key=key)

    def names(self, bucket: str, prefix: str) -> list[str]:
        """Every key under `prefix`, without it."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [entry["Key"].removeprefix(prefix) for page in pages for entry in page.get("Contents", [])]

    def delete_all(self, bucket: str, keys: Sequence[str]) -> None:
        """Remove many objects."""
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            some = [{"Key": key} for key in keys[start : start + _DELETED_AT_ONCE]]
            self._client.delete_objects(Bucket=bucket, Delete={"Objects": some, "Quiet": True})

    def unstoppable(self) -> "Objects":
        """The same client, whose transfers end when they are done."""
        return Objects(self._client, threading.Event())

    def _head(self, bucket: str, key: str) -> dict[str, Any]:
        self._check(0)
        try:
            head: dict[str, Any] = self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise _translated(error, key) from error
        return head

    def _check(self, _bytes: int) -> None:
        if self._stop.is_set():
            raise Stopped


@dataclass(frozen=True)
class Folder:
    """A song's folder in the output bucket; names are relative to it."""

    objects: Objects
    bucket: str
    prefix: str

    def stored(self, name: str) -> Stored | None:
        """See Objects.stored."""
        return self.objects.stored(self.bucket, self.prefix + name)

    def read(self, name: str) -> bytes | None:
        """A small file's content, or None where there is none."""
        try:
            return self.objects.read(self.bucket, self.prefix + name)
        except Missing:
            return None

    def read_json(self, name: str) -> Any:
        """A small JSON document; None where there is none, or a file that is no JSON."""
        raw = self.read(name)
        try:
            return None if raw is None else json.loads(raw)
        except ValueError:
            return None

    def size(self, name: str) -> int:
        """Size in bytes. Raises Missing."""
        return self.objects.size(self.bucket, self.prefix + name)

    def download(self, name: str, to: Path) -> None:
        """See Objects.download."""
        self.objects.download(self.bucket, self.prefix + name, to)

    def upload(self, source: Path, tag: str = "") -> Stored:
        """Store `source` under its own name. See Objects.upload."""
        return self.objects.upload(self.bucket, self.prefix + source.name, source, tag)

    def names(self) -> list[str]:
        """Every name in the folder, those in folders inside it as well."""
        return self.objects.names(self.bucket, self.prefix)

    def delete_all(self, names: Sequence[str]) -> None:
        """Remove these files."""
        self.objects.delete_all(self.bucket, [self.prefix + name for name in names])

    def write_json(self, name: str, document: Any) -> None:
        """Store a small JSON document."""
        self.objects.write(self.bucket, self.prefix + name, to_json(document))

    def delete(self, name: str) -> None:
        """See Objects.delete."""
        self.objects.delete(self.bucket, self.prefix + name)


def identify(file: Path) -> Stored:
    """The checksum and the size of a file on disk."""
    with file.open("rb") as content:
        return Stored(hashlib.file_digest(content, "sha256").hexdigest(), file.stat().st_size)


def content_type(name: str) -> str:
    """The Content-Type of a stage's file. Raises ValueError for an unknown kind."""
    try:
        return _CONTENT_TYPES[Path(name).suffix]
    except KeyError:
        raise ValueError(f"no Content-Type is known for {name}") from None


def to_json(document: Any) -> bytes:
    """A document's bytes. Raises ValueError for infinities, which JSON has no word for."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def _translated(error: ClientError, key: str) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", ""))
    # HEAD has no body, so S3 says 404 there. NoSuchBucket stays what it is: a fault of the deployment.
    return Missing(key) if code in ("404", "NoSuchKey", "NotFound") else error


Clients = Callable[[str], Any]
"""Makes the client of one service ("s3", "lambda")."""


def clients(service: str) -> Any:
    """A boto3 client in a session of its own (sessions are not thread-safe). The endpoint, the region, the
    credentials and the number of attempts (AWS_MAX_ATTEMPTS) come from the task's AWS_* variables."""
    import boto3
    from botocore.config import Config

    # ECS names the region in AWS_REGION, which botocore alone would not read.
    session = boto3.session.Session()
    read_timeout_s = 20 if service == "s3" else 2
    return session.client(
        service,
        region_name=session.region_name or os.environ.get("AWS_REGION"),
        config=Config(
            connect_timeout=5 if service == "s3" else 2,
            read_timeout=read_timeout_s,
            retries={"mode": "standard"},
        ),
    )
