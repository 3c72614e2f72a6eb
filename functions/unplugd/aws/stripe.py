"""Stripe: whether a person has a subscription, and the page where they can get one.

Two calls over plain HTTPS, for which Stripe's package is too large to import. A person's subscription is found by their
id in its metadata, which Checkout writes there. Stripe's search may know a new subscription up to a minute late."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from unplugd.kernel.errors import Transient
from unplugd.kernel.log import logger

TIMEOUT_S = 5.0
MAX_ANSWER_BYTES = 1 << 20
_VALID = frozenset({"active", "trialing", "past_due"})  # past_due: Stripe is still trying to collect
_BUSY = "Billing is not available just now. Please try again."


class Stripe:
    """A Stripe account that sells one price as a subscription.

    `key`: reads the secret key. `used`: how many lookups a person has asked for so far; the first `free_lookups` cost
    nothing. `trial_days`: of a person's first subscription. `return_url`: where Checkout sends a person back to."""

    def __init__(
        self,
        *,
        url: str,
        key: Callable[[], str],
        price: str,
        trial_days: int,
        free_lookups: int,
        used: Callable[[str], int],
        return_url: str,
    ) -> None:
        self._address = urlsplit(url)
        if self._address.scheme != "https" and self._address.hostname != "127.0.0.1":
            raise ValueError("Stripe is called over TLS only")
        self._key = key
        self._price = price
        self._trial_days = trial_days
        self._free_lookups = free_lookups
        self._used = used
        self._return_url = return_url

    def checkout_url(self, user_id: str, email: str | None, *, lookups: int) -> str | None:
        """None if this person may ask for so many lookups: for free, or by a subscription."""
        if self._free_lookups and self._used(user_id) + lookups <= self._free_lookups:
            return None
        had = self._subscriptions(user_id)
        if any(status in _VALID for status in had):
            return None
        return self._checkout(user_id, email, is_first=not had)

    def _subscriptions(self, user_id: str) -> list[str]:
        """The states of a person's subscriptions, the ended ones too."""
        if not re.fullmatch(r"[\w-]{1,128}", user_id, re.ASCII):
            raise ValueError("not a user id")
        query = urlencode({"query": f"metadata['userId']:'{user_id}'", "limit": 100})
        found = self._call("GET", f"/v1/subscriptions/search?{query}").get("data")
        if not isinstance(found, list):
            raise Transient(_BUSY)
        return [str(one.get("status")) for one in found if isinstance(one, dict)]

    def _checkout(self, user_id: str, email: str | None, *, is_first: bool) -> str:
        """The address of a Checkout page; within a day the same one for the same person."""
        wanted: dict[str, Any] = {
            "mode": "subscription",
            "line_items[0][price]": self._price,
            "line_items[0][quantity]": 1,
            "client_reference_id": user_id,
            "subscription_data[metadata][userId]": user_id,
            "success_url": self._return_url,
            "cancel_url": self._return_url,
        }
        if email:
            wanted["customer_email"] = email
        if is_first and self._trial_days:
            wanted |= {
                "subscription_data[trial_period_days]": self._trial_days,
                "payment_method_collection": "if_required",
                "subscription_data[trial_settings][end_behavior][missing_payment_method]": "cancel",
            }
        body = urlencode(wanted)
        # Stripe answers a repeated key with its first answer, for a day; sessions live as long.
        once = hashlib.sha256(body.encode()).hexdigest()
        url = self._call("POST", "/v1/checkout/sessions", body, {"Idempotency-Key": once}).get("url")
        if not isinstance(url, str) or not url.startswith("https://"):
            raise Transient(_BUSY)
        return url

    def _call(
        self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """One call. Redirects are not followed, so that the key goes nowhere else."""
        sent = {"Authorization": f"Bearer {self._key()}", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        kind = http.client.HTTPSConnection if self._address.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._address.hostname or "", self._address.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, self._address.path.rstrip("/") + path, body, sent)
            answer = connection.getresponse()
            raw = answer.read(MAX_ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise Transient(_BUSY) from error
        finally:
            connection.close()
        if answer.status != 200 or len(raw) > MAX_ANSWER_BYTES:
            # Without the answer's text: it may quote the key.
            logger().error(
                "Stripe refused a call", extra={"status": answer.status, "call": path.partition("?")[0]}
            )
            raise Transient(_BUSY)
        try:
            found = json.loads(raw)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Transient(_BUSY)
        return found
