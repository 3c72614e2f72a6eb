"""POST /songs/upload: a form with a file."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, Cloud, event
from unplugd.uploads.model import Probe
from unplugd.uploads.promises import MAX_FORM_BYTES

FORM = "multipart/form-data; boundary=song"
SOUND = bytes(range(256)) * 3 + b"\r\n--son\r\n--"  # any byte, and nearly the boundary


def part(name: str, data: bytes, *more: str, file: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"' + (f'; filename="{file}"' if file is not None else "")
    head = "\r\n".join([f"Content-Disposition: {disposition}", *more])
    return b"--song\r\n" + head.encode("utf-8", "surrogatepass") + b"\r\n\r\n" + data + b"\r\n"


def a_file(
    data: bytes = SOUND, name: str = "Lied.mp3", kind: str = "audio/mpeg", field: str = "file"
) -> bytes:
    return part(field, data, f"Content-Type: {kind}", file=name)


END = b"--song--\r\n"


def ask(cloud: Cloud, body: bytes, content_type: str | None = FORM) -> tuple[int, Any]:
    trigger = event("uploads", "upload_song")
    trigger["body"] = base64.b64encode(body).decode()
    trigger["headers"].pop("Content-Type")
    if content_type is not None:
        trigger["headers"]["content-type"] = content_type
    answer = cloud.call("uploads", "upload_song", trigger)
    return answer["statusCode"], json.loads(answer["body"])


def test_the_file_arrives_byte_for_byte_and_joins_the_line(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, sent: Any
) -> None:
    status, song = ask(cloud, part("title", "Tïtle".encode()) + part("model", b"preview") + a_file() + END)
    assert (status, song["status"], song["title"], song["model"]) == (
        201,
        "PENDING_UPLOAD",
        "Tïtle",
        "preview",
    )
    assert (song["fileName"], song["fileSizeBytes"]) == ("Lied.mp3", len(SOUND))
    (key,) = cloud.keys("UPLOADS_BUCKET")
    assert key == f"uploads/{OWNER}/{song['songId']}/Lied.mp3"
    assert cloud.s3.get_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=key)["Body"].read() == SOUND
    monkeypatch.setattr(
        "unplugd.uploads.handlers.validate_upload.probe",
        lambda _: Probe(format="mp3", duration_s=3, peak=0.5),
    )
    trigger = event("uploads", "validate_upload")
    trigger["detail"]["object"] = {"key": key, "size": len(SOUND)}
    cloud.call("uploads", "validate_upload", trigger)
    assert (cloud.row(song["songId"]) or {})["status"] == "QUEUED"


@pytest.mark.parametrize(
    ("name", "kind", "taken"),
    [
        ("a.flac", "application/octet-stream", "audio/flac"),
        ("A.WAV", "application/octet-stream", "audio/wav"),
        ("a.txt", "audio/ogg; codecs=opus", "audio/ogg"),
    ],
)
def test_a_program_that_names_no_type_is_understood(cloud: Cloud, name: str, kind: str, taken: str) -> None:
    status, song = ask(cloud, a_file(name=name, kind=kind) + END)
    assert status == 201
    assert (cloud.row(song["songId"]) or {})["contentType"] == taken


@pytest.mark.parametrize(
    ("body", "content_type", "status", "error"),
    [
        (a_file() + END, "multipart/form-data", 400, "invalid_form"),
        (a_file() + END, "multipart/form-data; boundary=", 400, "invalid_form"),
        (a_file() + END, "multipart/form-data; boundary=other", 400, "invalid_form"),
        (a_file() + END, "application/json", 415, "unsupported_type"),
        (a_file() + END, "multipart/mixed; boundary=song", 415, "unsupported_type"),
        (a_file() + END, None, 415, "unsupported_type"),
        (b"", FORM, 400, "invalid_form"),
        (END, FORM, 400, "invalid_form"),
        (a_file() + a_file(name="b.mp3") + END, FORM, 400, "invalid_form"),
        (a_file() + a_file(field="other") + END, FORM, 400, "invalid_form"),
        (part("file", SOUND) + END, FORM, 400, "invalid_form"),
        (a_file(name="") + END, FORM, 400, "invalid_request"),
        (a_file(name="\x01\x02") + END, FORM, 400, "invalid_request"),
        (a_file(b"") + END, FORM, 400, "invalid_request"),
        (a_file(), FORM, 400, "invalid_form"),
        ((a_file() + END)[:-9], FORM, 400, "invalid_form"),
        ((a_file() + END)[:200], FORM, 400, "invalid_form"),
        (part("title", b"a") * 2 + a_file() + END, FORM, 400, "invalid_form"),
        (part("title", b"\xff") + a_file() + END, FORM, 400, "invalid_form"),
        (part("title", b"x" * 201) + a_file() + END, FORM, 400, "invalid_request"),
        (part("filename", b"x.mp3") + part("nothing", b"x") + a_file() + END, FORM, 400, "invalid_request"),
        (part("title", b"x" * 70_000) + a_file() + END, FORM, 400, "invalid_form"),
        (b"".join(part(f"f{n}", b"x") for n in range(20)) + a_file() + END, FORM, 400, "invalid_form"),
        (part("file", SOUND, "X-Long: " + "x" * 9000, file="a.mp3") + END, FORM, 400, "invalid_form"),
        (a_file(kind="multipart/mixed; boundary=inner") + END, FORM, 400, "invalid_form"),
        (a_file(kind="video/mp4") + END, FORM, 415, "unsupported_type"),
        (a_file(name="a.exe", kind="application/octet-stream") + END, FORM, 415, "unsupported_type"),
    ],
)
def test_a_hostile_form_gets_a_sentence_and_leaves_nothing(
    cloud: Cloud, body: bytes, content_type: str | None, status: int, error: str
) -> None:
    got, answer = ask(cloud, body, content_type)
    assert (got, answer["error"]) == (status, error)
    assert answer["message"]
    assert (cloud.keys("UPLOADS_BUCKET"), cloud.db.scan(TableName=CHOSEN["SONGS_TABLE"])["Items"]) == ([], [])


@pytest.mark.parametrize("body", ["not base64!", "====", "é"])
def test_a_body_that_is_no_base64_is_400(cloud: Cloud, body: str) -> None:
    trigger = event("uploads", "upload_song")
    trigger["body"] = body
    answer = cloud.call("uploads", "upload_song", trigger)
    assert (answer["statusCode"], json.loads(answer["body"])["error"]) == (400, "invalid_form")


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("../../etc/passwd.mp3", "passwd.mp3"),
        ("C:\\\\Users\\\\me\\\\song.mp3", "song.mp3"),
        ("🎸 שיר.mp3", "שיר.mp3"),
        ("x" * 300 + ".mp3", "x" * 116 + ".mp3"),
        ("Cafe\u0301.mp3", "Caf\u00e9.mp3"),
        ("..", "song"),
    ],
)
def test_a_file_name_becomes_a_safe_key(cloud: Cloud, name: str, last: str) -> None:
    status, song = ask(cloud, a_file(name=name) + END)
    assert status == 201, song
    assert cloud.keys("UPLOADS_BUCKET") == [f"uploads/{OWNER}/{song['songId']}/{last}"]


@pytest.mark.parametrize("over", [1, 300 * 1024])
def test_over_four_megabytes_the_answer_names_the_other_way(cloud: Cloud, over: int) -> None:
    assert ask(cloud, a_file(b"\0" * MAX_FORM_BYTES) + END)[0] == 201
    status, answer = ask(cloud, a_file(b"\0" * (MAX_FORM_BYTES + over)) + END)
    assert (status, answer["error"]) == (413, "too_large")
    assert "/songs/upload-url" in answer["message"]


def test_a_form_counts_as_any_upload(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHOSEN, "SONGS_A_DAY", "1")
    assert [ask(cloud, a_file() + END)[0] for _ in range(2)] == [201, 429]
    assert len(cloud.keys("UPLOADS_BUCKET")) == 1
