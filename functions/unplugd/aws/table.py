"""One DynamoDB table: the calls that all adapters make, with boto3's own serializer and conditions.

Values go in as plain Python values. They come out in DynamoDB's own form (`{"S": "text"}`), which `aws/rows.py` reads
with care: a row may hold anything. Every call says what it is `doing`, for the sentence of a passing fault. A write
whose condition does not hold changes nothing and answers False or None; any other refusal is raised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from unplugd.aws.clients import is_code, passing_faults
from unplugd.kernel.errors import Transient

Row = dict[str, Any]
ROWS_A_BATCH = 25  # the most that one BatchWriteItem takes
_BATCH_TRIES = 8


def attr(name: str) -> Any:
    """An attribute in a condition: `attr("status").eq("QUEUED") & attr("title").not_exists()`."""
    from boto3.dynamodb.conditions import Attr

    return Attr(name)


def key(name: str) -> Any:
    """A key attribute in the condition of a query."""
    from boto3.dynamodb.conditions import Key

    return Key(name)


def equal(values: Mapping[str, Any]) -> Any:
    """The condition that each attribute has this value; None: that it does not exist. None for no attributes."""
    whole = None
    for name, value in values.items():
        one = attr(name).not_exists() if value is None else attr(name).eq(value)
        whole = one if whole is None else whole & one
    return whole


def serialized(values: Mapping[str, Any]) -> Row:
    """Plain values in DynamoDB's own form. None is left out; a float keeps three decimals."""
    from boto3.dynamodb.types import TypeSerializer

    serialize = TypeSerializer().serialize
    return {name: serialize(_storable(value)) for name, value in values.items() if value is not None}


def plain(stored: Mapping[str, Any] | None) -> Any:
    """A stored value of any type as a plain one."""
    from boto3.dynamodb.types import TypeDeserializer

    return None if stored is None else TypeDeserializer().deserialize(stored)


def _storable(value: Any) -> Any:
    return Decimal(str(round(value, 3))) if isinstance(value, float) else value


