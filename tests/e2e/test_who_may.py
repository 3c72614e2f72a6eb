"""Who may: every route of the templates and the WebSocket, with every token that must not be let in, on the real stack.

The routes are read from the templates, so a new one is tested here without anybody adding it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from cli.session import Session
from reference.examples import BODIES
from reference.routes import Route, routes
from reference.who_may import REFUSED
from tests import answers
from tests.e2e.tokens import Forger, Pool

pytestmark = pytest.mark.stack

ORIGIN = "http://localhost:5173"
ROUTES = routes()
OF_ONE_SONG = [route for route in ROUTES if route.path_parameters]


def address(path: str, song_id: str, job_id: str, session_id: str) -> str:
    """A route's path with its parameters."""
    path = path.replace("{songId}", song_id).replace("{measure}", "key").replace("{id}", job_id)
    path = path.replace("{sessionId}", session_id).replace("{reviewId}", song_id)
    return path + "?windowIndex=0" * path.endswith(("/audio", "/frames"))


@dataclass
class Door:
    """The API with two people: the owner of a song and a job, and one who is up to no good."""

    api: httpx.Client
    socket: str
    owner: dict[str, str]
    stranger: dict[str, str]
    forged: dict[str, str | None]
    genuine: str
    song_id: str
    job_id: str
    session_id: str
    look: Callable[[], Any]

    def call(self, route: Route, token: str | None, an_id: str | None = None) -> httpx.Response:
        """Call a route as it is meant to be called; `an_id`: with this one for its song, job or recording."""
        headers = {"Origin": ORIGIN} | ({"Authorization": token} if token is not None else {})
        path = address(route.path, *(an_id or its for its in (self.song_id, self.job_id, self.session_id)))
        body = BODIES.get(str(route.request_model))
        return self.api.request(route.method, path.lstrip("/"), headers=headers, json=body)


@pytest.fixture(scope="module")
def door(stack: Session, admin: Callable[[str], Any]) -> Iterator[Door]:
    outputs = stack.outputs
    pool = Pool(admin("cognito-idp"), outputs["UserPoolId"], outputs["UserPoolClientId"])
    owner, stranger = pool.sign_in("owner-who-may"), pool.sign_in("ann-who-may")
    keys = stack.data_dir / "state" / "cognito-pool-keys"
    subs = [str(_claims(one["IdToken"])["sub"]) for one in (owner, stranger)]
    forger = Forger(stranger, keys, pool, victim=subs[0])

    def look() -> Any:
        """Everything of the two that a call which must not be let in could have changed."""
        songs = outputs["SongsTableName"]
        others = ("-connections", "-measure-queue", "-sessions", "-practice", "-song-details")
        tables = [songs, *(songs.replace("-songs", name) for name in others)]
        rows = [row for name in tables for row in admin("dynamodb").scan(TableName=name)["Items"]]
        objects = [
            one["Key"]
            for name in ("UploadsBucketName", "OutputBucketName")
            for one in admin("s3").list_objects_v2(Bucket=outputs[name]).get("Contents", [])
        ]
        people = [
            one["Username"] for one in admin("cognito-idp").list_users(UserPoolId=pool.pool_id)["Users"]
        ]
        found = [json.dumps(row, sort_keys=True) for row in rows] + objects + people
        return sorted(text for text in found if any(sub in text for sub in subs))

    with httpx.Client(base_url=outputs["ApiUrl"] + "/", trust_env=False, timeout=40) as api:
        made = api.post(
            "songs/upload-url", headers={"Authorization": owner["IdToken"]}, json=BODIES["NewUpload"]
        )
        assert made.status_code == 201, made.text
        begun = api.post("sessions", headers={"Authorization": owner["IdToken"]}, json=BODIES["NewSession"])
        assert begun.status_code == 201, begun.text
        forged, genuine = forger.kinds(), forger.genuine()
        song_id = made.json()["songId"]
        asked = {"scope": {"isrcs": ["USRC17607839"]}, "source": "historical"}
        made = api.post("measurement-jobs", headers={"Authorization": owner["IdToken"]}, json=asked)
        assert made.status_code == 202, made.text
        ids = song_id, made.json()["id"], begun.json()["sessionId"]
        yield Door(api, outputs["WebSocketUrl"], owner, stranger, forged, genuine, *ids, look)


def _claims(token: str) -> dict[str, Any]:
    import jwt

    return dict(jwt.decode(token, options={"verify_signature": False}))


def handshake(door: Door, token: str | None) -> int:
    """The status that connecting to the WebSocket ends with (101: let in)."""
    url = door.socket if token is None else str(httpx.URL(door.socket, params={"token": token}))
    try:
        with connect(url, origin=ORIGIN, open_timeout=60):  # type: ignore[arg-type]
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_the_page_and_these_tests_know_the_same_kinds(door: Door) -> None:
    assert set(door.forged) == set(REFUSED)
    made = {token for token in door.forged.values() if token is not None}
    assert len(made) == len(REFUSED) - 1
    assert not made & {door.genuine, *door.owner.values()}


