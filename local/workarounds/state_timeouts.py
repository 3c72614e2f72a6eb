"""Symptom: a state's TimeoutSeconds cannot be a JSONata expression, and a machine's TimeoutSeconds do nothing.

An expression ended the execution with a Python type error; it is evaluated first. A state that timed out left its
work running (see `run_task_sync`); it is notified here. A machine's own TimeoutSeconds end the execution as TIMED_OUT.
"""

from __future__ import annotations

import contextvars
import json
import threading
from typing import Any

from local import upstream
from local.workarounds import Context
from local.workarounds.run_task_sync import given_up


def check() -> None:
    states = upstream.service("stepfunctions")
    names = ("_execute_task", "_invoke_resource_with_timeout", "_run_execution", "_jsonata_state_field")
    upstream.need(states, *names, "_state_query_language", "_emit_execution_status_event", by=__name__)
    upstream.need_parameters(
        states._invoke_resource_with_timeout, "resource", "input_data", "timeout", by=__name__
    )
    upstream.need_parameters(states._run_execution, "exec_arn", by=__name__)


def apply(_: Context) -> None:
    states = upstream.service("stepfunctions")
    _evaluate_expressions(states)
    _tell_abandoned_work(states)
    _end_overdue_executions(states)


def _evaluate_expressions(states: Any) -> None:
    execute_task = states._execute_task

    def execute_with_number(state_def: Any, raw_input: Any, execution: Any, ctx: Any) -> Any:
        is_expression = isinstance(state_def.get("TimeoutSeconds"), str)
        if is_expression and states._state_query_language(state_def, ctx) == "JSONata":
            seconds = states._jsonata_state_field(state_def, "TimeoutSeconds", "number", raw_input, ctx)
            state_def = {**state_def, "TimeoutSeconds": seconds}
        return execute_task(state_def, raw_input, execution, ctx)

    states._execute_task = execute_with_number


def _tell_abandoned_work(states: Any) -> None:
    invoke = states._invoke_resource_with_timeout

    def invoke_until_timeout(resource: str, input_data: Any, timeout: float) -> Any:
        event = threading.Event()
        token = given_up.set(event)
        try:
            return invoke(resource, input_data, timeout)
        finally:
            # In any case nothing waits any more; ended work does not read this.
            event.set()
            given_up.reset(token)

    states._invoke_resource_with_timeout = invoke_until_timeout


def _end_overdue_executions(states: Any) -> None:
    run = states._run_execution

    def run_until_timeout(exec_arn: str) -> None:
        execution = states._executions.get(exec_arn)
        machine = states._state_machines.get(execution["stateMachineArn"]) if execution else None
        seconds = _machine_timeout(machine)
        if not seconds:
            run(exec_arn)
            return
        context = contextvars.copy_context()
        timer = threading.Timer(seconds, context.run, (_time_out, states, execution))
        timer.daemon = True
        timer.start()
        try:
            run(exec_arn)
        finally:
            timer.cancel()

    states._run_execution = run_until_timeout


def _machine_timeout(machine: Any) -> float | None:
    try:
        return float(json.loads(machine["definition"])["TimeoutSeconds"])
    except (TypeError, KeyError, ValueError):
        return None


def _time_out(states: Any, execution: Any) -> None:
    if execution["status"] != "RUNNING":
        return
    execution["status"] = "TIMED_OUT"
    execution["stopDate"] = states.now_iso()
    execution["error"] = "States.Timeout"
    details = {"executionTimedOutEventDetails": {"error": "States.Timeout", "cause": ""}}
    states._add_event(execution, "ExecutionTimedOut", details)
    states._emit_execution_status_event(execution)
