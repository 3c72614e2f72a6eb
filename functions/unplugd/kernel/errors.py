"""The errors a use case may raise. The edges turn them into HTTP statuses, frames, or names the ASL retries on."""

from __future__ import annotations

from typing import Any


class AppError(Exception):
    """An error that the caller sees: a stable `code`, one `message` a person can act on, optional `details`."""

    status = 400
    code = "invalid_request"

    def __init__(self, message: str, *, code: str | None = None, details: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details = details

    @property
    def more(self) -> dict[str, Any]:
        """What the answer also has."""
        return {}


class Invalid(AppError):
    """The request itself is wrong (400)."""


class Unauthorized(AppError):
    """No valid identity (401)."""

    status, code = 401, "unauthorized"


class PaymentRequired(AppError):
    """It costs money, and this person has no subscription (402). `checkout_url`: where they can get one."""

    status, code = 402, "payment_required"

    def __init__(self, message: str, *, checkout_url: str) -> None:
        super().__init__(message)
        self.checkout_url = checkout_url

    @property
    def more(self) -> dict[str, Any]:
        return {"checkoutUrl": self.checkout_url}


class Forbidden(AppError):
    """A valid identity that may not do this (403)."""

    status, code = 403, "forbidden"


class NotFound(AppError):
    """It does not exist, or belongs to another person: the two must look alike (404)."""

    status, code = 404, "not_found"


class Conflict(AppError):
    """The thing is not in a state that allows this (409)."""

    status, code = 409, "conflict"


class Changed(Conflict):
    """Another call was faster (409). The answer also has what it changed, as it is now."""

    code = "changed"

    def __init__(self, message: str, **now: Any) -> None:
        super().__init__(message)
        self.now = now

    @property
    def more(self) -> dict[str, Any]:
        return self.now


class TooLarge(AppError):
    """Over a size limit (413)."""

    status, code = 413, "too_large"


class UnsupportedType(AppError):
    """A content type we do not take (415)."""

    status, code = 415, "unsupported_type"


class TooMany(AppError):
    """More of something than one person may have at once (429)."""

    status, code = 429, "too_many"


class QuotaUsed(TooMany):
    """A person used up what they may use in a period (429). The answer also says when it ends."""

    code = "quota_used"

    def __init__(self, message: str, *, ends_at: str) -> None:
        super().__init__(message)
        self.ends_at = ends_at

    @property
    def more(self) -> dict[str, Any]:
        return {"endsAt": self.ends_at}


class Transient(AppError):
    """A fault that a later try may not meet (503). The state machine retries on this class's name."""

    status, code = 503, "try_again"
