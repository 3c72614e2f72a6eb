"""How a Lambda runs locally: its environment, its errors' names, its retries, its speed."""

from __future__ import annotations

import json
import statistics
import time

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from local.workarounds.lambda_errors import raised_class
from tests.local.conftest import App, wait_for

pytestmark = pytest.mark.stack


def test_a_worker_sees_only_its_functions_environment(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = app.invoke("tiny-environment")["environment"]
    assert seen["DECLARED"] == "yes"
    assert seen["AWS_ENDPOINT_URL"] == app.endpoint.url
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert seen["HOME"] == str(app.endpoint.data_dir / "home")
    assert app.endpoint.secret_key not in seen.values()
    assert app.endpoint.access_key not in seen.values()
    allowed = ("AWS_", "_LAMBDA_", "_X_AMZN", "_MINISTACK_", "LC_", "PYTHON")
    others = {name for name in seen if not name.startswith(allowed)}
    assert others <= {"PATH", "HOME", "LANG", "TMPDIR", "DECLARED", "LAMBDA_TASK_ROOT"}


def test_an_error_has_its_class_name(app: App) -> None:
    error = app.invoke("tiny-raise")
    assert error["errorType"] == "TinyError"
    assert error["errorMessage"] == "first line\nSecond: line"


@pytest.mark.parametrize(
    ("log", "name"),
    [
        (
            "noise: x\nTraceback (most recent call last):\n  File 'a'\n    f()\nValueError: no\nMore: text",
            "ValueError",
        ),
        ("Traceback (most recent call last):\n  File 'a'\nunplugd.kernel.errors.Transient", "Transient"),
        ("KeyError: not a traceback", None),
        ("", None),
    ],
)
def test_the_class_is_read_from_the_traceback(log: str, name: str | None) -> None:
    assert raised_class(log) == name


def test_a_failing_event_target_is_tried_again(app: App) -> None:
    detail = json.dumps({"key": "flaky-event"})
    app.client("events").put_events(
        Entries=[{"Source": "tiny.test", "DetailType": "asked", "Detail": detail}]
    )
    tries = wait_for(
        lambda: (item := app.item("flaky-event")) and item["tries"] == {"N": "2"}, "the second try"
    )
    assert tries


def test_an_invocation_is_quick(app: App) -> None:
    functions = app.client("lambda")
    functions.invoke(FunctionName="tiny-socket")
    took = []
    for _ in range(20):
        began = time.perf_counter()
        functions.invoke(FunctionName="tiny-socket")
        took.append(time.perf_counter() - began)
    # Upstream waits 50 ms for a log line after each.
    assert statistics.median(took) < 0.045


@pytest.mark.parametrize("status", [401, 403, 503])
def test_a_refused_socket_ends_with_the_functions_own_status(app: App, status: int) -> None:
    url = f"{app.outputs['WebSocketUrl'].replace('http://', 'ws://')}?status={status}"
    with pytest.raises(InvalidStatus) as refused, connect(url):
        pass
    assert refused.value.response.status_code == status


@pytest.mark.parametrize("action", ["$connect", "$disconnect", "$default", "$other", "other"])
def test_a_message_cannot_name_a_reserved_route(app: App, action: str) -> None:
    with connect(app.outputs["WebSocketUrl"].replace("http://", "ws://"), proxy=None) as socket:
        socket.send(json.dumps({"action": action}))
        assert socket.recv(timeout=60) == "$default"
