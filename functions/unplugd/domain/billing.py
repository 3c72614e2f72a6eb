"""Who pays: the port of a service that sells access to sources that cost money for each question."""

from __future__ import annotations

from typing import Protocol


class Billing(Protocol):
    """A service that sells access."""

    def checkout_url(self, user_id: str, email: str | None, /, *, lookups: int) -> str | None:
        """None: this person may ask for so many lookups. Else the address of a page where they can subscribe."""
        ...


class NoBilling:
    """Everybody may ask for everything: nothing is sold."""

    def checkout_url(self, _user_id: str, _email: str | None, /, *, lookups: int) -> str | None:
        del lookups
        return None
