"""The state machine: starting an execution, and asking whether one still runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from unplugd.aws.clients import is_code, passing_faults

# A stored ARN may be damaged: what Step Functions cannot parse does not run.
_NO_SUCH_EXECUTION = ("ExecutionDoesNotExist", "InvalidArn", "ValidationException")


class Executions:
    """Executions of the processing state machine."""

    def __init__(self, client: Any, state_machine_arn: str) -> None:
        self._sfn = client
        self._machine = state_machine_arn

    def _is_ours(self, execution_arn: str) -> bool:
        return execution_arn.startswith(self.arn(""))

    def arn(self, name: str) -> str:
        """The ARN an execution of that name has: known before it is started."""
        return self._machine.replace(":stateMachine:", ":execution:") + f":{name}"

    def start(self, name: str, payload: Mapping[str, Any]) -> None:
        """Start execution `name`. One that was already started under this name is left alone: that is the point of
        a name made from song and attempt."""
        try:
            with passing_faults("start processing"):
                self._sfn.start_execution(stateMachineArn=self._machine, name=name, input=json.dumps(payload))
        except Exception as error:
            if not is_code(error, "ExecutionAlreadyExists"):
                raise

    def stop(self, execution_arn: str) -> None:
        """Stop an execution and its task. One that has ended, or cannot exist, is fine."""
        if not self._is_ours(execution_arn):
            return
        try:
            with passing_faults("stop the song"):
                self._sfn.stop_execution(executionArn=execution_arn, error="Cancelled", cause="By its owner")
        except Exception as error:
            if not is_code(error, *_NO_SUCH_EXECUTION):
                raise

    def running(self) -> frozenset[str]:
        """The ARNs of all executions that run, 1,000 a call. A new one may be missing for a moment."""
        running: set[str] = set()
        more: dict[str, Any] = {}
        while True:
            with passing_faults("look after the running songs"):
                got = self._sfn.list_executions(
                    stateMachineArn=self._machine, statusFilter="RUNNING", maxResults=1000, **more
                )
            running.update(execution["executionArn"] for execution in got["executions"])
            if not got.get("nextToken"):
                return frozenset(running)
            more = {"nextToken": got["nextToken"]}

    def status(self, execution_arn: str) -> str | None:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED; None when there is no such execution."""
        if not self._is_ours(execution_arn):
            return None
        try:
            with passing_faults("look after a running song"):
                return str(self._sfn.describe_execution(executionArn=execution_arn)["status"])
        except Exception as error:
            if is_code(error, *_NO_SUCH_EXECUTION):
                return None
            raise
