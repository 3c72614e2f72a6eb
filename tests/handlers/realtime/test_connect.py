"""WebSocket $connect."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud, event

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set(*named: tuple[str, rsa.RSAPrivateKey]) -> dict[str, Any]:
    to_jwk = jwt.algorithms.RSAAlgorithm.to_jwk
    return {
        "keys": [
            json.loads(to_jwk(key.public_key())) | {"kid": kid, "use": "sig", "alg": "RS256"}
            for kid, key in named
        ]
    }


def token(*, key: Any = KEY, kid: str = "one", algorithm: str = "RS256", **changes: Any) -> str:
    claims = {
        "sub": OWNER,
        "iss": CHOSEN["TOKEN_ISSUER"],
        "aud": CHOSEN["TOKEN_AUDIENCE"],
        "token_use": "id",
        "exp": int(time.time()) + 3600,
    }
    claims = {k: v for k, v in (claims | changes).items() if v is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The user pool's key set, and how often it was fetched; set `down` for an outage."""
    pool: dict[str, Any] = {"set": key_set(("one", KEY)), "fetched": 0, "down": False}

    def fetch(_url: str) -> dict[str, Any]:
        pool["fetched"] += 1
        if pool["down"]:
            raise OSError("unreachable")
        return pool["set"]  # type: ignore[no-any-return]

    from unplugd.aws.tokens import TokenVerifier

    monkeypatch.setitem(TokenVerifier.__init__.__kwdefaults__, "fetch", fetch)
    return pool


def connect(cloud: Cloud, query: dict[str, str] | None) -> int:
    trigger = event("realtime", "connect")
    trigger["queryStringParameters"] = query
    return int(cloud.call("realtime", "connect", trigger)["statusCode"])


def rows(cloud: Cloud) -> list[dict[str, Any]]:
    return cloud.db.scan(TableName=CHOSEN["CONNECTIONS_TABLE"])["Items"]  # type: ignore[no-any-return]


def test_a_valid_id_token_is_let_in_for_two_hours_at_most(cloud: Cloud, keys: Any) -> None:
    assert connect(cloud, {"token": token(exp=int(time.time()) + 86_400)}) == 200
    (row,) = rows(cloud)
    assert row["userId"]["S"] == OWNER
    assert 7190 < int(row["ttl"]["N"]) - time.time() <= 7200


def test_a_connection_ends_with_its_token(cloud: Cloud, keys: Any) -> None:
    assert connect(cloud, {"token": token(exp=int(time.time()) + 60)}) == 200
    assert int(rows(cloud)[0]["ttl"]["N"]) - time.time() <= 60


def test_one_person_may_have_so_many_open_and_no_more(
    cloud: Cloud, keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that have expired do not count: DynamoDB removes them when it finds the time."""
    monkeypatch.setattr("unplugd.realtime.service.MAX_CONNECTIONS", 2)
    cloud.connect("expired", expires_at=int(time.time()) - 1)
    cloud.connect("one")
    cloud.connect("theirs", STRANGER)
    assert connect(cloud, {"token": token()}) == 200
    before = rows(cloud)
    trigger = event("realtime", "connect")
    trigger["requestContext"]["connectionId"] = "one-too-many"
    trigger["queryStringParameters"] = {"token": token()}
    assert cloud.call("realtime", "connect", trigger)["statusCode"] == 429
    assert rows(cloud) == before
    assert connect(cloud, {"token": token(sub=STRANGER)}) == 200


def _none() -> str:
    _head, body, _ = token().split(".")
    bare = base64.urlsafe_b64encode(b'{"alg":"none","kid":"one"}').decode().rstrip("=")
    return f"{bare}.{body}."


def _altered() -> str:
    head, _body, signature = token().split(".")
    forged = jwt.encode({"sub": "someone"}, "x" * 32, algorithm="HS256").split(".")[1]
    return f"{head}.{forged}.{signature}"


def _hs256() -> str:
    """Signed by hand: a library would refuse to take a public key for a shared secret."""
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    body = token().split(".")[1]
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    signature = hmac.digest(pem, f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


REFUSED: dict[str, Callable[[], str]] = {
    "expired": lambda: token(exp=int(time.time()) - 10),
    "no expiry": lambda: token(exp=None),
    "other issuer": lambda: token(iss="https://issuer.example/other"),
    "other client": lambda: token(aud="other"),
    "access token": lambda: token(token_use="access"),
    "no use": lambda: token(token_use=None),
    "other key": lambda: token(key=OTHER_KEY),
    "unknown kid": lambda: token(kid="two", key=OTHER_KEY),
    "alg none": _none,
    "HS256 with the public key": _hs256,
    "altered payload": _altered,
    "no token at all": lambda: "abc",
    "empty": lambda: "",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_any_other_token_is_401_and_leaves_nothing(cloud: Cloud, keys: Any, kind: str) -> None:
    assert connect(cloud, {"token": REFUSED[kind]()}) == 401
    assert rows(cloud) == []


def test_no_query_is_401(cloud: Cloud, keys: Any) -> None:
    assert connect(cloud, None) == 401


def test_a_token_never_reaches_the_log(
    cloud: Cloud, keys: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = token(), token(kid="two", key=OTHER_KEY)
    connect(cloud, {"token": good})
    connect(cloud, {"token": bad})
    output = capsys.readouterr()
    logged = output.out + output.err + caplog.text + str([vars(r) for r in caplog.records])
    for secret in (good, bad):
        assert secret not in logged
        assert secret.split(".")[2] not in logged


def test_keys_rotate_and_unknown_keys_cause_no_fetches(keys: Any) -> None:
    from unplugd.aws.tokens import LOOK_AGAIN_AFTER_S, TokenVerifier
    from unplugd.kernel.errors import Unauthorized

    clock = [0.0]
    verifier = TokenVerifier(
        issuer=CHOSEN["TOKEN_ISSUER"],
        audience=CHOSEN["TOKEN_AUDIENCE"],
        jwks_url="http://127.0.0.1:1/",
        monotonic=lambda: clock[0],
    )
    assert verifier.verify(token()).user_id == OWNER
    for n in range(50):  # invented kids
        with pytest.raises(Unauthorized):
            verifier.verify(token(kid=f"made-up-{n}", key=OTHER_KEY))
    assert keys["fetched"] == 1
    keys["set"] = key_set(("two", OTHER_KEY))
    clock[0] += LOOK_AGAIN_AFTER_S + 1
    assert verifier.verify(token(kid="two", key=OTHER_KEY)).user_id == OWNER
    assert keys["fetched"] == 2
    with pytest.raises(Unauthorized):
        verifier.verify(token())  # the retired key


def test_an_outage_of_the_key_server_keeps_known_keys_working(cloud: Cloud, keys: Any) -> None:
    from unplugd.aws.tokens import REFRESH_AFTER_S, TokenVerifier
    from unplugd.kernel.errors import Transient

    clock = [0.0]
    verifier = TokenVerifier(
        issuer=CHOSEN["TOKEN_ISSUER"],
        audience=CHOSEN["TOKEN_AUDIENCE"],
        jwks_url="http://127.0.0.1:1/",
        monotonic=lambda: clock[0],
    )
    keys["down"] = True
    with pytest.raises(Transient):
        verifier.verify(token())
    assert connect(cloud, {"token": token()}) == 503
    keys["down"] = False
    verifier.verify(token())
    keys["down"] = True
    clock[0] += REFRESH_AFTER_S + 1
    assert verifier.verify(token()).user_id == OWNER
