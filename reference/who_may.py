"""docs/who-may.md: who is let in where. The table's rows are the templates' routes, its columns are what
tests/e2e/test_who_may.py really sends."""

from __future__ import annotations

from reference.routes import routes

# What somebody brings instead of an ID token of their own → what it is. The test makes each of them.
REFUSED = {
    "no token": "no Authorization header, no `?token=`",
    "not a token": "some text",
    "expired": "an ID token past its `exp`",
    "other pool": "a good ID token of another user pool",
    "wrong iss": "signed by our pool's key, in another issuer's name",
    "wrong aud": "a good ID token for another client of our pool",
    "access token": "a good access token of the same person",
    "alg none": "the person's claims, unsigned",
    "HS256": "the person's claims, signed with the public key as if it were a shared secret",
    "unknown kid": "signed by a key that the pool does not list",
    "other key": "signed by another key, under a `kid` that the pool does list",
    "altered": "a good token whose `sub` was changed to another person's",
}
# A token that is good, and somebody else's.
STRANGER = "another person"

_HEAD = """\
# Who may

Made by `make reference` from the templates' routes and from the cases of `tests/e2e/test_who_may.py`, which sends each
of them to the running stack: a new route is tested and listed here automatically. A refusal leaves no
trace (the test compares tables, buckets and people), is never a 5xx, and carries the CORS header, so that a browser can
read it.

| brought | what it is |
|---|---|
"""
_NOTES = """
A 404 says the same of another person's song and of one that never was. Preflights (`OPTIONS`) need no token and say
what the app's origin may do. The rotation and the outage of the key server are tested in
`tests/handlers/realtime/test_connect.py`: $connect answers 503 while it has no keys at all.

The gateway checks signature, issuer and time. That it is an ID token, made for this app's client, is checked by the
function's edge, which also does all of it for the WebSocket.
"""


def page() -> str:
    """The page, as Markdown."""
    head = _HEAD + "".join(f"| {name} | {what} |\n" for name, what in REFUSED.items())
    rows = [(str(route), "404" if route.path_parameters else "their own only") for route in routes()]
    rows.append(("WebSocket `$connect`", "their own only"))
    columns = ["route", *REFUSED, STRANGER]
    table = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    for name, stranger in rows:
        table.append(f"| {name} | {' | '.join(['401'] * len(REFUSED))} | {stranger} |")
    return head + "\n" + "\n".join(table) + "\n" + _NOTES
