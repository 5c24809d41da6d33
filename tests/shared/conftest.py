"""A small service to try the bus on, with one table of its own."""

from collections.abc import AsyncIterator

import pytest

from shared import testing
from shared.db import Database

COUNTS = """
    CREATE TABLE counts (
        key text PRIMARY KEY,
        heard integer NOT NULL,
        texts text[] NOT NULL DEFAULT '{}'
    )
"""


@pytest.fixture
async def counting(servers: object, database_url: str) -> AsyncIterator[Database]:
    """The database of a service `counting` that has only the bus's tables and `counts`."""
    await testing.bare_service(database_url, "counting", COUNTS)
    async with testing.opened_database(database_url, "counting") as database:
        yield database
