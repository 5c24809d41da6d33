"""Mails that services keep are fetched from stand-ins for them, and each is said once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import Request, Response
from fastapi.routing import APIRoute

from intake.clients import fetching
from intake.store import mail_errands
from intake.workers import mails as worker
from shared import testing
from shared.contracts.intake import MessageReceived
from shared.stores import Stores
from shared.stores.accounts.mail import ResendAccount
from tests.intake.doors.mail_services import (
    CHANNELS,
    KEY,
    Services,
    all_fetched,
    tell,
)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_mail_that_lies_with_its_service_is_fetched_and_said_once(
    services: Services, intake: Any, channel: str
) -> None:
    services.failures = [404, 503, 429]

    for _ in range(2):
        await tell(intake, channel, services.base)
    await all_fetched(intake)
    await tell(intake, channel, services.base)
    await all_fetched(intake)

    [event] = await intake.said(MessageReceived)
    assert (event.channel, event.account_id, event.text) == ("mail", "ventas", "¿dónde está?")
    assert (event.mail, event.subject) == ("ana@x.example", "Mi pedido")
    assert event.reply_route.in_reply_to == "<m1@x.example>"
    assert await testing.rows(intake.db, "SELECT 1 FROM mail_errands") == []
    rows = await testing.rows(
        intake.db, "SELECT channel, method, outcome FROM raw_requests ORDER BY received_at"
    )
    assert {(row["channel"], row["method"]) for row in rows} == {
        (channel, "POST"),
        ("mail", "API"),
    }
    assert {row["outcome"] for row in rows} <= {"understood", "repeated"}

    async def file() -> Any:
        answer = await intake.http.get(event.attachments[0].url)
        return answer if answer.status_code != 503 else None

    assert (await testing.eventually(file)).content == b"%PDF-1.7 x"


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_mail_that_is_never_to_be_had_is_said_as_it_was_told_and_never_twice(
    services: Services, intake: Any, channel: str
) -> None:
    services.failures = [404] * 1000

    for _ in range(2):
        await tell(intake, channel, services.base)
    await all_fetched(intake)
    asked = len(services.asked)
    services.failures = []
    await tell(intake, channel, services.base)
    await all_fetched(intake)

    [event] = await intake.said(MessageReceived)
    assert asked == len(services.asked) == worker._MOST_REFUSALS
    assert event.mail == "ana@x.example"
    words = "¿dónde está?" if channel == "mailgun" else "lies with the mail service"
    assert words in event.text
    [row] = await testing.rows(intake.db, "SELECT why, attempts FROM mail_errands")
    assert (row["why"], row["attempts"]) == ("the vendor has it no more", asked)


async def test_an_answer_that_comes_when_the_mail_was_given_up_says_nothing_more(
    services: Services,
    intake_process: Callable[..., Awaitable[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "_PATIENCE", timedelta(milliseconds=100))
    monkeypatch.setattr(worker, "_MOST_REFUSALS", 2)
    first, _ = await intake_process(), await intake_process()
    is_free = asyncio.Event()

    async def only_the_first_waits() -> None:
        if len(services.asked) == 1:
            services.failures = [404]
            await is_free.wait()

    services.before = only_the_first_waits
    await tell(first, "mailtrap")
    await testing.eventually(lambda: first.said(MessageReceived))
    is_free.set()
    await all_fetched(first)

    async def answered() -> bool:
        rows = await testing.rows(
            first.db, "SELECT 1 FROM raw_requests WHERE method = 'API' AND outcome = 'repeated'"
        )
        return len(rows) == 1

    await testing.eventually(answered)
    [event] = await first.said(MessageReceived)
    assert "lies with the mail service" in event.text


async def test_who_is_killed_between_fetching_and_noting_it_fetches_again_and_says_nothing(
    services: Services, intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = asyncio.Event()

    async def never_noted(tx: Any, errand: Any) -> None:
        killed.set()
        raise ConnectionError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(mail_errands, "done", never_noted)
        patch.setattr(worker, "_PATIENCE", timedelta(milliseconds=50))
        await tell(intake, "resend")
        await asyncio.wait_for(killed.wait(), 10)
    await all_fetched(intake)

    assert len(await intake.said(MessageReceived)) == 1
    assert services.asked.count("emails/receiving/5676-1") > 1


async def test_a_key_that_is_refused_may_be_mended(
    services: Services, intake: Any, stores: Stores
) -> None:
    account = stores.account("resend", "aurora")
    assert isinstance(account, ResendAccount)
    key = account.api_key
    object.__setattr__(account, "api_key", ("another",))

    await tell(intake, "resend")
    await testing.eventually(lambda: asyncio.sleep(0, len(services.asked) > 2))
    assert await intake.said(MessageReceived) == []
    object.__setattr__(account, "api_key", key)
    await all_fetched(intake)

    [event] = await intake.said(MessageReceived)
    assert event.text == "¿dónde está?"


async def test_a_service_that_is_asked_too_fast_is_asked_again_without_giving_up(
    services: Services, intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_SOON", 0.01)
    services.failures = [429] * (worker._MOST_ATTEMPTS + 5)

    await tell(intake, "resend")
    await all_fetched(intake)
    services.failures = [429] * 1000
    monkeypatch.setattr(worker, "_MOST_PATIENCE", timedelta(0))
    await tell(intake, "mailtrap")
    await all_fetched(intake)

    first, second = await intake.said(MessageReceived)
    assert first.text == "¿dónde está?"
    assert "lies with the mail service" in second.text


async def test_files_that_brevo_keeps_are_fetched_by_their_tokens(
    services: Services, intake: Any, stores: Stores
) -> None:
    account = stores.account("brevo", "aurora")
    object.__setattr__(account, "base_url", f"{services.base}/v3")
    shown: list[tuple[str, str | None]] = []

    async def attachment(request: Request, token: str) -> Response:
        shown.append((token, request.headers.get("api-key")))
        return Response(b"%PDF-1.7 x")

    services.app.router.routes.insert(0, APIRoute("/v3/inbound/attachments/{token}", attachment))

    told = {"items": [{
        "From": {"Address": "ana@x.example"}, "To": [{"Address": "help@aurora.example"}],
        "RawTextBody": "hola", "MessageId": "<9@x.example>", "Attachments": [{"Name": "a.pdf",
        "ContentType": "application/pdf", "DownloadToken": "eyJ="}]}]}  # fmt: skip
    auth = ("mailers", "secret")
    assert (await intake.http.post("/hooks/brevo/aurora", json=told, auth=auth)).is_success
    [event] = await intake.said(MessageReceived)

    async def file() -> Any:
        answer = await intake.http.get(event.attachments[0].url)
        return answer if answer.status_code != 503 else None

    assert (await testing.eventually(file)).content == b"%PDF-1.7 x"
    assert shown == [("eyJ=", KEY)]
