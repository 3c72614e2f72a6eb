"""docs/who-may.md: who may call which route.

The table's rows are the templates' routes. tests/e2e/test_who_may.py sends each bad token to each of them."""

from __future__ import annotations

from reference.routes import routes
from unplugd.domain import personal_data

# Name of a bad token → what it is. The test makes each of them.
REFUSED = {
    "no token": "no Authorization header, no `?token=`",
    "not a token": "any text",  # pragma: allowlist secret - a description
    "expired": "an ID token past its `exp`",
    "other pool": "a valid ID token of another user pool",
    "wrong iss": "signed by our pool's key, with another issuer",
    "wrong aud": "a valid ID token for another client of our pool",
    "access token": "a valid access token of the same user",  # pragma: allowlist secret - a description
    "alg none": "the user's claims, unsigned",
    "HS256": "the user's claims, signed with the public key as if it were a shared secret",
    "unknown kid": "signed by a key that the pool does not list",
    "other key": "signed by another key, under a `kid` that the pool does list",
    "altered": "a valid token whose `sub` was changed to another user's",
}
# A valid token of another user.
STRANGER = "another user"

_HEAD = """\
# Who may call what

`make reference` generates this page from the templates' routes and the cases of `tests/e2e/test_who_may.py`. The test
sends each case to the running stack, so a new route is tested and listed automatically. A refusal changes nothing (the
test compares tables, buckets and users), is never a 5xx, and has the CORS header, so that a browser can read it.

| token | what it is |
|---|---|
"""
_NOTES = """
A 404 is the same for another user's song and for one that does not exist. Preflights (`OPTIONS`) need no token and say
what the app's origin may do. `tests/handlers/realtime/test_connect.py` tests the rotation and the outage of the key
server: `$connect` answers 503 while it has no keys at all.

The gateway checks signature, issuer and time. The function's edge checks that the token is an ID token for this app's
client; for the WebSocket it checks everything.
"""

_STORED = """
## What is stored about a person

`functions/unplugd/domain/personal_data.py` lists it for each room. Export, deletion and the sweeper read that list, and
`tests/contracts/test_personal_data.py` compares it with the templates and the web app.

| room | where | what | removed by |
|---|---|---|---|
"""


def page() -> str:
    """The page, as Markdown."""
    head = _HEAD + "".join(f"| {name} | {what} |\n" for name, what in REFUSED.items())
    rows = [(str(route), "404" if route.path_parameters else "own data only") for route in routes()]
    rows.append(("WebSocket `$connect`", "own data only"))
    table = [f"| route | any of these tokens | {STRANGER} |", "|---|---|---|"]
    table += [f"| {name} | 401 | {stranger} |" for name, stranger in rows]
    return head + "\n" + "\n".join(table) + "\n" + _NOTES + _personal_data()


def _personal_data() -> str:
    rows = [
        (room.name, *place)
        for room in personal_data.ROOMS
        for place in (
            *((f"table {rows.table}", rows.what, rows.removed_by) for rows in room.rows),
            *(
                (f"bucket, `{folder.root}{{userId}}/`", folder.what, "DELETE /account")
                for folder in room.files
            ),
            *((f"browser, {store.kind} `{store.name}`", store.what, "the web app") for store in room.browser),
        )
    ]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return _STORED + table
