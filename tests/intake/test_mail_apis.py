"""Where mails are fetched from, where never, and what is made of odd answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.channels.mail import OurOwn, Recipient
from intake.clients import buckets, mails
from intake.clients.fetching import NOWHERE, Fetcher, TooFast
from intake.clients.mails import MailApis
from intake.domain.items import Came, LeftMail, Reading
from intake.handlers.doors import DOORS
from intake.handlers.mails import addresses_in, of_service
from shared.contracts.base import StoreId
from shared.errors import Refused, Unavailable
from shared.webhooks import Delivery
from tests.loopback import serving

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
ENVIRON = {"KEY": "key", "SECRET": "u:p"}
GIVEN: dict[str, dict[str, Any]] = {
    "amazon-ses": {
        "webhook_secret": "env:SECRET",
        "buckets": ["b1"],
        "access_key_id": "AKIA",
        "secret_access_key": "env:KEY",
        "region": "eu-west-1",
    },
    "mailgun": {"signing_key": "env:KEY", "api_key": "env:KEY"},
    "mailtrap": {"signing_secret": "env:KEY", "api_token": "env:KEY"},
    "resend": {"signing_secret": "env:KEY", "api_key": "env:KEY"},
}
MAIL = b"From: a@x.example\r\nSubject: hola\r\n\r\nhola\r\n"


def account_of(channel: str, **fields: Any) -> Any:
    given = {"channel": channel, "account_id": "a1", **GIVEN[channel], **fields}
    account = DOORS[channel].account.model_validate(given, context={"environ": ENVIRON})
    account._store_id = StoreId("aurora")
    return account


@asynccontextmanager
async def answering(answer: Callable[[Request], Any]) -> AsyncIterator[str]:
    app = FastAPI()

    @app.get("/{path:path}")
    async def anything(request: Request) -> Any:
        return answer(request)

    async with serving(app) as url:
        yield url


@pytest.mark.parametrize(
    "url",
    [
        "https://mailgun.net.example/v3/domains/a/messages/k",
        "https://evilmailgun.net/v3/domains/a/messages/k",
        "https://api.mailgun.net@x.example/v3/domains/a/messages/k",
        "https://u:p@api.mailgun.net/v3/domains/a/messages/k",
        "https://api.mailgun.net:8443/v3/domains/a/messages/k",
        "http://api.mailgun.net/v3/domains/a/messages/k",
        "https://api.mailgun.net/v3/domains/a/messages/k?to=x@x.example",
        "https://api.mailgun.net/v3/domains/a/messages/../../../routes",
        "https://api.mailgun.net/v3/domains/a/messages/..",
        "https://api.mailgun.net/v3/domains/a/messages/%2e%2e",
        "https://api.mailgun.net/v3/routes",
        "https://127.0.0.1/v3/domains/a/messages/k",
        "https://[::1/v3/domains/a/messages/k",
        "file:///v3/domains/a/messages/k",
        "k",
        "",
    ],
)
async def test_a_key_is_shown_to_mailgun_alone_whatever_a_webhook_names(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()

    async def get(self: Fetcher, url: str, may_be_asked: Any, **_: Any) -> bytes:
        await may_be_asked(url)
        asked.append(url)
        return b'{"body-mime": "x"}'

    monkeypatch.setattr(Fetcher, "get", get)
    apis, account = MailApis(1000), account_of("mailgun")
    with pytest.raises(Refused, match=NOWHERE):
        await apis.mail(account, (url,))
    good = "https://storage-europe-west1.api.mailgun.net/v3/domains/a.example/messages/BAAB=="
    assert await apis.mail(account, (good,)) == b"x"
    await apis.close()

    assert asked == [good]


@pytest.mark.parametrize("channel", ["resend", "mailtrap"])
@pytest.mark.parametrize(
    "laid_at",
    [
        "https://x.example/mail",
        "https://resend.com.x.example/mail",
        "https://amazonaws.com@x.example/mail",
        "http://cdn.resend.app/mail",
        "http://s3.amazonaws.com/mail",
        "http://169.254.169.254/latest/meta-data",
        "/mail",
    ],
)
async def test_a_mail_is_fetched_from_where_its_service_lays_mails_alone(
    channel: str, laid_at: str
) -> None:
    asked = list[str]()

    def answer(request: Request) -> Any:
        asked.append(request.url.path)
        return {"raw": {"download_url": laid_at}, "raw_message_url": laid_at}

    async with answering(answer) as base:
        apis = MailApis(1000)
        with pytest.raises(Refused):
            await apis.mail(
                account_of(channel, base_url=base), ("1", "2")[: 1 + (channel[0] == "m")]
            )
        await apis.close()

    assert len(asked) == 1


async def test_no_other_bucket_is_read_and_nothing_that_is_locked() -> None:
    asked = list[str]()

    def answer(request: Request) -> Any:
        asked.append(request.url.path)
        locked = {"x-amz-meta-x-amz-key-v2": "k"} if request.url.path.endswith("locked") else {}
        return Response(MAIL, headers={"etag": '"1"', **locked})

    async with answering(answer) as base:
        apis, account = MailApis(1000), account_of("amazon-ses", base_url=base)
        with pytest.raises(Refused, match=NOWHERE):
            await apis.mail(account, ("b2", "in/1"))
        with pytest.raises(Refused, match=buckets.LOCKED):
            await apis.mail(account, ("b1", "in/locked"))
        assert await apis.mail(account, ("b1", "in/1")) == MAIL
        await apis.close()

    assert asked == ["/b1/in/locked", "/b1/in/1"]


async def test_of_a_mail_that_is_too_large_the_beginning_is_read(own: OurOwn) -> None:
    whole = MAIL + b"x" * 5000

    def answer(request: Request) -> Any:
        if request.url.path == "/laid":
            return Response(whole)
        return {"raw_message_url": f"{request.base_url}laid"}

    async with answering(answer) as base:
        apis = MailApis(1000)
        octets = await apis.mail(account_of("mailtrap", base_url=base), ("1", "2"))
        await apis.close()
    box = own.mailboxes.find("help@aurora.example")
    assert box is not None
    arrival = of_service(octets, None, (box,), own, AT, 1000)

    assert octets == whole[:1001]
    assert arrival.raw is not None
    assert arrival.raw.body == whole[:1000]
    assert arrival.reading.notes[-1] == "larger than is taken in: the end of it is left out"


async def test_a_mail_of_resend_without_its_raw_form_is_put_together() -> None:
    def answer(request: Request) -> Any:
        path = request.url.path
        if path == "/laid":
            return Response(b"%PDF")
        if path.endswith("/attachments"):
            return {"data": [{"filename": "a.pdf", "content_type": "application/pdf",
                              "download_url": f"{request.base_url}laid"}]}  # fmt: skip
        assert request.query_params["html_format"] == "cid"
        return {
            "raw": None,
            "from": "Ana <a@x.example>",
            "to": ["help@aurora.example"],
            "subject": "hola",
            "message_id": "<1@x.example>",
            "text": "¿qué tal?",
            "headers": {"in-reply-to": "<0@x.example>"},
            "attachments": [{"id": "1"}],
        }

    async with answering(answer) as base:
        apis = MailApis(10_000)
        octets = await apis.mail(account_of("resend", base_url=base), ("1",))
        again = await apis.mail(account_of("resend", base_url=base), ("1",))
        await apis.close()

    assert octets == again
    for each in (b"in-reply-to: <0@x.example>", b"Message-ID: <1@x.example>", b"JVBERg=="):
        assert each in octets


async def test_of_many_large_files_no_more_are_held_than_a_mail_may_have() -> None:
    fetched = list[str]()

    def answer(request: Request) -> Any:
        path = request.url.path
        if path == "/laid":
            fetched.append(path)
            return Response(b"x" * 600)
        if path.endswith("/attachments"):
            return {"data": [{"download_url": f"{request.base_url}laid"}] * 40}
        return {"from": "a@x.example", "text": "hola", "attachments": [{"id": "1"}]}

    async with answering(answer) as base:
        apis = MailApis(1_000)
        octets = await apis.mail(account_of("resend", base_url=base), ("1",))
        await apis.close()

    assert len(fetched) == 2
    assert b"hola" in octets or b"aG9sYQ" in octets


@pytest.mark.parametrize(("told", "after"), [("0", 1.0), ("", 1.0), ("7", 7.0), ("999999", 60.0)])
async def test_who_is_asked_too_fast_is_left_alone_for_a_second_at_least(
    told: str, after: float
) -> None:
    async with answering(lambda _: Response(status_code=429, headers={"retry-after": told})) as url:
        apis = MailApis(1_000)
        with pytest.raises(TooFast) as raised:
            await apis.mail(account_of("resend", base_url=url), ("1",))
        await apis.close()

    assert raised.value.after == after


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["raw", "download_url", "raw_message_url", "body-mime", "headers", "to", "text",
                 "attachments", "data", "filename", "message_id"]
            ),
            each,
            max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip
REFERENCE = {
    "mailgun": ("https://api.mailgun.net/v3/domains/a/messages/k",),
    "mailtrap": ("1", "2"),
    "resend": ("1",),
}


@given(told=JSON, channel=st.sampled_from(sorted(REFERENCE)))
@settings(max_examples=80)
def test_whatever_a_service_answers_there_is_a_mail_or_a_reason(told: Any, channel: str) -> None:
    async def run() -> None:
        async def get(url: str, *_: Any, **__: Any) -> bytes:
            return json.dumps(told).encode()

        apis = MailApis(1000)
        apis._fetcher.get = get  # type: ignore[method-assign]
        try:
            octets = await apis.mail(account_of(channel), REFERENCE[channel])
        except (Refused, Unavailable):
            return
        finally:
            await apis.close()
        assert isinstance(octets, bytes)

    asyncio.run(run())


NOTICE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3)
    ),
    max_leaves=8,
)


@given(
    channel=st.sampled_from(["amazon-ses", "mailtrap", "resend"]),
    names=st.dictionaries(
        st.sampled_from(["email_id", "to", "cc", "from", "subject", "attachments", "message_id",
                         "inbox_id", "source", "commonHeaders", "headers"]), NOTICE),
    action=st.dictionaries(st.sampled_from(["bucketName", "objectKey"]),
                           NOTICE | st.just("b1"), max_size=2),
)  # fmt: skip
def test_whatever_is_told_of_a_mail_it_is_left_or_said(
    channel: str, names: dict[str, Any], action: dict[str, Any]
) -> None:
    payload: Any = {"type": "email.received", "data": names}
    if channel == "mailtrap":
        payload = {"events": [{"event": "inbound.message_received", **names}]}
    if channel == "amazon-ses":
        payload = {"notificationType": "Received", "mail": names, "receipt": {"action": action}}
    read = list[bytes]()

    def read_mail(octets: bytes, *_: Any) -> Reading:
        read.append(octets)
        return Reading()

    reading = DOORS[channel].read(
        Came(
            delivery=Delivery("POST", "", {}, {}, b""),
            payload=payload,
            account=account_of(channel),
            at=AT,
            read_mail=read_mail,
        )
    )

    left = [item for item in reading.items if isinstance(item, LeftMail)]
    assert len(left) + len(read) == 1
    for one in left:
        texts = (*one.reference, *one.recipients, one.sender or "")
        assert not any("\0" in each for each in texts)
        assert all(one.reference)
        "".join(texts).encode()


def test_a_mail_tells_to_which_of_our_addresses_it_came(own: OurOwn) -> None:
    octets = (
        b"Delivered-To: x@gmail.example\nReceived: by mx; for <Ventas+t1@aurora.example>\r\n"
        b"To: someone@else.example\r\n\r\nhelp@aurora.example"
    )

    found = [box for each in addresses_in(octets) if (box := own.mailboxes.find(each))]

    assert [(one.account.account_id, one.tag) for one in found] == [("ventas", "t1")]
    assert isinstance(found[0], Recipient)
    assert mails._PATIENCE < 5 * 60
