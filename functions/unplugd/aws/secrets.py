"""A secret of Secrets Manager."""

from __future__ import annotations

import time
from typing import Any

from unplugd.aws.clients import passing_faults

KEPT_S = 300.0  # a secret that was changed is used after this time at the latest


class Secret:
    """One secret by its name. It is read when first used, and again after KEPT_S."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name
        self._value = ""
        self._read_at = float("-inf")

    def __call__(self) -> str:
        """Its text."""
        if time.monotonic() - self._read_at > KEPT_S:
            with passing_faults("read a setting"):
                self._value = str(self._client.get_secret_value(SecretId=self._name)["SecretString"]).strip()
            self._read_at = time.monotonic()
        return self._value