class Table:
    """A table by its name; `keys` are the names of its key attributes, in order."""

    def __init__(self, client: Any, name: str, *keys: str) -> None:
        self._db = client
        self._name = name
        self._keys = keys

    def get(self, *values: str, doing: str) -> Row | None:
        """The row under a key (a consistent read), or None."""
        with passing_faults(doing):
            answer = self._db.get_item(TableName=self._name, Key=self._key(values), ConsistentRead=True)
        row: Row | None = answer.get("Item")
        return row

    def put(self, item: Mapping[str, Any], *, doing: str) -> None:
        """Write a whole row over what may be there."""
        with passing_faults(doing):
            self._db.put_item(TableName=self._name, Item=serialized(item))

    def put_if_absent(self, item: Mapping[str, Any], *, doing: str) -> bool:
        """Write a new row; False when there is one under its key."""
        absent = _expression(ConditionExpression=attr(self._keys[-1]).not_exists())
        with _conditional(doing) as met:
            self._db.put_item(TableName=self._name, Item=serialized(item), **absent)
        return bool(met)

    def put_or_find(self, item: Mapping[str, Any], *, doing: str) -> Row | None:
        """Write a new row and answer None; or answer the row that is there under its key, and change nothing."""
        absent = _expression(ConditionExpression=attr(self._keys[-1]).not_exists())
        absent["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        try:
            with passing_faults(doing):
                self._db.put_item(TableName=self._name, Item=serialized(item), **absent)
        except Exception as error:
            if not is_code(error, "ConditionalCheckFailedException"):
                raise
            found: Row = getattr(error, "response", {}).get("Item", {})
            return found
        return None

    def change(
        self,
        *values: str,
        changes: Mapping[str, Any],
        add: Mapping[str, int | set[int] | set[str]] | None = None,
        drop: Mapping[str, set[int]] | None = None,
        when: Any = None,
        doing: str,
    ) -> Row | None:
        """Set attributes (None removes one), `add` to numbers and sets and `drop` from sets, if the row exists and
        `when` holds. The row as it is then, or None."""
        exists = attr(self._keys[-1]).exists()
        condition = exists if when is None else exists & when
        answer: Row = {}
        with _conditional(doing):
            answer = self._db.update_item(
                ReturnValues="ALL_NEW", **self._update(values, changes, add or {}, drop or {}, condition)
            )
        return answer.get("Attributes")

    def _update(
        self,
        values: Sequence[str],
        changes: Mapping[str, Any],
        add: Mapping[str, Any],
        drop: Mapping[str, Any],
        when: Any,
    ) -> Row:
        """The parameters of an update, without those of its answer."""
        sets = {name: value for name, value in changes.items() if value is not None}
        removes = [name for name, value in changes.items() if value is None]
        clauses = [
            "SET " + ", ".join(f"#{name} = :{name}" for name in sets) if sets else "",
            "REMOVE " + ", ".join(f"#{name}" for name in removes) if removes else "",
            "ADD " + ", ".join(f"#{name} :{name}" for name in add) if add else "",
            "DELETE " + ", ".join(f"#{name} :{name}" for name in drop) if drop else "",
        ]
        call = _expression(ConditionExpression=when)
        call["ExpressionAttributeNames"] |= {f"#{name}": name for name in [*changes, *add, *drop]}
        bound = serialized({f":{name}": value for name, value in {**sets, **add, **drop}.items()})
        if given := call.get("ExpressionAttributeValues", {}) | bound:
            call["ExpressionAttributeValues"] = given
        return call | {
            "TableName": self._name,
            "Key": self._key(values),
            "UpdateExpression": " ".join(filter(None, clauses)),
        }

    def delete(self, *values: str, doing: str) -> None:
        """Remove a row; removing it twice is fine."""
        with passing_faults(doing):
            self._db.delete_item(TableName=self._name, Key=self._key(values))

    def delete_if(self, *values: str, when: Any, doing: str) -> bool:
        """Remove a row if `when` holds."""
        with _conditional(doing) as met:
            self._db.delete_item(
                TableName=self._name, Key=self._key(values), **_expression(ConditionExpression=when)
            )
        return bool(met)

    def delete_all(self, keys: Sequence[Sequence[str]], *, doing: str) -> None:
        """Remove rows by their keys, many in one call. `Transient` when DynamoDB leaves some of them each time."""
        for start in range(0, len(keys), ROWS_A_BATCH):
            requests = [
                {"DeleteRequest": {"Key": self._key(values)}} for values in keys[start : start + ROWS_A_BATCH]
            ]
            left: Row = {self._name: requests}
            with passing_faults(doing):
                for _ in range(_BATCH_TRIES):
                    left = self._db.batch_write_item(RequestItems=left).get("UnprocessedItems") or {}
                    if not left:
                        break
            if left:
                raise Transient(f"Could not {doing} just now. Please try again.")

    def replace(self, *values: str, when: Any, by: Mapping[str, Any], doing: str) -> bool:
        """Remove a row if `when` holds, and write the row `by` under another key, in one transaction."""
        remove = {"TableName": self._name, "Key": self._key(values), **_expression(ConditionExpression=when)}
        put = {"TableName": self._name, "Item": serialized(by)}
        with _conditional(doing, "TransactionCanceledException") as met:
            self._db.transact_write_items(TransactItems=[{"Delete": remove}, {"Put": put}])
        return bool(met)

    def put_both(self, item: Mapping[str, Any], other: Mapping[str, Any], *, when: Any, doing: str) -> bool:
        """Write a new row, and the row `other` if `when` holds of the one in its place, in one transaction. False, and
        nothing is written, when that does not hold, there is a row under the first key, or another call writes one of
        them at this moment."""
        absent = _expression(ConditionExpression=attr(self._keys[-1]).not_exists())
        put = {"TableName": self._name, "Item": serialized(item), **absent}
        also = {"TableName": self._name, "Item": serialized(other), **_expression(ConditionExpression=when)}
        with _conditional(doing, "TransactionCanceledException") as met:
            self._db.transact_write_items(TransactItems=[{"Put": put}, {"Put": also}])
        return bool(met)

    # One write of `together`. Each may have a condition; a key may come in one of them only.

    def new_row(self, item: Mapping[str, Any]) -> Row:
        """Write a row where there is none."""
        absent = _expression(ConditionExpression=attr(self._keys[-1]).not_exists())
        return {"Put": {"TableName": self._name, "Item": serialized(item), **absent}}

    def changed_row(
        self,
        *values: str,
        changes: Mapping[str, Any],
        add: Mapping[str, int | set[int]] | None = None,
        when: Any = None,
    ) -> Row:
        """Set attributes (None removes one) and `add` to numbers and sets, if `when` holds; without it, also of a
        row that does not exist."""
        return {"Update": self._update(values, changes, add or {}, {}, when)}

    def together(self, writes: Sequence[Row], *, doing: str) -> bool:
        """Make all of up to 100 writes, or none. False when a condition does not hold, and when another transaction is
        at one of the rows at this moment: look at the rows to tell."""
        with _conditional(doing, "TransactionCanceledException") as met:
            self._db.transact_write_items(TransactItems=list(writes))
        return bool(met)

    def get_all(self, keys: Sequence[Sequence[str]], *, doing: str) -> list[Row]:
        """The rows under up to 100 different keys (a consistent read), in no order; those that exist. `Transient` when
        DynamoDB leaves some of them each time."""
        left: Row = {self._name: {"Keys": [self._key(values) for values in keys], "ConsistentRead": True}}
        found: list[Row] = []
        with passing_faults(doing):
            for _ in range(_BATCH_TRIES if keys else 0):
                answer = self._db.batch_get_item(RequestItems=left)
                found += answer["Responses"].get(self._name, [])
                left = answer.get("UnprocessedKeys") or {}
                if not left:
                    return found
        if keys:
            raise Transient(f"Could not {doing} just now. Please try again.")
        return found

    def pages(
        self,
        condition: Any,
        *,
        index: str | None = None,
        only: Any = None,
        after: Mapping[str, str] | None = None,
        doing: str,
        **how: Any,
    ) -> Iterator[Row]:
        """The answers of a Query, one a page. `only` filters what was read, `after` is the key to begin behind, `how`
        are further parameters of the call (Limit, Select, ScanIndexForward)."""
        query = how | {"TableName": self._name}
        query |= _expression(KeyConditionExpression=condition, FilterExpression=only)
        query |= {"IndexName": index} if index else {}
        query |= {"ExclusiveStartKey": serialized(after)} if after else {}
        return self._all(self._db.query, query, doing)

    def scan(self, *, after: Mapping[str, str] | None = None, doing: str, **how: Any) -> Iterator[Row]:
        """Every row (a consistent read), or those behind the key `after`. `how`: as for `pages`."""
        asked = how | {"TableName": self._name, "ConsistentRead": True}
        asked |= {"ExclusiveStartKey": serialized(after)} if after else {}
        for page in self._all(self._db.scan, asked, doing):
            yield from page["Items"]

    @staticmethod
    def _all(call: Any, asked: Row, doing: str) -> Iterator[Row]:
        while True:
            with passing_faults(doing):
                page = call(**asked)
            yield page
            if not page.get("LastEvaluatedKey"):
                return
            asked = asked | {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _key(self, values: Sequence[str]) -> Row:
        return serialized(dict(zip(self._keys, values, strict=True)))


def _expression(**conditions: Any) -> Row:
    """The parameters of a call for conditions by the names of those parameters; None is left out."""
    from boto3.dynamodb.conditions import ConditionExpressionBuilder

    builder = ConditionExpressionBuilder()
    call: Row = {}
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    for parameter, condition in conditions.items():
        if condition is not None:
            built = builder.build_expression(
                condition, is_key_condition=parameter == "KeyConditionExpression"
            )
            call[parameter] = built.condition_expression
            names |= built.attribute_name_placeholders
            values |= built.attribute_value_placeholders
    return (
        call
        | {"ExpressionAttributeNames": names}
        | ({"ExpressionAttributeValues": serialized(values)} if values else {})
    )


@contextmanager
def _conditional(doing: str, refused: str = "ConditionalCheckFailedException") -> Iterator[list[bool]]:
    """Yields a list that holds True once the call is done, and stays empty when its condition did not hold."""
    met: list[bool] = []
    try:
        with passing_faults(doing):
            yield met
        met.append(True)
    except Exception as error:
        if not is_code(error, refused):
            raise
