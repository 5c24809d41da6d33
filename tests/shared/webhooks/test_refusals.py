"""The order of the checks, and that nothing refused is ever kept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from shared import db, webhooks
from shared.errors import Refused, Unavailable
from shared.stores import WhatsAppAccount
from shared.webhooks import Delivery

LIMIT = 10_000  # the service's max_body

Kept = list[tuple[Delivery, Any]]
Signed = Callable[..., dict[str, str]]
Counted = Callable[..., float]


async def test_an_unknown_account_is_404(
    client: httpx.AsyncClient, kept: Kept, signed: Signed, counted: Counted
) -> None:
    before = counted("no_account", "unknown")

    for path in ("/hooks/whatsapp/1", "/hooks/mail/x", "/hooks/whatsapp/%20"):
        answer = await client.post(path, content=b"{}", headers=signed(b"{}"))
        assert answer.status_code == 404

    assert counted("no_account", "unknown") - before == 3
    assert kept == []


async def test_too_fast_is_429_for_that_account_until_a_second_has_passed(
    client: httpx.AsyncClient, kept: Kept, path: str, signed: Signed, counted: Counted
) -> None:
    before = counted("too_fast")
    answers = await asyncio.gather(
        *(
            client.post(path, content=b"{}", headers=signed(b"{}", **{"X-Forwarded-For": f"{n}"}))
            for n in range(50)
        )
    )

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == len(kept) == 20
    assert statuses.count(429) == counted("too_fast") - before == 30
    assert {answer.headers.get("retry-after") for answer in answers} == {None, "1"}
    assert (await client.post("/hooks/whatsapp/1")).status_code == 404
    async with asyncio.timeout(5):
        again = answers[-1]
        while again.status_code == 429:
            again = await client.post(path, content=b"{}", headers=signed(b"{}"))
    assert again.status_code == 200


async def test_strangers_use_up_nothing_of_what_the_vendor_may_send(
    client: httpx.AsyncClient, kept: Kept, path: str, signed: Signed
) -> None:
    junk = [client.post(path, content=b"{}", headers=signed(b"{}", "forged")) for _ in range(60)]
    genuine = [client.post(path, content=b"{}", headers=signed(b"{}")) for _ in range(20)]

    answers = await asyncio.gather(*junk, *genuine)

    assert [answer.status_code for answer in answers] == [401] * 60 + [200] * 20
    assert len(kept) == 20


async def test_too_large_is_413_and_not_kept(
    client: httpx.AsyncClient, kept: Kept, path: str, signed: Signed, counted: Counted
) -> None:
    body = b'"' + b"x" * LIMIT + b'"'
    before = counted("too_large")

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    assert (await client.post(path, content=body, headers=signed(body))).status_code == 413
    assert (await client.post(path, content=chunks(), headers=signed(body))).status_code == 413
    assert kept == []
    assert counted("too_large") - before == 2


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"account", "size", "signature", "json"}, 404),
        ({"rate", "size", "signature", "json"}, 429),
        ({"size", "signature", "json"}, 413),
        ({"size"}, 413),
        ({"signature", "json"}, 401),
        ({"signature"}, 401),
        ({"json"}, 400),
        (set(), 200),
    ],
)
async def test_the_first_thing_wrong_decides(
    client: httpx.AsyncClient,
    kept: Kept,
    path: str,
    *,
    wrong: set[str],
    status: int,
    signed: Signed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "rate" in wrong:
        monkeypatch.setattr(webhooks, "KNOCKS", 20)
        await asyncio.gather(*(client.post(path) for _ in range(20)))
    body = (b"{" if "json" in wrong else b"{}") + (b" " * LIMIT if "size" in wrong else b"")

    answer = await client.post(
        "/hooks/whatsapp/1" if "account" in wrong else path,
        content=body,
        headers=signed(body, "forged" if "signature" in wrong else "new-secret"),
    )

    assert answer.status_code == status
    assert len(kept) == (1 if status == 200 else 0)


async def test_while_the_database_is_away_the_sender_is_asked_to_come_again(
    client: httpx.AsyncClient,
    fail_to_keep: Callable[[Exception], None],
    path: str,
    signed: Signed,
    counted: Counted,
) -> None:
    who = db.login("door", "postgresql://nobody@127.0.0.1:1/nothing")
    async with db.opened(who) as database:
        with pytest.raises(Unavailable) as away:
            async with database.transaction():
                pass
    fail_to_keep(away.value)
    before = counted("kept")

    answer = await client.post(path, content=b"{}", headers=signed(b"{}"))

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert counted("kept") == before


@pytest.mark.parametrize(
    ("error", "status"), [(Refused("no such thing"), 422), (KeyError("a bug"), 500)]
)
async def test_what_was_not_kept_is_never_200(
    client: httpx.AsyncClient,
    fail_to_keep: Callable[[Exception], None],
    path: str,
    error: Exception,
    status: int,
    signed: Signed,
) -> None:
    fail_to_keep(error)

    answer = await client.post(path, content=b"{}", headers=signed(b"{}"))

    assert answer.status_code == status


async def test_a_forger_does_not_fill_the_log(
    client: httpx.AsyncClient, account: WhatsAppAccount, path: str
) -> None:
    with capture_logs() as logs:
        await asyncio.gather(*(client.post(path, content=b"{}") for _ in range(15)))

    (line,) = logs
    assert line["account_id"] == account.account_id
