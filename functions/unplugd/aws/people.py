"""The user pool: whose sign-in exists."""

from __future__ import annotations

from typing import Any

from unplugd.aws.clients import is_code, passing_faults


class UserPool:
    """Cognito's user pool. A user's name in it is the `sub` of their tokens."""

    def __init__(self, client: Any, pool_id: str) -> None:
        self._cognito = client
        self._pool = pool_id

    def remove(self, user_id: str) -> None:
        """Delete a person's sign-in; deleting it twice is fine. Tokens already given out end by themselves."""
        try:
            with passing_faults("delete the account"):
                self._cognito.admin_delete_user(UserPoolId=self._pool, Username=user_id)
        except Exception as error:
            if not is_code(error, "UserNotFoundException"):
                raise
