"""While the database is away a worker says so once, and once when it is back."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from deploy.local.postgres import LocalPostgres
from routing.handlers.rules import Rules
from routing.workers.desks import Desks
from routing.workers.outages import Outage
from shared import testing
from shared.errors import Unavailable


def said(logs: list[Any], level: str) -> list[str]:
    return [each["event"] for each in logs if each["log_level"] == level]


async def test_desks_tell_of_an_outage_once_though_they_look_twice_a_second(
    tmp_path: Path, rules: Rules
) -> None:
    # Given a worker that looks after desks, on a server of its own
    tmp_path.chmod(0o755)
    server = LocalPostgres(tmp_path / "postgres")
    async with server:
        name = await testing.make_template(server.url, ["routing"])
        async with testing.opened_database(
            testing.database_named(server.url, name), "routing"
        ) as db:
            stop = asyncio.Event()
            with capture_logs() as logs:
                desks = Desks(db, rules, sweep=timedelta(seconds=1))
                running = asyncio.create_task(desks.run(stop))

                # When the server is gone for several looks, and comes back
                await server.kill()
                await testing.eventually(is_there(logs, "desks not looked after"))
                await asyncio.sleep(2.5)
                during = said(logs, "warning")
                await server.start()
                await testing.eventually(is_there(logs, "database back"))
                stop.set()
                await running

    # Then each was told once
    assert during.count("desks not looked after") == 1
    assert said(logs, "warning").count("desks not looked after") == 1
    assert said(logs, "info").count("database back") == 1


def is_there(logs: list[Any], event: str) -> Callable[[], Any]:
    async def look() -> bool:
        return any(each["event"] == event for each in logs)

    return look


def test_only_an_outage_is_borne_and_the_next_one_is_told_again() -> None:
    outage = Outage("nothing done")

    with capture_logs() as logs:
        for why in (Unavailable("database"), Unavailable("database"), None, None, TimeoutError()):
            with outage.borne():
                if why is not None:
                    raise why
        with pytest.raises(KeyError), outage.borne():
            raise KeyError("a bug")

    assert [each["event"] for each in logs] == ["nothing done", "database back", "nothing done"]
