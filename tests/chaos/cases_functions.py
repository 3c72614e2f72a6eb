"""Each Lambda of a song's way fails once, twice, always; and answers that are lost after the work was done."""

from __future__ import annotations

import json
import time

from tests.chaos.case import Case, case, cases
from tests.chaos.people import Guest
from tests.chaos.rules import Placed
from tests.chaos.world import PREFIX, World, wait_for

_TIMES = {1: "once", 2: "twice"}
_ON_THE_WAY = {
    "validate-upload": "S3 → validate_upload",
    "start-processing": "SQS → start_processing",
    "send-progress": "task → send_progress",
    "mark-completed": "state MarkCompleted",
    "send-notification": "state SendNotification",
    "cleanup-upload": "state CleanupUpload",
}


def _fails(function: str, times: int) -> Case:
    def run(world: World, guest: Guest) -> None:
        world.fault("function", f"^{function}$", "fail", times=times)
        song = guest.send(demucs=["2.4s"] if function == "send-progress" else ["ok"])
        guest.wait(song, "COMPLETED", "FAILED")
        original = f"uploads/{guest.user_id}/{song}/"
        wait_for(lambda: not world.keys("Uploads", original), 15, "the original's removal")

    return Case(f"{function}-fails-{_TIMES[times]}", f"{_ON_THE_WAY[function]}: fails {_TIMES[times]}", run)


cases(_fails(function, times) for function in _ON_THE_WAY for times in _TIMES)


def _mark_failed_fails(times: int) -> Case:
    def run(world: World, guest: Guest) -> None:
        world.fault("function", "^mark-failed$", "fail", times=times)
        song = guest.send(demucs=["bad"])
        guest.expects(song, "FAILED")

    return Case(f"mark-failed-fails-{_TIMES[times]}", f"state MarkFailed: fails {_TIMES[times]}", run)


cases(_mark_failed_fails(times) for times in _TIMES)


def _always(world: World, function: str) -> Placed:
    return world.fault("function", f"^{function}$", "fail", times=10_000)


@case("validate-upload-always", "S3 → validate_upload: fails until its event is in the DLQ; then the redrive")
def validate_always(world: World, guest: Guest) -> None:
    fault = _always(world, "validate-upload")
    song = guest.send()
    queue = world.client("sqs")
    url = queue.get_queue_url(QueueName=f"{PREFIX}-validate-upload-dlq")["QueueUrl"]
    message = wait_for(lambda: queue.receive_message(QueueUrl=url).get("Messages"), 15, "the dead letter")[0]
    fault.lift()
    world.invoke("validate-upload", json.loads(message["Body"])["requestPayload"])
    queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    guest.wait(song, "COMPLETED")


@case("start-processing-always", "SQS → start_processing: fails for a while; the line waits for it")
def start_always(world: World, guest: Guest) -> None:
    fault = _always(world, "start-processing")
    song = guest.send()
    guest.wait(song, "QUEUED")
    fault.wait_until_hit()
    time.sleep(2)
    assert guest.status(song) == "QUEUED"
    fault.lift()


@case("send-progress-always", "task → send_progress: always fails; the song does not care")
def progress_always(world: World, guest: Guest) -> None:
    _always(world, "send-progress")
    guest.wait(guest.send(), "COMPLETED", "FAILED")


@case("mark-completed-always", "state MarkCompleted: always fails; FAILED, and a retry needs no stage again")
def completed_always(world: World, guest: Guest) -> None:
    fault = _always(world, "mark-completed")
    song = guest.send()
    guest.wait(song, "FAILED")
    fault.lift()
    assert guest.call("POST", f"/songs/{song}/retry")[0] == 202
    guest.wait(song, "COMPLETED")


@case("send-notification-always", "state SendNotification: always fails; the API still tells")
def notification_always(world: World, guest: Guest) -> None:
    _always(world, "send-notification")
    guest.deaf = True
    guest.wait(guest.send(), "COMPLETED", "FAILED")


@case("cleanup-upload-always", "state CleanupUpload: always fails; the song is complete all the same")
def cleanup_always(world: World, guest: Guest) -> None:
    _always(world, "cleanup-upload")
    guest.wait(guest.send(), "COMPLETED", "FAILED")


@case(
    "mark-failed-always",
    "state MarkFailed: always fails; the line takes the song up again, and ends it",
    settle_s=90,
)
def failed_always(world: World, guest: Guest) -> None:
    _always(world, "mark-failed")
    song = guest.send(demucs=["bad"])
    guest.expects(song, "FAILED")
    failed = guest.wait(song, "FAILED", within_s=80)
    assert failed["errorCode"] == "INTERRUPTED", failed
    assert world.count(song, "demucs", "begin") == 4, "it was not put back three times"


def _loses(function: str) -> Case:
    def run(world: World, guest: Guest) -> None:
        world.fault("function", f"^{function}$", "lose")
        song = guest.send()
        guest.wait(song, "COMPLETED", "FAILED")

    return Case(
        f"{function}-answer-lost", f"{_ON_THE_WAY[function]}: does its work, and the answer is lost", run
    )


cases(_loses(name) for name in ("validate-upload", "start-processing", "mark-completed", "send-notification"))


@case("connect-fails-once", "$connect: the connection cannot be stored; refused, and let in at the next try")
def connect_fails(world: World, guest: Guest) -> None:
    guest.close()
    fault = world.fault("http", r"\.PutItem$", "fail", body=f"{PREFIX}-connections", times=10_000)
    try:
        guest.listen()
    except Exception as refused:
        assert "503" in str(refused), refused
    else:
        raise AssertionError("a connection that was not stored was let in")
    fault.lift()
    guest.listen()
    guest.send()


@case("disconnect-always", "$disconnect: the connection cannot be removed; pushes to it disturb no other")
def disconnect_always(world: World, guest: Guest) -> None:
    fault = world.fault("http", r"\.DeleteItem$", "fail", body=f"{PREFIX}-connections", times=10_000)
    guest.close()
    fault.wait_until_hit()
    guest.listen()
    guest.send()


def _service_fault(name: str, where: str, match: str, times: int) -> Case:
    def run(world: World, guest: Guest) -> None:
        ticket = guest.announce()
        fault = world.fault("http", match, "fail", times=times)
        song = guest.put(ticket)
        fault.wait_until_hit()
        guest.wait(song, "COMPLETED", "FAILED")

    return Case(name, where, run)


cases(
    [
        _service_fault("dynamodb-update-500", "DynamoDB: three updates are refused", r"\.UpdateItem$", 3),
        _service_fault("dynamodb-get-500", "DynamoDB: three reads are refused", r"\.GetItem$", 3),
        _service_fault("dynamodb-query-500", "DynamoDB: five queries are refused", r"\.Query$", 5),
        _service_fault("s3-get-500", "S3: two reads of the original are refused", r"^GET /[^/]+/uploads/", 2),
        _service_fault("s3-put-500", "S3: three files of the results are refused", r"^PUT /[^/]+/output/", 3),
        _service_fault("sqs-send-500", "SQS: twelve wake-ups are refused", r"\.SendMessage$", 12),
    ]
)
