"""The wake-up queue. A message says nothing but: look at the queue."""

from __future__ import annotations

from typing import Any

from unplugd.aws.clients import passing_faults


class WakeQueue:
    """SQS, carrying wake-ups for the starter."""

    def __init__(self, client: Any, url: str) -> None:
        self._sqs = client
        self._url = url

    def wake(self) -> None:
        """Send one wake-up. Doubled ones are harmless."""
        with passing_faults("queue the song"):
            self._sqs.send_message(QueueUrl=self._url, MessageBody='{"wake": true}')