def test_the_forgers_tools_are_right(door: Door) -> None:
    """A token made as the refused ones are, with nothing wrong in it, is let in everywhere."""
    for route in ROUTES:
        if route.method == "GET" and not route.path_parameters:
            # A route that needs a query refuses the call itself: it let the caller in.
            assert door.call(route, door.genuine).status_code in (200, 400), route
    before = door.look()
    assert handshake(door, door.genuine) == 101
    deadline = time.monotonic() + 600  # $disconnect comes after the fact
    while door.look() != before:
        assert time.monotonic() < deadline, "the connection stays in its table"
        time.sleep(0.1)


@pytest.mark.parametrize("kind", REFUSED)
def test_a_bad_token_is_refused(kind: str, door: Door) -> None:
    """One token, every route and the WebSocket: 401 in the API's own words, readable by the browser, and no trace."""
    before = door.look()
    for route in ROUTES:
        answer = door.call(route, door.forged[kind])
        assert answer.status_code == 401, f"{route}: {answer.status_code} {answer.text}"
        assert answer.headers["access-control-allow-origin"] == ORIGIN, route
        error = answer.json()
        assert error["error"] == "unauthorized", route
        assert answers.faults({"$ref": "#/components/schemas/Error"}, error) == []
    assert handshake(door, door.forged[kind]) == 401
    assert door.look() == before


@pytest.mark.parametrize("route", OF_ONE_SONG, ids=str)
def test_another_persons_song_or_job_looks_like_none(route: Route, door: Door) -> None:
    before = door.look()
    theirs = door.call(route, door.stranger["IdToken"])
    nobodys = door.call(route, door.stranger["IdToken"], "01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json() == nobodys.json()
    assert theirs.headers["access-control-allow-origin"] == ORIGIN
    assert door.look() == before


@pytest.mark.parametrize(
    "song_id",
    ["%00", "..%2f..", "%ED%A0%80", "a" * 4000, "01j9zq4x5v8k2m3n4p5q6r7s8t", "%23deleted"],
)
@pytest.mark.parametrize("route", OF_ONE_SONG, ids=str)
def test_what_is_no_id_is_no_song_and_no_job(route: Route, song_id: str, door: Door) -> None:
    """403 where the gateway decodes it to an address that is no route."""
    answer = door.call(route, door.stranger["IdToken"], song_id)
    assert answer.status_code in (404, 403), f"{answer.status_code} {answer.text}"


def test_the_owner_reads_their_job(door: Door) -> None:
    answer = door.api.get(f"jobs/{door.job_id}", headers={"Authorization": door.owner["IdToken"]})
    assert (answer.status_code, answer.json()["id"]) == (200, door.job_id)


def test_lists_and_exports_hold_ones_own_only(door: Door) -> None:
    for path in ("songs", "account/export"):
        answer = door.api.get(path, headers={"Authorization": door.stranger["IdToken"]})
        assert answer.json()["data"] == []
        own = door.api.get(path, headers={"Authorization": door.owner["IdToken"]})
        assert door.song_id in own.text


def test_a_cursor_of_another_persons_list_is_refused(door: Door) -> None:
    """The export's cursor is a plain song id, and still pages through the caller's own songs alone."""
    headers = {"Authorization": door.stranger["IdToken"]}
    page = door.api.get("account/export", params={"cursor": door.song_id}, headers=headers)
    assert (page.status_code, page.json()["data"]) == (200, [])


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_a_preflight_needs_no_token(path: str, door: Door) -> None:
    methods = [route.method for route in ROUTES if route.path == path]
    for method in methods:
        answer = door.api.options(
            address(path, door.song_id, door.job_id, door.session_id).lstrip("/"),
            headers={
                "Origin": ORIGIN,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "authorization,content-type",
            },
        )
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert method in answer.headers["access-control-allow-methods"]
        assert {"authorization", "content-type"} <= set(
            answer.headers["access-control-allow-headers"].split(",")
        )


@pytest.mark.parametrize("body", ["", "{", "[]", '"text"', json.dumps({str(n): n for n in range(40)})])
@pytest.mark.parametrize("route", [route for route in ROUTES if route.request_model], ids=str)
def test_the_gateway_turns_away_what_is_no_object(route: Route, body: str, door: Door) -> None:
    headers = {"Authorization": door.owner["IdToken"], "Content-Type": "application/json", "Origin": ORIGIN}
    path = address(route.path, door.song_id, door.job_id, door.session_id).lstrip("/")
    answer = door.api.request(route.method, path, headers=headers, content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_the_code_still_says_what_is_wrong_with_which_field(door: Door) -> None:
    body = {"sizeBytes": "many", "contentType": "audio/mpeg", "titel": "x"}
    answer = door.api.post("songs/upload-url", headers={"Authorization": door.owner["IdToken"]}, json=body)
    assert answer.status_code == 400
    assert {fault["field"] for fault in answer.json()["details"]} == {"filename", "sizeBytes", "titel"}


def test_deleting_an_account_affects_no_other(
    door: Door, stack: Session, admin: Callable[[str], Any]
) -> None:
    outputs = stack.outputs
    pool = Pool(admin("cognito-idp"), outputs["UserPoolId"], outputs["UserPoolClientId"])
    leaver = pool.sign_in("leaver-who-may")
    answer = door.api.delete("account", headers={"Authorization": leaver["IdToken"]})
    assert answer.status_code == 200, answer.text
    assert (
        door.api.get(f"songs/{door.song_id}", headers={"Authorization": door.owner["IdToken"]}).status_code
        == 200
    )
