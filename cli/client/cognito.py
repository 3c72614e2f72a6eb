"""Who the person is: sign up, confirm, sign in and stay signed in, by Cognito's public JSON API."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from cli.client.errors import ClientError, from_answer
from cli.client.transport import Transport

# A token that ends within this time is renewed first: the call it goes with may take a while.
RENEW_BEFORE_S = 120.0


class Identity:
    """One person at one app client. Keeps the tokens in memory only."""

    def __init__(
        self, transport: Transport, url: str, client_id: str, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._transport = transport
        self._url = url
        self._client_id = client_id
        self._now = now
        self._id_token: str | None = None
        self._refresh_token: str | None = None
        self._ends_at = 0.0

    def sign_up(self, email: str, password: str) -> None:
        """Make an account; Cognito then sends a code to the address."""
        attributes = [{"Name": "email", "Value": email}]
        self._call("SignUp", Username=email, Password=password, UserAttributes=attributes)

    def confirm(self, email: str, code: str) -> None:
        """Prove the address with the code."""
        self._call("ConfirmSignUp", Username=email, ConfirmationCode=code)

    def sign_in(self, email: str, password: str) -> None:
        """Get tokens by password."""
        secret = {"USERNAME": email, "PASSWORD": password}
        self._take(self._call("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=secret))

    def id_token(self) -> str:
        """A token good for the next call; renewed when it is about to end."""
        if self._id_token is None:
            raise ClientError("Sign in first.", status=401)
        if self._now() > self._ends_at - RENEW_BEFORE_S:
            self.renew()
        return self._id_token

    def renew(self) -> None:
        """Get a new token by the refresh token."""
        if self._refresh_token is None:
            raise ClientError("Your session has ended. Sign in again.", status=401)
        self._take(
            self._call(
                "InitiateAuth",
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": self._refresh_token},
            )
        )

    def _take(self, answer: dict[str, Any]) -> None:
        result = answer.get("AuthenticationResult")
        if not result:
            raise ClientError(f"This account needs another step to sign in ({answer.get('ChallengeName')}).")
        self._id_token = str(result["IdToken"])
        self._refresh_token = result.get("RefreshToken") or self._refresh_token
        self._ends_at = self._now() + float(result["ExpiresIn"])

    def _call(self, action: str, **fields: Any) -> dict[str, Any]:
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{action}",
        }
        body = json.dumps({"ClientId": self._client_id, **fields}).encode()
        answer = self._transport.send("POST", self._url, headers=headers, body=body)
        if answer.status != 200:
            raise from_answer(answer.status, answer.body, "sign in")
        parsed: dict[str, Any] = answer.json()
        return parsed
