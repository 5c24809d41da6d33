"""The days of `raw_requests`: made ahead, dropped when they are old enough."""

import re
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import text

from shared.db import Transaction

_NAME = re.compile(r"raw_requests_(\d{8})")

_DAYS = text(
    """
    SELECT child.relname FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    JOIN pg_class parent ON parent.oid = inhparent
    WHERE parent.relname = 'raw_requests'
        AND parent.relnamespace = to_regnamespace(current_schema())
    """
)


async def days(tx: Transaction) -> set[date]:
    """The days (UTC) that have a partition."""
    names = (await tx.scalars(_DAYS)).all()
    found = (_NAME.fullmatch(name) for name in names)
    return {
        datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC).date() for match in found if match
    }


async def make(tx: Transaction, day: date) -> None:
    """Make a day's partition and move to it what waits in the default one.

    Attaching takes no lock that readers or writers of other days would wait for; the default
    partition is locked while it is proved to hold no row of the day.
    """
    name = f"raw_requests_{day:%Y%m%d}"
    bounds = {"first": _midnight(day), "after": _midnight(day + timedelta(days=1))}
    await tx.execute(text("LOCK TABLE raw_requests_default IN ACCESS EXCLUSIVE MODE"))
    if day in await days(tx):
        return
    await tx.execute(text(f"CREATE TABLE {name} (LIKE raw_requests INCLUDING ALL)"))
    await tx.execute(
        text(
            f"""
            WITH moved AS (
                DELETE FROM raw_requests_default
                WHERE received_at >= :first AND received_at < :after RETURNING *
            )
            INSERT INTO {name} SELECT * FROM moved
            """  # noqa: S608 - the name is made of a date
        ),
        bounds,
    )
    first, after = (f"'{moment.isoformat()}'" for moment in bounds.values())
    attach = f"ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({after})"
    await tx.execute(text(f"ALTER TABLE raw_requests {attach}"))


async def drop(tx: Transaction, day: date) -> None:
    """Drop a day with all it holds."""
    await tx.execute(text(f"DROP TABLE IF EXISTS raw_requests_{day:%Y%m%d}"))


async def forget_strays(tx: Transaction, before: date) -> None:
    """Drop rows of long ago that never got a partition of their own."""
    await tx.execute(
        text("DELETE FROM raw_requests_default WHERE received_at < :before"),
        {"before": _midnight(before)},
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
