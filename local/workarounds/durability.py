"""Symptom: everything written since the last orderly stop is lost when the process is killed.

ministack saves on a graceful stop only. Here every DynamoDB item write is in a journal before it is answered, and
every other service that was touched is saved within a fraction of a second (S3 object bodies are written at once by
ministack itself). The cost and the window are in docs/local.md.
"""

from __future__ import annotations

from typing import Any

from local import upstream
from local.journal import Journal
from local.snapshots import Snapshots
from local.workarounds import Context


def check() -> None:
    dynamodb = upstream.service("dynamodb")
    names = (
        "_set_item",
        "_remove_item",
        "_items_replaced",
        "_tables",
        "_INDEX_MEMBERS",
        "load_persisted_state",
    )
    upstream.need(dynamodb, *names, by=__name__)
    upstream.need_parameters(dynamodb._set_item, "table", "pk_val", "sk_val", "item", by=__name__)
    upstream.need_parameters(dynamodb._remove_item, "table", "pk_val", "sk_val", by=__name__)
    app = upstream.module("app")
    upstream.need(app, "SERVICE_HANDLERS", "SERVICE_REGISTRY", "_build_persistence_save_dict", by=__name__)
    upstream.need(upstream.module("core.persistence"), "_json_default", "_state_format_version", by=__name__)
    upstream.need(upstream.service("stepfunctions"), "_add_event", by=__name__)


def apply(context: Context) -> None:
    if context.ephemeral:
        return
    dynamodb = upstream.service("dynamodb")
    journal = Journal(context.data.state / "journal")
    snapshots = Snapshots(context.data.state, journal)
    _write_through(dynamodb, journal, snapshots)
    _replay_after_load(dynamodb, journal)
    _watch_requests(snapshots)
    _watch_executions(snapshots)
    # ministack's own save at the end would rewrite everything without the journal knowing.
    upstream.module("app").save_all = lambda _: snapshots.save_everything()
    snapshots.start()


def _write_through(dynamodb: Any, journal: Journal, snapshots: Snapshots) -> None:
    set_item, remove_item, replaced = dynamodb._set_item, dynamodb._remove_item, dynamodb._items_replaced

    def set_and_note(table: Any, pk_val: Any, sk_val: Any, item: Any) -> Any:
        # Noted first: a write that cannot be noted must not be seen either.
        with journal.lock:
            journal.note(table["TableArn"], table.get("TableId", ""), pk_val, sk_val, item)
            return set_item(table, pk_val, sk_val, item)

    def remove_and_note(table: Any, pk_val: Any, sk_val: Any) -> Any:
        with journal.lock:
            journal.note(table["TableArn"], table.get("TableId", ""), pk_val, sk_val, None)
            return remove_item(table, pk_val, sk_val)

    def replace_and_note(table: Any) -> None:
        replaced(table)
        snapshots.tables_replaced()

    dynamodb._set_item, dynamodb._remove_item = set_and_note, remove_and_note
    dynamodb._items_replaced = replace_and_note
    journal.appliers = (set_item, remove_item)


def _replay_after_load(dynamodb: Any, journal: Journal) -> None:
    load = dynamodb.load_persisted_state

    def load_and_replay(data: Any) -> Any:
        result = load(data)
        tables = {table["TableArn"]: table for table in dynamodb._tables._data.values()}
        journal.replay(tables)
        return result

    dynamodb.load_persisted_state = load_and_replay


def _watch_requests(snapshots: Snapshots) -> None:
    app = upstream.module("app")
    for name, handler in list(app.SERVICE_HANDLERS.items()):
        app.SERVICE_HANDLERS[name] = _noting(handler, name, snapshots)


def _noting(handler: Any, service: str, snapshots: Snapshots) -> Any:
    async def handle(method: str, path: str, headers: Any, body: Any, query_params: Any) -> Any:
        try:
            return await handler(method, path, headers, body, query_params)
        finally:
            snapshots.touch(service)

    return handle


def _watch_executions(snapshots: Snapshots) -> None:
    states = upstream.service("stepfunctions")
    add_event = states._add_event

    def add_and_touch(*args: Any, **kwargs: Any) -> Any:
        result = add_event(*args, **kwargs)
        snapshots.touch("states")
        return result

    states._add_event = add_and_touch
