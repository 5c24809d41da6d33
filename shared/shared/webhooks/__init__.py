"""Front doors: what a vendor sends is verified over its raw octets, kept, and answered 200.

One function for all vendors; each brings its `verify`. The order is fixed:

    no account, or it is off → 404      too fast → 429      too large → 413
    not authentic → 401                 no JSON, XML or form → 400
    kept → 200                          database away → 503 (the shell's)
"""

import math
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from fastapi import Request, Response
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

from shared import metrics, rates
from shared.http.guard import TooLarge
from shared.stores.accounts import AccountModel
from shared.webhooks.delivery import Delivery, read
from shared.webhooks.payloads import parse
from shared.webhooks.signatures import equal, has_secret, hmac_base64, hmac_hex, is_signed

__all__ = [
    "Delivery",
    "equal",
    "handshake",
    "has_secret",
    "hmac_base64",
    "hmac_hex",
    "is_signed",
    "parse",
    "receive",
]

log = structlog.get_logger()

A = TypeVar("A", bound=AccountModel)


async def receive(
    request: Request,
    *,
    account: A | None,
    verify: Callable[[Delivery, A], bool],
    keep: Callable[[Delivery, Any], Awaitable[None]],
) -> Response:
    """Take one webhook in: 200 only after `keep(delivery, payload)` returned.

    `payload` is the body parsed by its media type: JSON (any value), form (dict of first values)
    or XML (`ElementTree.Element`), U+FFFD for what no database stores; `keep` commits before it
    returns. The limit counts per account
    and process. What `keep` raises goes to the shell: database away → 503, `Refused` → 422.
    """
    account = _at_door(account)
    try:
        delivery = await read(request)
    except TooLarge:
        _count(account, "too_large")
        raise
    if not verify(delivery, account):
        raise _not_authentic(account)
    try:
        payload = parse(delivery)
    except ValueError:
        _count(account, "malformed")
        raise HTTPException(400, "the body is no JSON, XML or form") from None
    await keep(delivery, payload)
    _count(account, "kept")
    return Response(status_code=200)


async def handshake(
    request: Request, *, account: A | None, challenge: Callable[[Delivery, A], str | None]
) -> Response:
    """Answer a vendor's GET that proves the address is ours: 200 with the text it wants back.

    `challenge` gives that text, or `None` when the request is not authentic → 401.
    """
    account = _at_door(account)
    text = challenge(await read(request), account)
    if text is None:
        raise _not_authentic(account)
    _count(account, "handshake")
    return PlainTextResponse(text)


def _at_door(account: A | None) -> A:
    if account is None:
        metrics.webhooks.labels("unknown", "no_account").inc()
        raise HTTPException(404)
    seconds = rates.wait(
        account.max_requests_per_second, "webhook", account.channel, account.account_id
    )
    if seconds:
        _count(account, "too_fast")
        raise HTTPException(429, headers={"Retry-After": str(math.ceil(seconds))})
    return account


def _not_authentic(account: AccountModel) -> HTTPException:
    _count(account, "not_authentic")
    if not rates.wait(1, "log", account.channel, account.account_id):
        log.warning(
            "webhook is not authentic", channel=account.channel, account_id=account.account_id
        )
    return HTTPException(401, "not authentic")


def _count(account: AccountModel, outcome: str) -> None:
    metrics.webhooks.labels(account.channel, outcome).inc()
