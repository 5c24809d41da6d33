"""Rows and dataclasses, by way of JSON: a batch of rows is one parameter."""

from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

import msgspec
from sqlalchemy import TextClause

from shared.db import Transaction

T = TypeVar("T")


@cache
def columns(row: type) -> tuple[str, ...]:
    """The columns of a table whose rows are this dataclass."""
    return tuple(field.name for field in fields(row))


def packed(rows: Any) -> str:
    """Rows, or one, as the JSON that `jsonb_populate_recordset` or its like for one reads."""
    return msgspec.json.encode(rows).decode()


async def read(tx: Transaction, row: type[T], statement: TextClause, **values: Any) -> list[T]:
    """The rows of a statement that selects one JSON object a row."""
    decoder = msgspec.json.Decoder(row)
    found: Iterable[str] = (await tx.execute(statement, values)).scalars()
    return [decoder.decode(each) for each in found]


def insert_into(table: str, row: type, *more: str) -> str:
    """Insert rows in the order of the primary key (store and id); what is there stays.

    Takes `rows`; returns a row for each that was inserted.
    """
    names = ", ".join((*columns(row), *more))
    return f"""
    INSERT INTO {table} ({names})
    SELECT {names}
    FROM jsonb_populate_recordset(cast(null AS {table}), cast(:rows AS jsonb))
    ORDER BY 1, 2
    ON CONFLICT DO NOTHING
    RETURNING 1
    """  # noqa: S608 - names of our own tables and columns
