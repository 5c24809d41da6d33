"""Shops that are asked for whole orders: one line each."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from intake.clients.selling_partner import SellingPartner
from intake.clients.tiktok_shop import TikTokShop
from shared.errors import Refused
from shared.stores import Account


class ShopApis:
    """The APIs of all shops that have one."""

    def __init__(self) -> None:
        self._amazon, self._tiktok = SellingPartner(), TikTokShop()
        self._ways: Mapping[str, Callable[[Any, str], Awaitable[bytes]]] = {
            "amazon-sp-api": self._amazon.order,
            "tiktok-shop": self._tiktok.order,
        }

    async def order(self, account: Account, external_id: str) -> bytes:
        """An order as its shop's API tells it. Raises `Refused`, `Unavailable`."""
        way = self._ways.get(account.channel)
        if way is None or not getattr(account, "refresh_token", None):
            raise Refused("the account grants no access to orders")
        return await way(account, external_id)

    async def close(self) -> None:
        """Let connections go."""
        await self._amazon.close()
        await self._tiktok.close()
