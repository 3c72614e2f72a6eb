"""What a client tells its person when something did not work."""

from __future__ import annotations

import json
import re


class ClientError(Exception):
    """One readable sentence; `status` and `code` for callers that decide by them."""

    def __init__(self, message: str, *, status: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code


class Unreachable(ClientError):
    """Nothing answered: the other side is down, or the way to it is."""


def from_answer(status: int, body: bytes, doing: str) -> ClientError:
    """The error of a refusing answer, with the server's own sentence if it has one."""
    text = body.decode("utf-8", "replace")
    try:
        parsed = json.loads(text)
    except ValueError:
        return _from_xml(status, text, doing)
    if not isinstance(parsed, dict):
        return ClientError(f"Could not {doing}: the server answered {status}.", status=status)
    code = parsed.get("error") or parsed.get("__type")
    message = str(parsed.get("message") or parsed.get("Message") or "")
    if not message or message.startswith("{"):  # a crash that a gateway passed on is no sentence
        message = f"Could not {doing}: the server answered {status}."
    return ClientError(message, status=status, code=str(code).rsplit("#", 1)[-1] if code else None)


def _from_xml(status: int, text: str, doing: str) -> ClientError:
    """S3 refuses in XML. Two tags are all we want of it, so no parser meets foreign XML."""
    code, message = (re.search(f"<{tag}>([^<]*)</{tag}>", text) for tag in ("Code", "Message"))
    reason = f"the storage said: {message[1]}" if message else f"the server answered {status}"
    return ClientError(
        f"Could not {doing}: {reason}.".replace("..", "."), status=status, code=code[1] if code else None
    )
