"""A partition for every day of scans and requests; what fits none goes to the default one."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text

from shared.db import Transaction


@dataclass(frozen=True)
class Partitioned:
    """A table cut by day, and the column it is cut by."""

    table: str
    column: str
    has_time: bool

    def named(self, day: date) -> str:
        """The name of a day's partition."""
        return f"{self.table}_{day:%Y%m%d}"

    def bound(self, day: date) -> str:
        """The first value of a day, as an SQL literal."""
        return f"'{day.isoformat()} 00:00:00+00'" if self.has_time else f"'{day.isoformat()}'"


SCANS = Partitioned("scans", "occurred_at", has_time=True)
REQUESTS = Partitioned("requests", "received_on", has_time=False)

_NAMES = text(
    """
    SELECT child.relname FROM pg_inherits
    JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = cast(:table AS regclass) ORDER BY 1
    """
)


async def days(tx: Transaction, of: Partitioned) -> set[date]:
    """The days that have a partition."""
    names = (str(row.relname) for row in await tx.execute(_NAMES, {"table": of.table}))
    found = (name.removeprefix(f"{of.table}_") for name in names)
    return {date.fromisoformat(day) for day in found if day.isdigit()}


async def lock(tx: Transaction, of: Partitioned) -> None:
    """Keep others from changing partitions until the transaction ends; readers, writers go on."""
    await tx.execute(text(f"LOCK TABLE {of.table} IN SHARE UPDATE EXCLUSIVE MODE"))


async def add(tx: Transaction, of: Partitioned, day: date) -> None:
    """Make a day's partition, moving there what the default partition holds of that day."""
    new, first, end = of.named(day), of.bound(day), of.bound(day + timedelta(days=1))
    # Names and bounds are made here of a table's own name and a date: nothing to inject.
    for statement in (
        f"LOCK TABLE {of.table}_default IN ACCESS EXCLUSIVE MODE",
        f"CREATE TABLE {new} (LIKE {of.table} INCLUDING ALL)",
        f"""
        WITH moved AS (
            DELETE FROM {of.table}_default
            WHERE {of.column} >= {first} AND {of.column} < {end} RETURNING *
        ) INSERT INTO {new} SELECT * FROM moved
        """,  # noqa: S608
        f"ALTER TABLE {of.table} ATTACH PARTITION {new} FOR VALUES FROM ({first}) TO ({end})",
    ):
        await tx.execute(text(statement))


async def drop(tx: Transaction, of: Partitioned, day: date) -> None:
    """Drop a day's partition with all that is in it; another process may have done so already."""
    await tx.execute(text(f"DROP TABLE IF EXISTS {of.named(day)}"))


async def drop_default_before(tx: Transaction, of: Partitioned, day: date) -> None:
    """Delete what the default partition holds from before a day."""
    bound = of.bound(day)
    delete = f"DELETE FROM {of.table}_default WHERE {of.column} < {bound}"  # noqa: S608
    await tx.execute(text(delete))
