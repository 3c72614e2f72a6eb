"""GET /jobs/{id}."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from audiofile.measuring import ENGINE_VERSION
from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud, event
from unplugd import wiring
from unplugd.domain.measure_queue import Final, Outcome, Row, Values
from unplugd.domain.song import Status
from unplugd.kernel.clock import utc_now
from unplugd.kernel.errors import Transient
from unplugd.measurement import jobs

ZERO = {"waiting": 0, "running": 0, "done": 0, "failed": 0}


def nth(number: int) -> str:
    return f"01J9ZQ4X5V8K2M3N4P5Q6R7{number:03d}"


@pytest.fixture
def post(cloud: Cloud, put_song: Any) -> Callable[..., str]:
    """A job for the songs with these numbers; its id."""

    def call(*numbers: int, owner: str = OWNER) -> str:
        for number in numbers:
            put_song(song_id=nth(number), user_id=owner, status=Status.COMPLETED, attempt=1)
        trigger = event("measurement", "create_measurement_job")
        trigger["requestContext"]["authorizer"]["claims"]["sub"] = owner
        body = {"scope": {"songIds": [nth(number) for number in numbers]}, "source": "current"}
        answer = cloud.call("measurement", "create_measurement_job", trigger | {"body": json.dumps(body)})
        assert answer["statusCode"] == 202, answer
        return str(json.loads(answer["body"])["id"])

    return call


@pytest.fixture
def ask(cloud: Cloud) -> Callable[[str], tuple[int, dict[str, Any]]]:
    def call(job_id: str) -> tuple[int, dict[str, Any]]:
        trigger = event("measurement", "get_job") | {"pathParameters": {"id": job_id}}
        answer = cloud.call("measurement", "get_job", trigger)
        return answer["statusCode"], json.loads(answer["body"])

    return call


def set_state(cloud: Cloud, number: int, state: str) -> None:
    """What a worker writes in a row."""
    cloud.db.update_item(
        TableName=CHOSEN["MEASURE_QUEUE_TABLE"],
        Key={"userId": {"S": OWNER}, "job": {"S": f"{nth(number)}#current#{ENGINE_VERSION}"}},
        UpdateExpression="SET #state = :state, doneAt = :now",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":state": {"S": state}, ":now": {"S": "2026-01-31T08:30:00.000Z"}},
    )


@pytest.mark.parametrize(
    ("states", "state", "counts"),
    [
        (("pending", "pending"), "waiting", {"waiting": 2}),
        (("failed", "pending"), "waiting", {"waiting": 2}),
        (("leased", "pending"), "running", {"running": 1, "waiting": 1}),
        (("done", "pending"), "running", {"done": 1, "waiting": 1}),
        (("dead", "pending"), "running", {"failed": 1, "waiting": 1}),
        (("done", "done"), "done", {"done": 2}),
        (("done", "dead"), "done", {"done": 1, "failed": 1}),
        (("dead", "dead"), "failed", {"failed": 2}),
    ],
)
def test_a_jobs_state_follows_from_its_rows(
    cloud: Cloud, post: Any, ask: Any, states: tuple[str, ...], state: str, counts: dict[str, int]
) -> None:
    job_id = post(1, 2)
    for number, one in enumerate(states, start=1):
        set_state(cloud, number, one)
    status, answer = ask(job_id)
    assert status == 200
    assert (answer["kind"], answer["source"], answer["state"], answer["songs"]) == (
        "measurement",
        "current",
        state,
        2,
    )
    assert {name: answer[name] for name in ZERO} == ZERO | counts


def test_songs_that_were_known_count_as_done(put_song: Any, cloud: Cloud, post: Any, ask: Any) -> None:
    post(1)
    set_state(cloud, 1, "done")
    answer = ask(post(1, 2))[1]
    assert (answer["state"], answer["songs"], answer["done"], answer["waiting"]) == ("waiting", 2, 1, 1)


def test_a_job_waits_for_the_rows_of_an_earlier_one(cloud: Cloud, post: Any, ask: Any) -> None:
    first = post(1)
    second = post(1, 2)
    assert first != second
    set_state(cloud, 2, "done")
    assert (ask(second)[1]["state"], ask(second)[1]["waiting"]) == ("running", 1)
    set_state(cloud, 1, "done")
    assert (ask(second)[1]["state"], ask(second)[1]["done"]) == ("done", 2)


def test_another_persons_job_is_no_job(post: Any, ask: Any) -> None:
    theirs = post(1, owner=STRANGER)
    status, answer = ask(theirs)
    assert (status, answer["error"]) == (404, "not_found")
    assert ask("01ARZ3NDEKTSV4RRFFQ69G5FAV") == (status, answer)


@pytest.mark.parametrize(
    "job_id", ["", "nothing", "job#1", "01j9zq4x5v8k2m3n4p5q6r7s8t", "A" * 2000, "\u0000"]
)
def test_a_malformed_id_is_no_job(cloud: Cloud, ask: Any, job_id: str) -> None:
    asked: list[str] = []
    cloud.watchers.append(lambda action, _params: asked.append(action))
    assert ask(job_id)[0] == 404
    assert asked == []  # no such text reaches a key


@pytest.mark.parametrize("method", ["job", "rows_of_job"])
def test_a_fault_of_the_table_is_503(
    post: Any, ask: Any, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise Transient("Not now.")

    job_id = post(1)
    monkeypatch.setattr(f"unplugd.aws.measure_queue.MeasureQueue.{method}", fail)
    status, answer = ask(job_id)
    assert (status, answer["error"]) == (503, "try_again")


def test_a_new_job_waits_until_the_index_shows_its_rows(
    cloud: Cloud, post: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = post(1, 2, 3)
    monkeypatch.setattr("unplugd.aws.measure_queue.MeasureQueue.rows_of_job", lambda *_args: [])
    with cloud.role_of("get_job"):
        queue = wiring.measure_queue()
        now = utc_now()
        new = jobs.get_job(job_id, owner=OWNER, queue=queue, now=now)
        old = jobs.get_job(job_id, owner=OWNER, queue=queue, now=now + timedelta(hours=1))
    assert (new["state"], new["waiting"]) == ("waiting", 3)
    assert (old["state"], old["waiting"]) == ("done", 0)  # of deleted songs


@pytest.mark.parametrize("outcome", [Values({"plays": 3}), Final("not known")])
def test_a_row_that_a_worker_ended_is_done(cloud: Cloud, post: Any, ask: Any, outcome: Outcome) -> None:
    from unplugd.aws.measure_queue import MeasureQueue

    job_id = post(1)
    queue = MeasureQueue(cloud.db, CHOSEN["MEASURE_QUEUE_TABLE"])
    taken: list[Row] = list(queue.take("current", now=utc_now(), new_id=lambda: "token"))
    assert ask(job_id)[1]["state"] == "running"
    for row in taken:
        queue.settle(row, outcome, now=utc_now(), jitter=0.5)
    assert ask(job_id)[1]["state"] == "done"
