"""Objects in S3: what the use cases do with originals and results."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from unplugd.aws.clients import is_code, passing_faults
from unplugd.domain.files import LINK_SECONDS

KEYS_A_DELETE = 1000  # the most that S3 takes at once
_MAX_JSON_BYTES = 8 * 1024 * 1024  # a lyrics file of a ten-minute song has some 200 KB


class Objects:
    """One bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._s3 = client
        self.bucket = bucket

    def upload_link(
        self, key: str, *, content_type: str, size_bytes: int, metadata: Mapping[str, str] | None = None
    ) -> str:
        """A presigned PUT that takes exactly this type and length, and only while there is no object at `key`. The link
        signs `metadata`, so that its sender has to send it."""
        return self.window_link(
            key, content_type=content_type, size_bytes=size_bytes, expires_s=LINK_SECONDS, metadata=metadata
        )

    def window_link(
        self,
        key: str,
        *,
        content_type: str,
        size_bytes: int,
        expires_s: int,
        sha256: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """As `upload_link`. With `sha256` (base64) S3 refuses any other bytes, and `metadata` is stored with the
        object; the sender has to send both as headers, because the link signs them."""
        params: dict[str, Any] = {
            "Bucket": self.bucket,
            "Key": key,
            "ContentType": content_type,
            "ContentLength": size_bytes,
            "IfNoneMatch": "*",
        }
        if sha256:
            params["ChecksumSHA256"] = sha256
        if metadata:
            params["Metadata"] = dict(metadata)
        return str(self._s3.generate_presigned_url("put_object", Params=params, ExpiresIn=expires_s))

    def put(self, key: str, data: bytes, *, content_type: str, metadata: Mapping[str, str]) -> None:
        """Store a file of a few megabytes, with `metadata`."""
        with passing_faults("save the upload"):
            self._s3.put_object(
                Bucket=self.bucket, Key=key, Body=data, ContentType=content_type, Metadata=dict(metadata)
            )

    def size(self, key: str) -> int:
        """The bytes of an object that is there."""
        with passing_faults("look at a file"):
            return int(self._s3.head_object(Bucket=self.bucket, Key=key)["ContentLength"])

    def size_if_there(self, key: str) -> int | None:
        """The bytes of an object; None when it is not there."""
        try:
            return self.size(key)
        except Exception as error:
            if is_code(error, "404", "NoSuchKey"):
                return None
            raise

    def metadata(self, key: str) -> dict[str, str]:
        """What was stored with an object; empty when it is not there."""
        try:
            with passing_faults("look at the upload"):
                found = self._s3.head_object(Bucket=self.bucket, Key=key)
        except Exception as error:
            if is_code(error, "404", "NoSuchKey"):
                return {}
            raise
        return {str(name): str(value) for name, value in found.get("Metadata", {}).items()}

    def put_file(self, key: str, source: Path, *, content_type: str) -> None:
        """Store a file, in parts where it is large."""
        with passing_faults("save the results"):
            self._s3.upload_file(str(source), self.bucket, key, ExtraArgs={"ContentType": content_type})

    def copy_from(
        self, bucket: str, key: str, target: str, *, content_type: str, metadata: Mapping[str, str]
    ) -> None:
        """Copy an object of up to 5 GB from `bucket` to `target` in this one, with new `metadata`."""
        source = {"Bucket": bucket, "Key": key}
        with passing_faults("copy a file"):
            self._s3.copy_object(
                Bucket=self.bucket,
                Key=target,
                CopySource=source,
                ContentType=content_type,
                Metadata=dict(metadata),
                MetadataDirective="REPLACE",
            )

    def download_link(self, key: str) -> str:
        """A presigned GET."""
        params = {"Bucket": self.bucket, "Key": key}
        return str(self._s3.generate_presigned_url("get_object", Params=params, ExpiresIn=LINK_SECONDS))

    def exists(self, key: str) -> bool:
        """Whether there is an object at `key`."""
        try:
            with passing_faults("look for the upload"):
                self._s3.head_object(Bucket=self.bucket, Key=key)
        except Exception as error:
            if is_code(error, "404", "NoSuchKey"):
                return False
            raise
        return True

    def fetch(self, key: str, target: Path) -> bool:
        """Copy an object to a file; False when it is not there."""
        try:
            with passing_faults("read the upload"):
                self._s3.download_file(self.bucket, key, str(target))
        except Exception as error:
            if is_code(error, "404", "NoSuchKey"):
                return False
            raise
        return True

    def read_json(self, key: str) -> dict[str, Any] | None:
        """The JSON object at `key`; None when it is not there or is no JSON object."""
        try:
            with passing_faults("read the results"):
                body = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read(_MAX_JSON_BYTES + 1)
        except Exception as error:
            if is_code(error, "404", "NoSuchKey"):
                return None
            raise
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def write_json(self, key: str, document: Mapping[str, Any]) -> None:
        """Store a JSON document."""
        body = json.dumps(document, ensure_ascii=False).encode()
        with passing_faults("save the results"):
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")

    def names(self, prefix: str) -> Iterator[str]:
        """The keys under `prefix`."""
        for found in self._list(prefix):
            yield found["Key"]

    def _list(self, prefix: str, after: str = "") -> Iterator[dict[str, Any]]:
        start = {"StartAfter": after} if after else {}
        while True:
            with passing_faults("list the files"):
                got = self._s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix, **start)
            yield from got.get("Contents", [])
            if not got.get("IsTruncated"):
                return
            start = {"ContinuationToken": got["NextContinuationToken"]}

    def listed(self, prefix: str, after: str = "") -> Iterator[tuple[str, int, datetime]]:
        """Key, bytes and time of arrival of each object under `prefix` with a key behind `after`, in order."""
        for found in self._list(prefix, after):
            yield found["Key"], int(found["Size"]), found["LastModified"]

    def delete(self, key: str) -> None:
        """Remove one object; removing it twice is fine."""
        with passing_faults("delete a file"):
            self._s3.delete_object(Bucket=self.bucket, Key=key)

    def empty(self, prefix: str, until: float | None = None) -> bool:
        """Remove everything under `prefix`, many keys in one call, or what there is time for before `until`
        (`time.monotonic`). Whether everything was removed."""
        keys = self.names(prefix)
        while batch := list(islice(keys, KEYS_A_DELETE)):
            if until is not None and time.monotonic() >= until:
                return False
            self._delete_all(batch)
        return True

    def _delete_all(self, keys: Sequence[str]) -> None:
        from botocore.exceptions import ClientError

        asked = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        with passing_faults("delete a file"):
            got = self._s3.delete_objects(Bucket=self.bucket, Delete=asked)
            # The call is 200 also when some keys stay: the first fault is raised as the delete of that key would.
            if faults := got.get("Errors"):
                raise ClientError(
                    {"Error": faults[0], "ResponseMetadata": got["ResponseMetadata"]}, "DeleteObjects"
                )
