"""POST /measurement-jobs."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from audiofile.measuring import ENGINE_VERSION
from tests import stripe_service
from tests.cloud import CHOSEN, OWNER, SONG, STRANGER, Cloud, event
from unplugd.aws.table import plain
from unplugd.domain import prices
from unplugd.domain.song import Status
from unplugd.kernel.errors import PaymentRequired, Transient
from unplugd.measurement import scope

Ask = Callable[..., tuple[int, dict[str, Any]]]
CODE, OTHER_CODE = "USRC17607839", "GBAYE0000351"
SCOPE_SAYS = "scope must be exactly one of songIds (≤ 100), album, isrcs, library: true"
LIBRARY_SAYS = f"scope.{scope.KINDS[-1]} must be true"
SOURCE_SAYS = "source must be current or historical"


def nth(number: int) -> str:
    return f"01J9ZQ4X5V8K2M3N4P5Q6R7{number:03d}"


@pytest.fixture
def post(cloud: Cloud) -> Ask:
    """Ask for a job; the status and the answer."""

    def call(**body: Any) -> tuple[int, dict[str, Any]]:
        trigger = event("measurement", "create_measurement_job") | {"body": json.dumps(body)}
        answer = cloud.call("measurement", "create_measurement_job", trigger)
        return answer["statusCode"], json.loads(answer["body"])

    return call


def items(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """Everything in the queue's table, by key."""
    found = cloud.db.scan(TableName=CHOSEN["MEASURE_QUEUE_TABLE"])["Items"]
    return {one["job"]["S"]: {name: plain(value) for name, value in one.items()} for one in found}


def rows(cloud: Cloud) -> dict[str, dict[str, Any]]:
    return {name: one for name, one in items(cloud).items() if not name.startswith("job#")}


@pytest.fixture
def library(put_song: Any) -> Callable[..., None]:
    """Complete songs of the owner, one of a stranger, and one that is not complete."""

    def fill(count: int, **fields: Any) -> None:
        common = {"status": Status.COMPLETED, "attempt": 1, "duration_sec": 180.0, **fields}
        for number in range(count):
            put_song(song_id=nth(number), **common)
        put_song(song_id=nth(900), user_id=STRANGER, **common)
        put_song(song_id=nth(901), status=Status.FAILED, **fields)

    return fill


# --- current ----------------------------------------------------------------------------------------------------------


def test_the_whole_library_is_queued_newest_first(cloud: Cloud, post: Ask, library: Any) -> None:
    library(3)
    status, answer = post(scope={"library": True}, source="current")
    made = rows(cloud)
    assert (status, answer["source"], answer["state"], answer["songs"]) == (202, "current", "waiting", 3)
    assert answer["estimatedCostUsd"] == round(3 * prices.measuring(180.0), 4) > 0
    assert sorted(made) == [f"{nth(n)}#current#{ENGINE_VERSION}" for n in range(3)]
    one = made[f"{nth(0)}#current#{ENGINE_VERSION}"]
    assert (one["userId"], one["state"], one["jobId"]) == (OWNER, "pending", answer["id"])
    assert one["measures"] == list(scope.MEASURES_OF["current"])


def test_newer_songs_have_the_higher_rank(cloud: Cloud, post: Ask, put_song: Any) -> None:
    for song_id in ("01J9ZQ4X5V8K2M3N4P5Q6R7S8T", "01JBZQ4X5V8K2M3N4P5Q6R7S8T"):
        put_song(song_id=song_id, status=Status.COMPLETED, attempt=1)
    post(scope={"library": True}, source="current")
    older, newer = (one["rank"] for _, one in sorted(rows(cloud).items()))
    assert newer > older > 0


def test_the_same_request_again_is_the_same_job_and_makes_no_row(
    cloud: Cloud, post: Ask, library: Any
) -> None:
    library(3)
    first = post(scope={"library": True}, source="current")[1]
    before = items(cloud)
    status, again = post(scope={"library": True}, source="current")
    assert (status, again["id"], again["songs"], again["state"]) == (202, first["id"], 3, "waiting")
    assert again["estimatedCostUsd"] == 0
    assert items(cloud) == before


def test_a_song_that_came_later_joins_the_same_job(cloud: Cloud, post: Ask, library: Any) -> None:
    library(2)
    post(scope={"library": True}, source="current")
    library(3)
    answer = post(scope={"library": True}, source="current")[1]
    assert (answer["songs"], len(rows(cloud))) == (3, 3)
    assert answer["estimatedCostUsd"] == round(prices.measuring(180.0), 4)


