"""Webhooks: verify, keep raw with all that was read, answer."""

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response

from intake.handlers.doors import DOORS, arrival
from intake.handlers.keeping import Keeper
from shared import clock, webhooks
from shared.stores import Account, Stores
from shared.webhooks import Delivery


class Hooks:
    """The doors of all accounts whose vendor sends webhooks to intake."""

    def __init__(self, stores: Stores, keeper: Keeper) -> None:
        self._stores = stores
        self._keeper = keeper

    async def deliver(self, request: Request, channel: str, account_id: str) -> Response:
        """Take a delivery in; the order of what can go wrong is `shared.webhooks.receive`'s."""
        account = self._account(channel, account_id)

        async def keep(delivery: Delivery, payload: Any) -> None:
            if account is not None:
                await self._keeper.keep(
                    arrival(delivery, payload, account, self._stores, clock.now())
                )

        verify: Callable[[Delivery, Any], bool] = DOORS[channel].verify if account else _never
        return await webhooks.receive(request, account=account, verify=verify, keep=keep)

    async def handshake(self, request: Request, channel: str, account_id: str) -> Response:
        """Answer a vendor that asks whether the address is ours; 404 for one that never does."""
        account = self._account(channel, account_id)
        door = DOORS[channel] if account else None
        challenge: Callable[[Delivery, Any], str | None] = (door and door.handshake) or _nothing
        asks = account if challenge is not _nothing else None
        return await webhooks.handshake(request, account=asks, challenge=challenge)

    def _account(self, channel: str, account_id: str) -> Account | None:
        return self._stores.account(channel, account_id) if channel in DOORS else None


def _never(_: Delivery, __: Account) -> bool:
    return False


def _nothing(_: Delivery, __: Account) -> str | None:
    return None
