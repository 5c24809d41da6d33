"""Front doors through which whole mails come."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from shared import testing
from shared.contracts.intake import MessageReceived

START = Callable[..., Awaitable[Any]]


async def test_a_door_for_mails_takes_bodies_as_large_as_mails(intake_process: START) -> None:
    intake = await intake_process(hook_max_octets=2048, smtp_max_octets=600_000)
    mail = {"From": "ana@x.example", "Subject": "hola"}

    async def post(octets: int) -> int:
        body = mail | {"TextBody": f"hola {'x' * octets}"}
        auth = ("postmark", "secret")
        answer = await intake.http.post("/hooks/postmark/aurora", json=body, auth=auth)
        return int(answer.status_code)

    assert [await post(octets) for octets in (10, 700_000, 1_100_000)] == [200, 200, 413]
    said = await intake.said(MessageReceived)
    assert [(one.channel, one.account_id, one.is_cut) for one in said] == [
        ("mail", "help", False),
        ("mail", "help", True),
    ]


async def test_a_mail_that_comes_in_fields_again_and_at_once_is_one_message(intake: Any) -> None:
    mail = {
        "From": "ana@x.example",
        "Subject": "hola",
        "TextBody": "hola",
        "HtmlBody": "<p>hola</p>",
        "Headers": [{"Name": "Message-ID", "Value": "<1@x.example>"}],
        "Attachments": [{"Name": "a.pdf", "ContentType": "application/pdf", "Content": "JVBERg=="}],
    }

    async def post() -> int:
        auth = ("postmark", "secret")
        answer = await intake.http.post("/hooks/postmark/aurora", json=mail, auth=auth)
        return int(answer.status_code)

    assert await post() == 200
    assert set(await asyncio.gather(*(post() for _ in range(20)))) == {200}
    [event] = await intake.said(MessageReceived)
    assert event.text == "hola"

    async def file() -> Any:
        answer = await intake.http.get(event.attachments[0].url)
        return answer if answer.status_code != 503 else None

    assert (await testing.eventually(file)).content == b"%PDF"
