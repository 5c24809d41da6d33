"""Mails that services keep and that are not to be had are given up, whatever goes wrong."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from intake import metrics
from intake.handlers.doors import Around
from intake.workers import mails as worker
from intake.workers.mails import Mails
from shared import testing
from shared.contracts.intake import MessageReceived
from tests.intake.doors.mail_services import (
    Services,
    all_fetched,
    tell,
)


async def test_a_mail_that_kills_whoever_fetches_it_is_said_as_it_was_told(
    services: Services, intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_MOST_ATTEMPTS", 0)

    await tell(intake, "mailtrap")
    await all_fetched(intake)

    [event] = await intake.said(MessageReceived)
    assert "lies with the mail service" in event.text
    assert services.asked == []


async def test_a_mail_that_we_fail_to_give_up_keeps_no_other_waiting(
    services: Services, intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    def fails(*_: Any) -> Any:
        loop.call_soon_threadsafe(failed.set)
        raise ValueError("a mistake of ours")

    loop = asyncio.get_running_loop()
    with monkeypatch.context() as patch:
        patch.setattr(worker, "_MOST_ATTEMPTS", 0)
        patch.setattr(Mails, "_arrival", fails)
        await tell(intake, "mailtrap")
        await asyncio.wait_for(failed.wait(), 10)
    await tell(intake, "resend")

    async def only_that_is_left() -> bool:
        rows = await testing.rows(intake.db, "SELECT channel FROM mail_errands")
        return [row["channel"] for row in rows] == ["mailtrap"]

    await testing.eventually(only_that_is_left)
    assert len(await intake.said(MessageReceived)) == 1


async def test_a_mail_that_we_fail_to_give_up_again_and_again_is_laid_aside_till_told_again(
    services: Services, intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> Any:
        raise ValueError("a mistake of ours")

    with monkeypatch.context() as patch:
        patch.setattr(worker, "_MOST_ATTEMPTS", 0)
        patch.setattr(worker, "_PATIENCE", timedelta(milliseconds=10))
        patch.setattr(Mails, "_arrival", fails)
        await tell(intake, "mailtrap")
        await all_fetched(intake)

    [row] = await testing.rows(intake.db, "SELECT attempts, why FROM mail_errands")
    assert row["why"] == "not even what stands in for it could be read"
    assert row["attempts"] > worker._MOST_GIVINGS_UP
    assert await intake.said(MessageReceived) == []

    await tell(intake, "mailtrap")
    await all_fetched(intake)

    [event] = await intake.said(MessageReceived)
    assert event.text == "¿dónde está?"


async def test_a_mail_of_a_store_that_lost_its_mailboxes_stops_nobody_and_waits_for_one(
    services: Services, intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.failures = [503]
    before = given_up("mailtrap")
    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(worker, "_MOST_ATTEMPTS", 2)
        await tell(intake, "mailtrap")
        patch.setattr(Around, "mailboxes", lambda *_: ())
        await all_fetched(intake)

    [row] = await testing.rows(intake.db, "SELECT attempts, why FROM mail_errands")
    assert (row["attempts"], row["why"]) == (2, "the store has no mailbox")
    assert await intake.said(MessageReceived) == []
    assert "a round waits" not in [entry["event"] for entry in logs]
    assert given_up("mailtrap") == before + 1

    await tell(intake, "mailtrap")
    await all_fetched(intake)

    [event] = await intake.said(MessageReceived)
    assert event.text == "¿dónde está?"


def given_up(channel: str) -> float:
    return float(metrics.mails_asked.labels(channel, "given_up")._value.get())