def test_a_song_that_an_older_engine_measured_is_queued(
    cloud: Cloud, post: Ask, library: Any, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    library(1)
    measured = {
        "status": Status.COMPLETED,
        "attempt": 1,
        "measured_at": "2026-01-31T08:20:00.000Z",
        "engine_version": ENGINE_VERSION,
    }
    put_song(song_id=nth(5), **measured)
    answer = post(scope={"library": True}, source="current")[1]
    assert (answer["songs"], sorted(rows(cloud))) == (2, [f"{nth(0)}#current#{ENGINE_VERSION}"])

    newer = ENGINE_VERSION + 1
    monkeypatch.setattr("unplugd.measurement.jobs.ENGINE_VERSION", newer)
    post(scope={"songIds": [nth(5)]}, source="current")
    assert f"{nth(5)}#current#{newer}" in rows(cloud)


def test_a_job_without_anything_to_do_is_done(cloud: Cloud, post: Ask, put_song: Any) -> None:
    put_song(
        status=Status.COMPLETED,
        attempt=1,
        measured_at="2026-01-31T08:20:00.000Z",
        engine_version=ENGINE_VERSION,
    )
    status, answer = post(scope={"songIds": [SONG]}, source="current")
    assert (status, answer["state"], answer["songs"], answer["estimatedCostUsd"]) == (202, "done", 1, 0)
    assert rows(cloud) == {}


def test_songs_by_id_leave_out_strangers_and_incomplete_ones(cloud: Cloud, post: Ask, library: Any) -> None:
    library(2)
    ids = [nth(0), nth(0), nth(1), nth(900), nth(901), "no id", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]
    answer = post(scope={"songIds": ids}, source="current")[1]
    assert (answer["songs"], len(rows(cloud))) == (2, 2)


def test_an_album_is_found_in_any_case(cloud: Cloud, post: Ask, library: Any, put_song: Any) -> None:
    library(2)
    put_song(song_id=nth(7), status=Status.COMPLETED, attempt=1, album="Straße  Zwei")
    answer = post(scope={"album": " STRASSE zwei "}, source="current")[1]
    assert (answer["songs"], sorted(rows(cloud))) == (1, [f"{nth(7)}#current#{ENGINE_VERSION}"])


def test_codes_name_the_songs_that_carry_them(cloud: Cloud, post: Ask, library: Any, put_song: Any) -> None:
    library(1)
    put_song(song_id=nth(7), status=Status.COMPLETED, attempt=1, isrc=CODE)
    answer = post(scope={"isrcs": ["us-rc1-76-07839", OTHER_CODE]}, source="current")[1]
    assert (answer["songs"], sorted(rows(cloud))) == (1, [f"{nth(7)}#current#{ENGINE_VERSION}"])


# --- historical -------------------------------------------------------------------------------------------------------


def test_an_outside_source_is_asked_once_for_each_code(
    cloud: Cloud, post: Ask, library: Any, put_song: Any
) -> None:
    library(2)
    for number, code in ((5, CODE), (6, CODE), (7, OTHER_CODE)):
        put_song(song_id=nth(number), status=Status.COMPLETED, attempt=1, isrc=code)
    status, answer = post(scope={"library": True}, source="historical")
    assert status == 202
    assert answer == {
        "id": answer["id"],
        "source": "historical",
        "enqueued": 2,
        "skipped": {"known": 0, "waiting": 0},
    }
    made = rows(cloud)
    assert sorted(made) == [f"{nth(6)}#historical#1", f"{nth(7)}#historical#1"]
    newest = made[f"{nth(6)}#historical#1"]
    assert (newest["isrc"], newest["measures"], newest["platforms"]) == (CODE, ["plays"], ["spotify"])


def test_a_code_that_no_song_carries_has_a_row_of_its_own(cloud: Cloud, post: Ask, put_song: Any) -> None:
    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:20:00.000Z", attempt=1, isrc=CODE)
    answer = post(scope={"isrcs": [CODE, OTHER_CODE]}, source="historical", platforms=["tidal", "spotify"])[1]
    made = rows(cloud)
    assert (answer["enqueued"], sorted(made)) == (
        2,
        [f"{SONG}#historical#1", f"isrc:{OTHER_CODE}#historical#1"],
    )
    assert made[f"isrc:{OTHER_CODE}#historical#1"]["platforms"] == ["spotify", "tidal"]


def test_what_is_known_or_waits_is_skipped(cloud: Cloud, post: Ask) -> None:
    codes = [f"USRC1760{n:04d}" for n in range(60)]
    assert post(scope={"isrcs": codes[:40]}, source="historical")[1]["enqueued"] == 40
    for code in codes[:10]:
        cloud.db.update_item(
            TableName=CHOSEN["MEASURE_QUEUE_TABLE"],
            Key={"userId": {"S": OWNER}, "job": {"S": f"isrc:{code}#historical#1"}},
            UpdateExpression="SET #state = :done REMOVE #work, place",
            ExpressionAttributeNames={"#state": "state", "#work": "work"},
            ExpressionAttributeValues={":done": {"S": "done"}},
        )
    answer = post(scope={"isrcs": codes}, source="historical")[1]
    assert (answer["enqueued"], answer["skipped"]) == (20, {"known": 10, "waiting": 30})
    assert len(rows(cloud)) == 60


# --- refusals ---------------------------------------------------------------------------------------------------------

LIBRARY = {"library": True}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"source": "current"}, SCOPE_SAYS),
        ({"scope": {}, "source": "current"}, SCOPE_SAYS),
        ({"scope": {"album": "A", "library": True}, "source": "current"}, SCOPE_SAYS),
        ({"scope": {"artist": "A"}, "source": "current"}, SCOPE_SAYS),
        ({"scope": "library", "source": "current"}, SCOPE_SAYS),
        ({"scope": None, "source": "current"}, SCOPE_SAYS),
        ({"scope": LIBRARY}, SOURCE_SAYS),
        ({"scope": LIBRARY, "source": "spotify"}, SOURCE_SAYS),
        ({"scope": LIBRARY, "source": ["current"]}, SOURCE_SAYS),
        ({"scope": {"library": False}, "source": "current"}, LIBRARY_SAYS),
        ({"scope": {"library": 1}, "source": "current"}, LIBRARY_SAYS),
        (
            {"scope": {"songIds": []}, "source": "current"},
            "scope.songIds must be a list of 1 to 100 song ids",
        ),
        (
            {"scope": {"songIds": [nth(0)] * 101}, "source": "current"},
            "scope.songIds must be a list of 1 to 100 song ids",
        ),
        (
            {"scope": {"songIds": nth(0)}, "source": "current"},
            "scope.songIds must be a list of 1 to 100 song ids",
        ),
        (
            {"scope": {"songIds": [7]}, "source": "current"},
            "scope.songIds must be a list of 1 to 100 song ids",
        ),
        ({"scope": {"album": " "}, "source": "current"}, "scope.album must be a name of 1 to 200 characters"),
        (
            {"scope": {"isrcs": [CODE, "12"]}, "source": "historical"},
            "scope.isrcs must be a list of 1 to 1000 recording codes (ISRC)",
        ),
        (
            {"scope": LIBRARY, "source": "historical", "measures": ["key"]},
            "measures must be a list of plays",
        ),
        (
            {"scope": LIBRARY, "source": "current", "measures": []},
            "measures must be a list of beats, key, chords, sections, loudness, melody",
        ),
        (
            {"scope": LIBRARY, "source": "current", "platforms": ["\u202e"]},
            "platforms must be a list of 1 to 10 names such as spotify",
        ),
        ({"scope": LIBRARY, "source": "current", "rank": 1}, "rank is not a known field"),
    ],
)
def test_a_wrong_request_is_refused_with_its_sentence(
    cloud: Cloud, post: Ask, library: Any, body: dict[str, Any], message: str
) -> None:
    library(1)
    status, answer = post(**body)
    assert (status, answer["error"], answer["message"]) == (400, "invalid_request", message)
    assert items(cloud) == {}


