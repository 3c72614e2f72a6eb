"""Starting, stopping and being killed: what is kept, what is left running, and what is said when it cannot start."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from local import addresses
from local.datadir import DataDir
from local.stack import LocalStack, StackError, deploy
from tests.local.conftest import APP, App, make_stack, running_app, wait_for

pytestmark = pytest.mark.stack

# The promise of docs/local.md: what was touched is on disk this much later.
WINDOW_S = 1.0


def kill(app: App) -> None:
    """Kill the stack as hard as it gets."""
    os.kill(app.endpoint.pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def busy_children(app: App) -> list[int]:
    """A stage task and a Lambda worker, both in the midst of their work."""
    arn = app.start("StateMachineArn", what="run", seconds=100)
    row = wait_for(lambda: app.item(f"task-{arn.rsplit(':', 1)[-1]}"), "the task")
    app.client("lambda").invoke(FunctionName="tiny-slow", InvocationType="Event")
    worker = app.invoke("tiny-environment")["pid"]
    notes = app.endpoint.data_dir / "run" / "children"
    living = wait_for(lambda: at_least_three(notes), "the slow worker")
    assert {int(row["pid"]["N"]), worker} <= set(living)
    return living


def at_least_three(notes: Path) -> list[int]:
    living = [int(note.name) for note in notes.iterdir() if is_alive(int(note.name))]
    return living if len(living) >= 3 else []


def fill(app: App) -> None:
    """Leave one thing in each service that matters."""
    app.client("s3").put_object(Bucket="tiny-files", Key="song", Body=b"abc", ContentType="audio/wav")
    app.client("sqs").send_message(QueueUrl=app.outputs["FailedQueueUrl"], MessageBody="kept")
    users = app.client("cognito-idp")
    users.sign_up(ClientId=app.outputs["UserPoolClientId"], Username="kim", Password="Secret-123!")
    users.admin_confirm_sign_up(UserPoolId=app.outputs["UserPoolId"], Username="kim")
    app.ended(app.start("StateMachineArn", what="raise", seconds=1))


def check_all_there(app: App) -> None:
    """Everything `fill` left is there, under the same addresses and without another deploy."""
    assert app.client("s3").get_object(Bucket="tiny-files", Key="song")["ContentType"] == "audio/wav"
    messages = app.client("sqs").receive_message(QueueUrl=app.outputs["FailedQueueUrl"], VisibilityTimeout=0)
    assert [message["Body"] for message in messages["Messages"]] == ["kept"]
    signed_in = app.client("cognito-idp").initiate_auth(
        ClientId=app.outputs["UserPoolClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "kim", "PASSWORD": "Secret-123!"},
    )
    assert signed_in["AuthenticationResult"]["IdToken"]
    executions = app.client("stepfunctions").list_executions(stateMachineArn=app.outputs["StateMachineArn"])
    assert "SUCCEEDED" in {execution["status"] for execution in executions["executions"]}
    with httpx.Client(trust_env=False) as http:
        assert http.post(f"{app.outputs['ApiUrl']}/items/after", content="x").status_code == 200
    stacks = app.client("cloudformation").list_stacks()["StackSummaries"]
    assert {stack["StackStatus"] for stack in stacks} == {"CREATE_COMPLETE"}


def test_a_clean_stop_and_a_hard_kill_keep_everything(tmp_path: Path) -> None:
    with running_app(tmp_path / "data") as (stack, app):
        app.put("before", body={"S": "1"})
        fill(app)
        url = app.invoke("tiny-presign", {"key": "song"})
        children = busy_children(app)
        began = time.perf_counter()
        stack.stop()
        assert time.perf_counter() - began < 15
        wait_for(lambda: not any(is_alive(pid) for pid in children), "the children's end")

        again = App(stack.start(), app.outputs)
        assert again.endpoint.url == app.endpoint.url
        check_all_there(again)
        assert deploy(again.endpoint, parameters={}, stack_name="tiny", root=APP) == app.outputs
        assert httpx.get(url, trust_env=False).content == b"abc"

        # What is written from here on is only in memory until the snapshots have caught up.
        again.client("s3").put_object(Bucket="tiny-files", Key="late", Body=b"late")
        users = again.client("cognito-idp")
        users.sign_up(ClientId=app.outputs["UserPoolClientId"], Username="lou", Password="Secret-123!")
        arn = again.start("StateMachineArn", what="run", seconds=100)
        children = busy_children(again)
        time.sleep(WINDOW_S)
        for number in range(50):
            again.put(f"row-{number}", body={"S": str(number)})
        again.client("dynamodb").delete_item(TableName="tiny-items", Key={"id": {"S": "before"}})
        kill(again)  # at once: an answered item write is in the journal
        wait_for(lambda: not any(is_alive(pid) for pid in children), "the children's end")
        stack.stop()

        third = App(stack.start(), app.outputs)
        assert [third.item(f"row-{number}") is not None for number in range(50)] == [True] * 50
        assert third.item("before") is None
        check_all_there(third)
        assert third.client("s3").get_object(Bucket="tiny-files", Key="late")["Body"].read() == b"late"
        pool = app.outputs["UserPoolId"]
        assert (
            third.client("cognito-idp").admin_get_user(UserPoolId=pool, Username="lou")["Username"] == "lou"
        )
        lost = third.client("stepfunctions").describe_execution(executionArn=arn)
        assert (lost["status"], lost["error"]) == ("FAILED", "States.ServiceRestart")
        wait_for(lambda: is_published(third, arn), "the status change of the lost execution")


def is_published(app: App, arn: str, status: str = "FAILED") -> bool:
    answer = app.client("sqs").receive_message(
        QueueUrl=app.outputs["QueueUrl"], MaxNumberOfMessages=10, WaitTimeSeconds=1
    )
    details = [json.loads(message["Body"])["detail"] for message in answer.get("Messages", [])]
    return any(detail.get("executionArn") == arn and detail["status"] == status for detail in details)


def test_another_port_moves_every_stored_address(tmp_path: Path) -> None:
    first, second = free_ports(2)
    with running_app(tmp_path / "data", port=first) as (stack, app):
        fill(app)
        app.put("typed", body={"S": f"http://localhost:{first}/000000000000/typed"})
        sent = f"see http://127.0.0.1:{first}/000000000000/tiny-failed"
        app.client("sqs").send_message(QueueUrl=app.outputs["FailedQueueUrl"], MessageBody=sent)
        stack.stop()

    moved = make_stack(tmp_path / "data", second)
    try:
        endpoint = moved.start()
        before_deploy = {
            name: str(value).replace(str(first), str(second)) for name, value in app.outputs.items()
        }
        again = App(endpoint, before_deploy)
        check_delivery(again, sent)
        again = App(endpoint, deploy(endpoint, parameters={}, stack_name="tiny", root=APP))
        assert again.outputs == before_deploy
        check_delivery(again, sent)
        assert again.item("typed")["body"]["S"].startswith(f"http://localhost:{first}/")
        moved.stop()
    finally:
        moved.stop()
    state = tmp_path / "data" / "state"
    stored = {file.name for file in state.glob("*.json") if f":{first}" in file.read_text()}
    # The text that a user typed and the body of a message are left as they were.
    assert stored <= {"dynamodb.json", "sqs.json", "cloudwatch_logs.json"}
    assert (state / "sqs.json").read_text().count(f":{first}") == 1


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def check_delivery(app: App, sent: str) -> None:
    """A rule's event reaches its queue, a queued message is still there, and the API and a task answer."""
    sqs = app.client("sqs")
    found = sqs.receive_message(
        QueueUrl=app.outputs["FailedQueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    assert {message["Body"] for message in found["Messages"]} == {"kept", sent}
    arn = app.start("StateMachineArn", what="raise", seconds=1)
    app.ended(arn)
    wait_for(lambda: is_published(app, arn, "SUCCEEDED"), "the execution's status change")
    with httpx.Client(trust_env=False) as http:
        assert http.post(f"{app.outputs['ApiUrl']}/items/after", content="x").status_code == 200


def test_an_address_of_another_program_stays(tmp_path: Path) -> None:
    queue, page = "http://localhost:4100/000000000000/q", "http://localhost:5173"
    write_state(tmp_path, sqs={f"'{queue}'": {"url": queue}}, **{"lambda": {"Q": queue, "ORIGIN": page}})
    assert addresses.move(tmp_path, 4200, remembered=4100) == 2
    moved = queue.replace("4100", "4200")
    assert json.loads((tmp_path / "sqs.json").read_text()) == {f"'{moved}'": {"url": moved}}
    assert json.loads((tmp_path / "lambda.json").read_text()) == {"Q": moved, "ORIGIN": page}
    assert addresses.move(tmp_path, 4200, remembered=4200) == 0


def test_a_move_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    """A kill left some files at a forgotten port, and a folder of an earlier version has old queues."""
    queue = "http://localhost:{}/000000000000/q"
    write_state(
        tmp_path,
        cloudformation={"Queue": queue.format(4150), "EndpointUrl": "http://127.0.0.1:4150"},
        sqs={"url": queue.format(4100)},
    )
    assert addresses.move(tmp_path, 4200, remembered=4200) == 2
    assert json.loads((tmp_path / "sqs.json").read_text()) == {"url": queue.format(4200)}
    assert json.loads((tmp_path / "cloudformation.json").read_text()) == {
        "Queue": queue.format(4200),
        "EndpointUrl": "http://127.0.0.1:4200",
    }


def write_state(folder: Path, **services: object) -> None:
    for name, value in services.items():
        (folder / f"{name}.json").write_text(json.dumps(value))


def test_ctrl_c_ends_the_children_too(tmp_path: Path) -> None:
    with running_app(tmp_path / "data") as (_, app):
        children = busy_children(app)
        os.kill(app.endpoint.pid, signal.SIGINT)
        wait_for(lambda: not any(is_alive(pid) for pid in [app.endpoint.pid, *children]), "every end")


def test_the_next_start_ends_what_was_left(tmp_path: Path) -> None:
    """Where the kernel has no death signal, and for what a child itself started."""
    import subprocess

    from local.children import Children

    data = DataDir.create(tmp_path / "data")
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    left = Children(data.run).popen(["sleep", "60"])
    (data.run / "children" / str(stranger.pid)).write_text("another start time")
    try:
        assert Children(data.run).reap_leftovers() == 1
        assert left.wait(3) == -signal.SIGKILL
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_second_start_on_the_same_folder_says_who_has_it(app: App) -> None:
    with pytest.raises(StackError, match=rf"in use by the stack with process id {app.endpoint.pid}"):
        make_stack(app.endpoint.data_dir).start()
    assert app.item("unknown") is None


def test_a_taken_port_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            StackError, match=rf"^Port {port} on 127\.0\.0\.1 cannot be used .+ another program"
        ):
            LocalStack(tmp_path / "data", port=port).start()


def test_the_stack_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    import subprocess
    import sys

    script = (
        "import sys, pathlib, time; from local.stack import LocalStack\n"
        "print(LocalStack(pathlib.Path(sys.argv[1]), ephemeral=True).start().pid, flush=True); time.sleep(60)"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "data")],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert caller.stdout is not None
    pid = int(caller.stdout.readline())
    assert is_alive(pid)
    caller.kill()
    caller.wait()
    wait_for(lambda: not is_alive(pid), "the stack's end")
