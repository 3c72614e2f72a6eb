"""Tokens that must be refused: real ones of the wrong kind, and forged ones. The forger has what no stranger
has, the pool's own private key, so that each token is wrong in one thing only."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)


@dataclass(frozen=True)
class Pool:
    """A user pool of the local stack with one of its clients, from its administrator's side."""

    cognito: Any
    pool_id: str
    client_id: str

    def sign_in(self, name: str) -> dict[str, str]:
        """The tokens of a person, who is made where there is none yet."""
        password = f"{name}-Secret-1-{name}"
        email = f"{name}@unplugd.example"
        known = self.cognito.list_users(UserPoolId=self.pool_id, Filter=f'email = "{email}"')["Users"]
        if not known:
            self.cognito.sign_up(
                ClientId=self.client_id,
                Username=email,
                Password=password,
                UserAttributes=[{"Name": "email", "Value": email}],
            )
            self.cognito.confirm_sign_up(ClientId=self.client_id, Username=email, ConfirmationCode="123456")
        answer = self.cognito.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": password},
        )
        return dict(answer["AuthenticationResult"])

    def other_client(self) -> Pool:
        """Another client of the same pool."""
        made = self.cognito.create_user_pool_client(
            UserPoolId=self.pool_id,
            ClientName="another",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        )
        return Pool(self.cognito, self.pool_id, made["UserPoolClient"]["ClientId"])

    def another(self) -> Pool:
        """A pool of its own."""
        made = self.cognito.create_user_pool(
            PoolName="another", UsernameAttributes=["email"], AutoVerifiedAttributes=["email"]
        )
        return Pool(self.cognito, made["UserPool"]["Id"], "").other_client()


class Forger:
    """Makes each kind of token that must be refused, from one person's good ones."""

    def __init__(self, good: dict[str, str], keys: Path, pool: Pool, victim: str) -> None:
        self._good, self._pool, self._victim = good, pool, victim
        key = load_pem_private_key((keys / f"{pool.pool_id}-id.pem").read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._key = key
        self._other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._kid = jwt.get_unverified_header(good["IdToken"])["kid"]
        self._claims: dict[str, Any] = jwt.decode(good["IdToken"], options={"verify_signature": False})

    def kinds(self) -> dict[str, str | None]:
        """Kind → token."""
        made: dict[str, Callable[[], str | None]] = {
            "no token": lambda: None,
            "not a token": lambda: "let-me-in",
            "expired": lambda: self._signed(exp=int(time.time()) - 1),
            "other pool": lambda: self._pool.another().sign_in("mallory")["IdToken"],
            "wrong iss": lambda: self._signed(iss=self._claims["iss"] + "x"),
            "wrong aud": lambda: self._pool.other_client().sign_in("ann-who-may")["IdToken"],
            "access token": lambda: self._good["AccessToken"],
            "alg none": self._unsigned,
            "HS256": self._hs256,
            "unknown kid": lambda: self._signed(key=self._other_key, kid="made-up"),
            "other key": lambda: self._signed(key=self._other_key),
            "altered": self._altered,
        }
        return {kind: make() for kind, make in made.items()}

    def genuine(self) -> str:
        """A token made as all of these are, with nothing wrong: proof that the forger's tools are right."""
        return self._signed()

    def _signed(self, *, key: Any = None, kid: str | None = None, **changes: Any) -> str:
        claims = self._claims | changes
        return jwt.encode(claims, key or self._key, algorithm="RS256", headers={"kid": kid or self._kid})

    def _parts(self, algorithm: str) -> tuple[str, str]:
        head = _encoded(f'{{"alg":"{algorithm}","kid":"{self._kid}"}}'.encode())
        return head, self._good["IdToken"].split(".")[1]

    def _unsigned(self) -> str:
        return ".".join([*self._parts("none"), ""])

    def _hs256(self) -> str:
        pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        signed = ".".join(self._parts("HS256"))
        return f"{signed}.{_encoded(hmac.digest(pem, signed.encode(), 'sha256'))}"

    def _altered(self) -> str:
        head, _, signature = self._good["IdToken"].split(".")
        body = self._signed(sub=self._victim).split(".")[1]
        return f"{head}.{body}.{signature}"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