def test_one_answer_names_every_fault(post: Ask) -> None:
    details = post(scope={"songIds": []}, source="both", platforms="spotify")[1]["details"]
    assert [one["field"] for one in details] == ["scope.songIds", "source", "platforms"]


@pytest.mark.parametrize(
    ("wanted", "source"),
    [
        ({"songIds": ["01ARZ3NDEKTSV4RRFFQ69G5FAV"]}, "current"),
        ({"songIds": [nth(900)]}, "current"),
        ({"album": "Nobody's"}, "current"),
        ({"isrcs": [CODE]}, "current"),
        ({"library": True}, "historical"),
    ],
)
def test_a_scope_without_any_song_is_refused(
    cloud: Cloud, post: Ask, library: Any, wanted: dict[str, Any], source: str
) -> None:
    library(2)
    status, answer = post(scope=wanted, source=source)
    assert (status, answer["message"]) == (400, scope.NOTHING[source])
    assert items(cloud) == {}


class Closed:
    """A service that lets nobody in."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None, int]] = []

    def checkout_url(self, user_id: str, email: str | None, *, lookups: int) -> str | None:
        self.asked.append((user_id, email, lookups))
        return "https://checkout.example/1"


@pytest.fixture
def closed_till(monkeypatch: pytest.MonkeyPatch) -> Closed:
    till = Closed()
    monkeypatch.setattr("unplugd.wiring.billing", lambda: till)
    return till


def test_without_a_subscription_it_is_402_and_nothing_is_written(
    cloud: Cloud, post: Ask, closed_till: Closed
) -> None:
    status, answer = post(scope={"isrcs": [CODE, OTHER_CODE]}, source="historical")
    assert (
        (status, answer["error"])
        == (PaymentRequired.status, PaymentRequired.code)
        == (402, "payment_required")
    )
    assert answer["checkoutUrl"] == "https://checkout.example/1"
    assert closed_till.asked == [(OWNER, "singer@example.com", 2)]
    assert items(cloud) == {}


def test_the_function_asks_stripe_with_the_key_of_its_secret(
    cloud: Cloud, post: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name=CHOSEN["BILLING_SECRET"], SecretString=stripe_service.KEY)
    with stripe_service.running() as service:
        settings = {"BILLING_PRICE": "price_1", "BILLING_URL": service.url, "BILLING_FREE_LOOKUPS": "2"}
        for name, value in settings.items():
            monkeypatch.setitem(CHOSEN, name, value)
        codes = [f"USRC1760{n:04d}" for n in range(3)]
        first, second = (post(scope={"isrcs": some}, source="historical") for some in (codes[:2], codes[2:]))
        assert (first[0], first[1]["enqueued"]) == (202, 2)  # for free
        assert (second[0], second[1]["checkoutUrl"]) == (402, stripe_service.CHECKOUT)
        assert {one.headers["authorization"] for one in service.seen} == {f"Bearer {stripe_service.KEY}"}
        assert len(rows(cloud)) == 2
        service.subscriptions = ["trialing"]
        assert post(scope={"isrcs": codes[2:]}, source="historical")[1]["enqueued"] == 1
        service.answers["/v1/subscriptions/search"] = (500, b"", {})
        before = items(cloud)
        assert post(scope={"isrcs": ["GBAYE0000351"]}, source="historical")[0] == 503
        assert items(cloud) == before


def test_our_own_engine_is_free(post: Ask, library: Any, closed_till: Closed) -> None:
    library(1)
    assert post(scope=LIBRARY, source="current")[0] == 202
    assert closed_till.asked == []


def test_a_wrong_request_is_400_before_it_is_402(post: Ask, closed_till: Closed) -> None:
    assert post(scope={"isrcs": ["x"]}, source="historical")[0] == 400
    assert post(scope=LIBRARY, source="historical")[0] == 400
    assert closed_till.asked == []


@pytest.mark.parametrize(
    "place",
    [
        "measurement_rows.MeasurementRows.measurable",
        "measure_queue.MeasureQueue.put",
        "measure_queue.MeasureQueue.put_job",
    ],
)
def test_a_fault_of_a_table_is_503(
    post: Ask, library: Any, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise Transient("Not now.")

    library(1)
    monkeypatch.setattr(f"unplugd.aws.{place}", fail)
    status, answer = post(scope=LIBRARY, source="current")
    assert (status, answer["error"]) == (503, "try_again")


def test_a_call_that_died_after_its_rows_can_be_made_again(
    cloud: Cloud, post: Ask, library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise Transient("Not now.")

    library(2)
    with monkeypatch.context() as patch:
        patch.setattr("unplugd.aws.measure_queue.MeasureQueue.put_job", fail)
        post(scope=LIBRARY, source="current")
    status, answer = post(scope=LIBRARY, source="current")
    assert (status, answer["songs"], len(rows(cloud))) == (202, 2, 2)
    assert f"job#{answer['id']}" in items(cloud)
