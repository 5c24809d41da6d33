"""TikTok Shop's Open API, asked for an order and its returns.

Sources: partner.tiktokshop.com, "Sign your API request" (hex of HMAC-SHA256 over secret, path,
sorted parameters, body, secret), "Get order detail" (202309), "Search returns" (202309), "Refresh
access token".
"""

import hmac
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from intake.clients.granted import TIMEOUT, Granted, Tokens, granted, told
from intake.domain.shapes import obj
from shared import clock
from shared.errors import Refused, Unavailable
from shared.stores.accounts.shops import TikTokShopAccount

_OF_TOKENS = frozenset({105000, 105001, 105002, 105003})
"""Codes of tokens that ended or are none."""
_NOT_GRANTED = frozenset({105005, 105006})
"""Codes of what the seller did not let us see."""


class TikTokShop:
    """One client for all shops."""

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(timeout=TIMEOUT, trust_env=True)
        self._tokens = Tokens(self._renew)

    async def order(self, account: TikTokShopAccount, order_id: str) -> bytes:
        """The order and its returns, as one JSON object: `data` with `orders`, `return_orders`.

        Raises `Refused` for an order that the shop does not know, `Unavailable`.
        """
        asked = {"ids": order_id}
        found = await self._ask(account, "GET", "/order/202309/orders", asked, b"")
        if found is None or not found.get("orders"):
            raise Refused("TikTok Shop tells of no such order")
        body = msgspec.json.encode({"order_ids": [order_id]})
        page = {"page_size": "50"}
        path = "/return_refund/202309/returns/search"
        returned = await self._ask(account, "POST", path, page, body) or {}
        told = {"orders": found["orders"], "return_orders": returned.get("return_orders") or []}
        return msgspec.json.encode({"data": told})

    async def _ask(
        self,
        account: TikTokShopAccount,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: bytes,
    ) -> dict[str, Any] | None:
        """`data` of the answer; None of what the seller's grant does not let us see."""
        token = await self._tokens.of(account)
        known = {
            **query,
            "app_key": account.app_key,
            "shop_cipher": account.shop_cipher,
            "timestamp": str(int(clock.now().timestamp())),
        }
        known["sign"] = signature(str(account.app_secret[0]), path, known, body)
        headers = {"x-tts-access-token": token, "content-type": "application/json"}
        try:
            answer = await self._http.request(
                method, f"{account.base_url}{path}", params=known, content=body, headers=headers
            )
        except httpx.HTTPError as why:
            raise Unavailable("TikTok Shop") from why
        found = told(answer, "TikTok Shop")
        code = found.get("code")
        if code == 0:
            return dict(obj(found.get("data")))
        if code in _NOT_GRANTED:
            return None
        if code in _OF_TOKENS:
            self._tokens.forget(account)
        raise Unavailable(f"TikTok Shop answers {answer.status_code}, code {code}"[:100])

    async def _renew(self, account: TikTokShopAccount, refresh: str) -> Granted:
        asked = {
            "app_key": account.app_key,
            "app_secret": str(account.app_secret[0]),
            "refresh_token": refresh,
            "grant_type": "refresh_token",
        }
        try:
            answer = await self._http.get(f"{account.auth_url}/api/v2/token/refresh", params=asked)
        except httpx.HTTPError as why:
            raise Unavailable("TikTok Shop's tokens") from why
        found = obj(told(answer, "TikTok Shop's tokens").get("data"))
        # Named like a span, it is a moment: seconds since 1970.
        until = found.get("access_token_expire_in")
        ends = float(until) if isinstance(until, int) else clock.now().timestamp() + 600
        return granted(found, "TikTok Shop's tokens", until=ends, refresh=refresh)

    async def close(self) -> None:
        """Let connections go."""
        await self._http.aclose()


def signature(secret: str, path: str, query: Mapping[str, str], body: bytes) -> str:
    """What TikTok Shop wants as `sign`: parameters sorted, `sign` and `access_token` left out."""
    pairs = "".join(
        f"{name}{query[name]}" for name in sorted(query) if name not in ("sign", "access_token")
    )
    signed = secret.encode() + path.encode() + pairs.encode() + body + secret.encode()
    return hmac.digest(secret.encode(), signed, "sha256").hex()
