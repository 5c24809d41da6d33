"""Amazon's Selling Partner API, asked for an order and what was given back of it.

Sources: developer-docs.amazon.com/sp-api, "Connecting to the Selling Partner API" (the token of
Login with Amazon, `x-amz-access-token`), Orders API v2026-01-01 "getOrder", Finances API v0
"listFinancialEventsByOrderId".
"""

from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from intake.clients.granted import TIMEOUT, Granted, Tokens, granted, told
from intake.domain.shapes import obj
from shared import clock
from shared.errors import Refused, Unavailable
from shared.stores.accounts.shops import AmazonAccount

_WANTED = "BUYER,RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT,PACKAGES"


class SellingPartner:
    """One client for all sellers."""

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(timeout=TIMEOUT, trust_env=True)
        self._tokens = Tokens(self._renew)

    async def order(self, account: AmazonAccount, order_id: str) -> bytes:
        """The order and its refunds, as one JSON object: `order`, `refunds`.

        Raises `Refused` for an order that Amazon does not know, `Unavailable`.
        """
        named = quote(order_id, safe="")
        path = f"/orders/2026-01-01/orders/{named}"
        order = await self._get(account, path, {"includedData": _WANTED})
        if order is None:
            raise Refused("Amazon may not be asked for orders: the grant lacks the role")
        money = await self._get(account, f"/finances/v0/orders/{named}/financialEvents", {})
        events = obj(obj((money or {}).get("payload")).get("FinancialEvents"))
        told = {"order": order.get("order"), "refunds": events.get("RefundEventList")}
        return msgspec.json.encode(told)

    async def _get(
        self, account: AmazonAccount, path: str, query: dict[str, str]
    ) -> dict[str, Any] | None:
        """What Amazon tells; None of what the seller's grant does not let us see."""
        token = await self._tokens.of(account)
        try:
            answer = await self._http.get(
                f"{account.base_url}{path}", params=query, headers={"x-amz-access-token": token}
            )
        except httpx.HTTPError as why:
            raise Unavailable("Amazon") from why
        if answer.status_code == 403 and "Unauthorized" in answer.text and "role" in answer.text:
            return None
        if answer.status_code in (401, 403):
            # An ended token is 403 too.
            self._tokens.forget(account)
        if answer.status_code in (400, 404):
            raise Refused("Amazon knows no such order")
        if not answer.is_success:
            raise Unavailable(f"Amazon answers {answer.status_code}")
        return dict(told(answer, "Amazon"))

    async def _renew(self, account: AmazonAccount, refresh: str) -> Granted:
        if not account.client_secret:
            raise Refused("the account has no client_secret")
        asked = {
            "grant_type": "refresh_token",
            "refresh_token": refresh,
            "client_id": account.client_id,
            "client_secret": str(account.client_secret[0]),
        }
        try:
            answer = await self._http.post(f"{account.auth_url}/auth/o2/token", data=asked)
        except httpx.HTTPError as why:
            raise Unavailable("Login with Amazon") from why
        found = told(answer, "Login with Amazon")
        lasts = found.get("expires_in")
        until = clock.now().timestamp() + (lasts if isinstance(lasts, int) else 600)
        return granted(found, "Login with Amazon", until=until, refresh=refresh)

    async def close(self) -> None:
        """Let connections go."""
        await self._http.aclose()
