"""A demo drops what earlier demos of its own cache left, and nothing else."""

from pathlib import Path
from typing import Protocol

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.demo import __main__ as demo
from deploy.demo.leftovers import Names, drop_databases, drop_topics, new_database
from deploy.local.errors import CannotStart
from shared import testing
from shared.bus import kafka as clients
from shared.settings import KafkaSettings


class Servers(Protocol):
    """As the run's fixture gives them."""

    bootstrap: str
    database_url: str


async def test_only_databases_of_earlier_demos_are_dropped(
    servers: Servers, tmp_path: Path
) -> None:
    earlier, ours, theirs = Names(tmp_path), Names(tmp_path), Names(tmp_path / "other")
    earlier.database += "_earlier"
    told: list[str] = []
    for names in (earlier, ours, theirs):
        await new_database(servers.database_url, names)
    connection = await asyncpg.connect(servers.database_url)
    try:
        await drop_databases(servers.database_url, ours, told.append)

        rows = await connection.fetch("SELECT datname FROM pg_database")
        left = {row["datname"] for row in rows}
    finally:
        await connection.close()
        for names in (earlier, ours, theirs):
            await testing.drop_database(servers.database_url, names.database)

    assert earlier.database not in left
    assert {ours.database, theirs.database} <= left
    assert told == ["Dropped the database of 1 earlier demo."]


async def test_only_topics_of_earlier_demos_are_deleted(servers: Servers, tmp_path: Path) -> None:
    ours, theirs = Names(tmp_path), Names(tmp_path / "other")
    kafka = KafkaSettings(bootstrap=servers.bootstrap, topic_prefix=ours.topics)
    made = {f"{ours.topic_prefix}1.a", f"{ours.topics}a", f"{theirs.topics}a"}
    told: list[str] = []
    admin = AIOKafkaAdminClient(**clients.connection(kafka))
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1) for name in made])

        async def is_known() -> bool:
            return made <= set(await admin.list_topics())

        # A broker may hear of a topic a moment after it was made.
        await testing.eventually(is_known, within=30)
        await drop_topics(kafka, ours, told.append)

        async def left() -> set[str] | None:
            there = set(await admin.list_topics()) & made
            return there if len(there) < len(made) else None

        assert await testing.eventually(left, within=30) == {f"{ours.topics}a", f"{theirs.topics}a"}
        await admin.delete_topics([f"{ours.topics}a", f"{theirs.topics}a"])
    finally:
        await admin.close()
    assert told == ["Deleted 1 topic of earlier demos."]


def test_two_demos_of_one_cache_do_not_run_side_by_side(tmp_path: Path) -> None:
    with (
        demo._only_demo(tmp_path / "demo"),
        pytest.raises(CannotStart, match="Another demo is running"),
        demo._only_demo(tmp_path / "demo"),
    ):
        pass
