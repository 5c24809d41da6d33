"""Shopify shops: buyers order, warehouses fulfil, the Admin API refunds, webhooks tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from deploy.demo.world.shapes import Ordered, Parcel, Purchase, Repayment, Sent
from deploy.demo.world.shop_orders import Ids, fulfilment_of, order_of, payment_of, refund_of
from deploy.demo.world.shopify_graphql import Admin, UserMistake, amount_of
from deploy.demo.world.webhooks import Webhooks, base64_signature, encoded
from shared.clock import now
from shared.stores import ShopifyAccount

_VERSION = "2026-10"


class Question(BaseModel):
    """A GraphQL request."""

    query: str
    variables: dict[str, Any] | None = None


@dataclass
class _Shop:
    account: ShopifyAccount
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    transactions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refunds: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    """By idempotency key: what was asked, and the refund."""
    repayments: dict[str, Repayment] = field(default_factory=dict)


class Shopify:
    """Every shop."""

    def __init__(
        self, accounts: Mapping[str, ShopifyAccount], hooks: str, webhooks: Webhooks
    ) -> None:
        self._shops = {shop: _Shop(account) for shop, account in accounts.items()}
        self._hooks = hooks
        self._webhooks = webhooks
        self._ids = Ids()

    @property
    def repayments(self) -> list[Repayment]:
        """All refunds of all shops."""
        return [made for shop in self._shops.values() for made in shop.repayments.values()]

    def routes(self) -> APIRouter:
        """The Admin API under `/shopify/{shop}`, buyers and warehouses under `/world/shops`."""
        router = APIRouter()

        @router.post("/shopify/{shop}/graphql.json", tags=["vendors"])
        async def graphql(
            shop: str, question: Question, x_shopify_access_token: str = Header(default="")
        ) -> JSONResponse:
            known = self._shops.get(shop)
            if known is None or x_shopify_access_token not in known.account.access_token:
                errors = (
                    "[API] Invalid API key or access token (unrecognized login or wrong password)"
                )
                return JSONResponse({"errors": errors}, 401)
            return JSONResponse(self._admin(known).answer(question.query, question.variables))

        @router.post("/world/shops/{shop}/orders", tags=["world"])
        async def order(shop: str, purchase: Purchase) -> Ordered:
            return await self._order(self._shop(shop), purchase)

        @router.post("/world/shops/{shop}/orders/{order_id}/fulfilments", tags=["world"])
        async def fulfil(shop: str, order_id: str, parcel: Parcel) -> Ordered:
            return await self._fulfil(self._shop(shop), order_id, parcel)

        @router.get("/world/refunds", tags=["world"])
        async def refunds() -> list[Repayment]:
            return self.repayments

        return router

    def _shop(self, name: str) -> _Shop:
        shop = self._shops.get(name)
        if shop is None:
            raise HTTPException(404, "no such shop")
        return shop

    async def _order(self, shop: _Shop, purchase: Purchase) -> Ordered:
        order = order_of(purchase, shop.account.account_id, self._ids)
        gid = order["admin_graphql_api_id"]
        shop.orders[gid] = order
        shop.transactions[gid] = [payment_of(order, self._ids)]
        return await self._tell_order(shop, order, {"orders/create": order, "orders/paid": order})

    async def _fulfil(self, shop: _Shop, order_id: str, parcel: Parcel) -> Ordered:
        order = shop.orders.get(f"gid://shopify/Order/{order_id}")
        if order is None:
            raise HTTPException(404, "no such order")
        fulfilment = fulfilment_of(order, parcel.carrier, parcel.number, self._ids)
        order["fulfillments"].append(fulfilment)
        order["fulfillment_status"] = "fulfilled"
        told = {"fulfillments/create": fulfilment, "orders/updated": order}
        return await self._tell_order(shop, order, told)

    async def _tell_order(
        self, shop: _Shop, order: dict[str, Any], told: dict[str, dict[str, Any]]
    ) -> Ordered:
        return Ordered(
            order_id=str(order["id"]),
            number=order["name"],
            lines=[str(line["id"]) for line in order["line_items"]],
            webhooks=[await self._tell(shop, topic, payload) for topic, payload in told.items()],
        )

    def _admin(self, shop: _Shop) -> Admin:
        def find(gid: str) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
            order = shop.orders.get(gid)
            return (order, shop.transactions[gid]) if order else None

        def refund(key: str, asked: dict[str, Any]) -> dict[str, Any]:
            return self._refund(shop, key, asked)

        return Admin(find, refund)

    def _refund(self, shop: _Shop, key: str, asked: dict[str, Any]) -> dict[str, Any]:
        if key in shop.refunds:
            before, refund = shop.refunds[key]
            if before != asked:
                raise UserMistake(
                    "The same idempotency key cannot be used with different operation parameters."
                )
            shop.repayments[key].asked += 1
            return refund
        order, payment, amount = _checked(shop, asked)
        refund = refund_of(order, payment, amount, asked.get("note"), self._ids)
        order["refunds"].append(refund)
        for made in refund["transactions"]:
            shop.transactions[order["admin_graphql_api_id"]].append(made)
        shop.refunds[key] = (asked, refund)
        shop.repayments[key] = Repayment(
            shop=shop.account.account_id,
            order_id=str(order["id"]),
            refund_id=str(refund["id"]),
            key=key,
            amount=refund["transactions"][0]["amount"],
            currency=refund["transactions"][0]["currency"],
            note=refund["note"],
            asked=1,
        )
        self._webhooks.later(self._tell(shop, "refunds/create", refund))
        return refund

    async def _tell(self, shop: _Shop, topic: str, payload: dict[str, Any]) -> Sent:
        account, body = shop.account, encoded(payload)
        headers = {
            "x-shopify-topic": topic,
            "x-shopify-shop-domain": account.account_id,
            "x-shopify-hmac-sha256": base64_signature(account.webhook_secret[0], body),
            "x-shopify-webhook-id": str(uuid4()),
            "x-shopify-event-id": str(uuid4()),
            "x-shopify-triggered-at": now().isoformat(),
            "x-shopify-api-version": _VERSION,
        }
        url = f"{self._hooks}/hooks/shopify/{account.account_id}"
        return await self._webhooks.send("shopify", topic, url, headers, body)


def _checked(shop: _Shop, asked: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], Decimal]:
    order = shop.orders.get(asked["orderId"])
    if order is None:
        raise UserMistake("Order does not exist")
    if order["currency"] != order["presentment_currency"] and (
        asked.get("currency") != order["presentment_currency"]
    ):
        raise UserMistake("Currency must be the presentment currency of the order")
    repaid = asked.get("transactions") or []
    if len(repaid) != 1:
        raise UserMistake("Exactly one transaction is understood here")
    payment = _parent(shop, repaid[0])
    amount = amount_of(repaid[0]["amount"])
    paid = Decimal(payment["amount_set"]["presentment_money"]["amount"])
    before = sum((Decimal(r["transactions"][0]["amount"]) for r in order["refunds"]), Decimal())
    if not 0 < amount <= paid - before:
        raise UserMistake("Refund amount cannot be more than what is left to refund")
    return order, payment, amount


def _parent(shop: _Shop, repaid: dict[str, Any]) -> dict[str, Any]:
    for transaction in shop.transactions.get(repaid["orderId"], []):
        if f"gid://shopify/OrderTransaction/{transaction['id']}" == repaid.get("parentId"):
            if transaction["kind"] not in ("SALE", "CAPTURE"):
                raise UserMistake("The parent transaction must be of kind CAPTURE or SALE")
            if repaid["kind"] != "REFUND" or repaid["gateway"] != transaction["gateway"]:
                raise UserMistake("Kind or gateway is not that of the payment")
            return transaction
    raise UserMistake("The parent transaction does not exist")
