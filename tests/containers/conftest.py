"""One song in fake buckets; S3 as a real server for the tests that start a task as a process."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from tests.containers.image import Image, assemble
from tests.containers.stand import OUTPUT, UPLOADS, Stand

REGION = "eu-west-1"


@pytest.fixture
def aws_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Image]:
    """Both stages' images, as their Dockerfiles put them together."""
    return {stage: assemble(stage, tmp_path_factory.mktemp(stage)) for stage in ("demucs", "whisper")}


@pytest.fixture(scope="session")
def session() -> boto3.session.Session:
    """One for all tests: most of what a client costs is reading S3's model, which a session keeps."""
    return boto3.session.Session("test", "test", region_name=REGION)


@pytest.fixture
def stand(aws_keys: None, session: boto3.session.Session, tmp_path: Path) -> Iterator[Stand]:
    with mock_aws():
        s3 = session.client("s3", config=Config(retries={"total_max_attempts": 1}))
        make_buckets(s3)
        yield Stand(s3, tmp_path)


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server of our own. (moto's needs Flask, which the project does not install.)"""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    state = str(tmp_path_factory.mktemp("ministack"))
    env = {
        "PATH": os.environ["PATH"],
        "HOME": state,
        "TMPDIR": state,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "STATE_DIR": state,
        "S3_DATA_DIR": state,
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    url = f"http://127.0.0.1:{port}"
    with (Path(state) / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "ministack"], env=env, cwd=state, stdout=log, stderr=log
        )
        try:
            _await(url, server, Path(state) / "log")
            yield url
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture
def server(aws_keys: None, endpoint: str, tmp_path: Path) -> Stand:
    """A stand on the real server: put songs and read results; tasks run as processes."""
    s3 = boto3.client("s3", region_name=REGION, endpoint_url=endpoint)
    make_buckets(s3)
    for bucket in (UPLOADS, OUTPUT):
        for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=entry["Key"])
    return Stand(s3, tmp_path)


def make_buckets(s3: object) -> None:
    for bucket in (UPLOADS, OUTPUT):
        try:
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})  # type: ignore[attr-defined]
        except s3.exceptions.BucketAlreadyOwnedByYou:  # type: ignore[attr-defined]
            continue


def _await(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/_ministack/health", timeout=1).close()
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the S3 server did not start:\n{log.read_text()}")
