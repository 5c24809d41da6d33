"""PostgreSQL goes away and comes back: senders are told to come again, and lose nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.local.postgres import LocalPostgres
from shared import db, migrations, testing
from shared.contracts.intake import MessageReceived

pytestmark = pytest.mark.timeout(300)
START = Callable[..., Awaitable[Any]]


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[LocalPostgres]:
    """A server of this test's own."""
    async with LocalPostgres(tmp_path / "postgres", durable=False) as server:
        yield server


@pytest.fixture
async def database_url(postgres: LocalPostgres) -> str:
    """Its database, with intake's tables."""
    await migrations.prepare(db.login("intake", postgres.url), "intake")
    return postgres.url


async def test_while_postgresql_is_away_senders_are_told_to_come_again(
    postgres: LocalPostgres, intake_process: START, wa: Any, text_message: Any
) -> None:
    intake = await intake_process()
    payload = wa(text_message("before"))
    mail = "From: a@b.example\nMessage-ID: <1@x.example>\n\nby mail\n"
    assert (await intake.send_whatsapp(payload)).status_code == 200

    # given nobody at the other end, then nobody listening
    await postgres.kill()
    for _ in range(2):
        answers = await asyncio.gather(
            *(intake.send_whatsapp(wa(text_message("during", id="wamid.d"))) for _ in range(5))
        )
        assert {answer.status_code for answer in answers} == {503}
        assert {"retry-after" in answer.headers for answer in answers} == {True}
        assert (await intake.mail(mail, "help@aurora.example"))[0] == 451
        assert (await intake.http.get("/readyz")).status_code == 503
        assert (await intake.http.get("/livez")).status_code == 200

    await postgres.start()

    async def is_back() -> bool:
        again = await intake.send_whatsapp(wa(text_message("during", id="wamid.d")))
        return bool(again.status_code == 200)

    await testing.eventually(is_back, within=30)
    assert (await intake.mail(mail, "help@aurora.example"))[0] == 250
    said = await intake.said(MessageReceived)
    assert sorted(one.text for one in said) == ["before", "by mail", "during"]
