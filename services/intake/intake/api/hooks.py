"""Webhooks: verify, keep raw with all that was read, answer."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import Request, Response

from intake.domain.items import Arrival
from intake.handlers.door import Door
from intake.handlers.doors import DOORS, Around, arrival, unparsed
from intake.handlers.keeping import Keeper
from shared import clock, webhooks
from shared.http.guard import allow_body
from shared.stores import Account
from shared.webhooks import Answer, Delivery, Scheme

_LARGE = 64 * 1024
_AROUND_A_MAIL = 256 * 1024
"""Octets of header fields and the service's own words beside the mail."""

Challenge = Callable[[Delivery, Any], str | Answer | None]


class Hooks:
    """The doors of all accounts whose vendor sends webhooks to intake."""

    def __init__(
        self,
        around: Around,
        keeper: Keeper,
        public_url: str | None = None,
        mail_octets: int | None = None,
    ) -> None:
        """`public_url` is where the world finds intake: some vendors sign the whole address.

        `mail_octets` is how large a mail may be; in a webhook it takes a third more (base64).
        """
        self._mail_octets = mail_octets
        self._around = around
        self._keeper = keeper
        self._public_url = public_url

    async def deliver(self, request: Request, channel: str, account_id: str) -> Response:
        """Take a delivery in; the order of what can go wrong is `shared.webhooks.receive`'s."""
        account, door = self._at(channel, account_id)
        if self._mail_octets is not None and door is not None and door.takes_mails:
            allow_body(request, self._mail_octets * 4 // 3 + _AROUND_A_MAIL)

        async def keep(delivery: Delivery, payload: Any) -> None:
            if account is not None:
                await self._keeper.keep(await self._read(delivery, payload, account))

        async def keep_unparsed(delivery: Delivery) -> None:
            if account is not None:
                told = await asyncio.to_thread(unparsed, delivery, account, clock.now())
                await self._keeper.keep(told)

        return await webhooks.receive(
            request,
            account=account,
            scheme=door.scheme if door else _NOBODY,
            keep=keep,
            keep_unparsed=keep_unparsed,
            public_url=self._public_url,
        )

    async def _read(self, delivery: Delivery, payload: Any, account: Account) -> Arrival:
        """What is large is read beside the event loop."""
        told = (delivery, payload, account, self._around, clock.now())
        if len(delivery.body) < _LARGE:
            return arrival(*told)
        return await asyncio.to_thread(arrival, *told)

    async def asked(self, request: Request, channel: str, account_id: str) -> Response:
        """A GET: a delivery where the vendor makes them so, else whether the address is ours.

        404 for a vendor that does neither.
        """
        account, door = self._at(channel, account_id)
        if door is not None and door.by_get:
            return await self.deliver(request, channel, account_id)
        challenge: Challenge = (door and door.handshake) or _nothing
        asks = account if challenge is not _nothing else None
        return await webhooks.handshake(request, account=asks, challenge=challenge)

    def _at(self, channel: str, account_id: str) -> tuple[Account | None, Door | None]:
        door = DOORS.get(channel)
        account = self._around.stores.account(channel, account_id) if door else None
        return account, door if account else None


_NOBODY = Scheme[Account](lambda _, __: False)


def _nothing(_: Delivery, __: Account) -> str | Answer | None:
    return None
