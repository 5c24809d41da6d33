"""Who dispatches a pool. The lock makes one, the epoch tells a late one that he is deposed."""

from datetime import datetime

import asyncpg

from shared.contracts.base import StoreId
from shared.contracts.routing import Family

_TAKE = """
    INSERT INTO leases (store_id, family, epoch, holder, taken_at) VALUES ($1, $2, 1, $3, $4)
    ON CONFLICT (store_id, family) DO UPDATE
    SET epoch = leases.epoch + 1, holder = excluded.holder, taken_at = excluded.taken_at
    RETURNING epoch
"""


async def take(
    connection: asyncpg.Connection,
    store_id: StoreId,
    family: Family,
    *,
    holder: str,
    now: datetime,
) -> int | None:
    """Try to become the pool's dispatcher for as long as the connection lives.

    Returns the epoch of the new lease, None while another process holds it. PostgreSQL lets the
    lock go with the connection, so a killed process is followed at the next try.
    """
    pool = f"dispatch/{store_id}/{family}"
    if not await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", pool):
        return None
    epoch: int = await connection.fetchval(_TAKE, store_id, str(family), holder, now)
    return epoch
