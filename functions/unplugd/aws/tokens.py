"""Verifying a Cognito ID token where no gateway does it for us: at the WebSocket's door."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unplugd.kernel.errors import Transient, Unauthorized
from unplugd.kernel.log import logger

if TYPE_CHECKING:
    from jwt import PyJWK

REFRESH_AFTER_S = 6 * 3600  # Cognito rotates keys rarely; a retired key must not live here for ever
LOOK_AGAIN_AFTER_S = 30  # how often unknown kids may make us fetch: a stranger can invent them at will


@dataclass(frozen=True)
class Identity:
    """Who a valid token speaks for, and until when (Unix seconds)."""

    user_id: str
    expires_at: int


def fetch_key_set(url: str) -> dict[str, Any]:
    """Download a JSON Web Key Set."""
    from urllib.request import urlopen

    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise ValueError("A key set must come over TLS")
    with urlopen(url, timeout=3) as answer:  # noqa: S310 - the scheme is checked above, the URL is the template's
        found: dict[str, Any] = json.loads(answer.read(256 * 1024))
    return found


class TokenVerifier:
    """RS256 ID tokens of one user pool and client. Keys are cached, and fetched again for a kid that is not known."""

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        jwks_url: str,
        fetch: Callable[[str], dict[str, Any]] = fetch_key_set,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer, self._audience, self._url = issuer, audience, jwks_url
        self._fetch, self._monotonic = fetch, monotonic
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at: float | None = None

    def verify(self, token: str) -> Identity:
        """The identity in `token`; `Unauthorized` for any token that is not ours, valid and an ID token."""
        import jwt

        try:
            key = self._key(str(jwt.get_unverified_header(token).get("kid")))
            claims = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._audience,
                issuer=self._issuer,
                options={"require": ["exp", "iss", "aud", "sub", "token_use"]},
            )
        except jwt.PyJWTError as error:
            # The class only: a decode error's text may quote the token.
            raise Unauthorized(f"The token was refused ({type(error).__name__}).") from None
        if claims["token_use"] != "id":  # noqa: S105 - a claim, not a password
            raise Unauthorized("The token was refused (not an ID token).")
        return Identity(user_id=str(claims["sub"]), expires_at=int(claims["exp"]))

    def _key(self, kid: str) -> PyJWK:
        age_s = None if self._fetched_at is None else self._monotonic() - self._fetched_at
        if age_s is None or age_s > REFRESH_AFTER_S or (kid not in self._keys and age_s > LOOK_AGAIN_AFTER_S):
            self._refresh()
        if kid not in self._keys:
            raise Unauthorized("The token was refused (unknown key).")
        return self._keys[kid]

    def _refresh(self) -> None:
        from jwt import PyJWKSet

        try:
            self._keys = {
                key.key_id: key for key in PyJWKSet.from_dict(self._fetch(self._url)).keys if key.key_id
            }
            self._fetched_at = self._monotonic()
        except Exception as error:
            logger().warning("the key set could not be read", extra={"fault": type(error).__name__})
            if not self._keys:  # with keys in hand, an outage of the key server has no effect
                raise Transient("Tokens cannot be checked just now. Please try again.") from None
