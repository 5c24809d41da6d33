"""SQL that runs for every message, handed to the driver without SQLAlchemy in between.

SQLAlchemy's way through a text statement costs more than twice the driver's own; what runs a few
times a second may take it, what runs for every message should not. The driver prepares a statement
once a connection and keeps it.
"""

import re
from collections.abc import Mapping
from typing import Any

import asyncpg

from shared.db import Transaction, driver

_NAME = re.compile(r"(?<![:\w]):([a-z_]+)\b")


class Row(asyncpg.Record):  # type: ignore[misc] # asyncpg tells no types
    """A row whose columns are attributes too, as SQLAlchemy's are."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Statement:
    """A statement with parameters as `:name`.

    Unlike SQLAlchemy's, a parameter has no type but what its place gives it: one that stands alone
    in a list of columns is a text, so cast it.
    """

    def __init__(self, sql: str) -> None:
        self._names = tuple(dict.fromkeys(_NAME.findall(sql)))
        numbers = {name: f"${n}" for n, name in enumerate(self._names, start=1)}
        self.sql = _NAME.sub(lambda found: numbers[found[1]], sql)

    async def rows(self, tx: Transaction, values: Mapping[str, Any]) -> list[Row]:
        """Run it in this transaction. Raises what asyncpg raises."""
        given = (values[name] for name in self._names)
        found: list[Row] = await driver(tx).fetch(self.sql, *given, record_class=Row)
        return found
