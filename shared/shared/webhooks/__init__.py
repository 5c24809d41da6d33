"""Front doors: what a vendor sends is verified over its raw octets, kept, and answered 200.

One function for all vendors; each brings its `verify`. The order is fixed:

    no account, or it is off → 404      too many strangers → 429          too large → 413
    not authentic, or signed too long ago → 401             too fast → 429
    no JSON, XML or form → 400, unless the door keeps that too
    kept → 200          database away → 503 (the shell's)
"""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import structlog
from fastapi import Request, Response
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

from shared import clock, metrics, rates
from shared.http.guard import TooLarge
from shared.stores.accounts import Account
from shared.webhooks.delivery import Answer, Delivery, read
from shared.webhooks.forms import File, Form
from shared.webhooks.payloads import parse
from shared.webhooks.signatures import (
    equal,
    has_basic,
    has_secret,
    hmac_base64,
    hmac_hex,
    is_signed,
)
from shared.webhooks.standard import is_standard, standard_time

__all__ = [
    "Answer",
    "Delivery",
    "File",
    "Form",
    "Scheme",
    "equal",
    "handshake",
    "has_basic",
    "has_secret",
    "hmac_base64",
    "hmac_hex",
    "is_signed",
    "is_standard",
    "parse",
    "receive",
    "standard_time",
]

log = structlog.get_logger()

A = TypeVar("A", bound=Account)

REPLAY_WINDOW = timedelta(minutes=5)
"""How far a signed time may be from ours (Standard Webhooks: "verifying webhook authenticity")."""
KNOCKS = 2000
"""Requests of anybody, in any second, of which one account's door checks who sent them."""


def _nothing(*_: object) -> None:
    return None


@dataclass(frozen=True)
class Scheme(Generic[A]):
    """How a vendor proves itself, and what it wants to read after a delivery.

    `verify` tells whether a secret of the account vouches for the delivery, whenever it was made.
    `signed_at` gives the time that was signed with it (aware): further from now than
    `REPLAY_WINDOW`, it is somebody's recording; None where the vendor signs no time.
    """

    verify: Callable[[Delivery, A], bool]
    signed_at: Callable[[Delivery], datetime | None] = _nothing
    answer: Callable[[Delivery, A], Answer | None] = _nothing


async def receive(
    request: Request,
    *,
    account: A | None,
    scheme: Scheme[A],
    keep: Callable[[Delivery, Any], Awaitable[None]],
    keep_unparsed: Callable[[Delivery], Awaitable[None]] | None = None,
    public_url: str | None = None,
) -> Response:
    """Take one webhook in: 200 only after `keep(delivery, payload)` returned.

    `payload` is the body parsed by its media type: JSON (any value), form (`Form`) or XML
    (`ElementTree.Element`), U+FFFD for what no database stores; `keep` commits before it
    returns. What is authentic and none of these goes to `keep_unparsed`, which commits too, and is
    answered like the rest: its vendor would only send the same octets again. Without it, 400.
    `public_url` is where the world finds us (see `read`). The account's limit counts what is
    authentic, per process, so that strangers cannot use it up; they have one of their own,
    `KNOCKS`. What keeping raises goes to the shell: database away → 503, `Refused` → 422.
    """
    account = _at_door(account)
    try:
        delivery = await read(request, public_url)
    except TooLarge:
        _count(account, "too_large")
        raise
    if not scheme.verify(delivery, account):
        raise _not_authentic(account)
    if _is_stale(scheme.signed_at(delivery), clock.now()):
        _count(account, "stale")
        raise HTTPException(401, "signed too long ago")
    _slow_down(account, account.max_requests_per_second, "webhook")
    try:
        payload = parse(delivery)
    except ValueError:
        _count(account, "malformed")
        if keep_unparsed is None:
            raise HTTPException(400, "the body is no JSON, XML or form") from None
        await keep_unparsed(delivery)
    else:
        await keep(delivery, payload)
        _count(account, "kept")
    wanted = scheme.answer(delivery, account)
    return _written(wanted) if wanted is not None else Response(status_code=200)


async def handshake(
    request: Request, *, account: A | None, challenge: Callable[[Delivery, A], str | Answer | None]
) -> Response:
    """Answer a vendor's GET that proves the address is ours: 200 with the text it wants back.

    `challenge` gives that text, or `None` when the request is not authentic → 401.
    """
    account = _at_door(account)
    wanted = challenge(await read(request), account)
    if wanted is None:
        raise _not_authentic(account)
    _count(account, "handshake")
    return _written(wanted if isinstance(wanted, Answer) else Answer(wanted))


def _written(answer: Answer) -> Response:
    return PlainTextResponse(answer.text, media_type=answer.media_type)


def _is_stale(signed_at: datetime | None, now: datetime) -> bool:
    return signed_at is not None and abs(now - signed_at) > REPLAY_WINDOW


def _at_door(account: A | None) -> A:
    if account is None:
        metrics.webhooks.labels("unknown", "no_account").inc()
        raise HTTPException(404)
    _slow_down(account, max(KNOCKS, account.max_requests_per_second), "knock")
    return account


def _slow_down(account: Account, per_second: int, what: str) -> None:
    seconds = rates.wait(per_second, what, account.channel, account.account_id)
    if seconds:
        _count(account, "too_fast")
        raise HTTPException(429, headers={"Retry-After": str(math.ceil(seconds))})


def _not_authentic(account: Account) -> HTTPException:
    _count(account, "not_authentic")
    if not rates.wait(1, "log", account.channel, account.account_id):
        log.warning(
            "webhook is not authentic", channel=account.channel, account_id=account.account_id
        )
    return HTTPException(401, "not authentic")


def _count(account: Account, outcome: str) -> None:
    metrics.webhooks.labels(account.channel, outcome).inc()
