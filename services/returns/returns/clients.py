"""Shopify's Admin API, GraphQL over HTTP: what was paid on an order, and giving it back.

`refundCreate` takes effect once per key (`@idempotent`, required since 2026-04), which the shop
remembers for 24 hours (shopify.dev/docs/api/usage/implementing-idempotency). The refund's note
carries our id for ever, so before each attempt we look whether the refund is there already.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from returns.domain import money
from shared.errors import Refused, Unavailable
from shared.stores import ShopifyAccount

ORDER = """
query OrderPayments($id: ID!) {
  order(id: $id) {
    id
    transactions(first: 100) {
      id kind status gateway
      amountSet { presentmentMoney { amount currencyCode } }
      parentTransaction { id }
    }
    refunds(first: 100) { id note transactions(first: 10) { nodes { status } } }
  }
}
"""
REFUND = """
mutation Refund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id transactions(first: 10) { nodes { status } } }
    userErrors { field message }
  }
}
"""
_RETRY_STATUS = frozenset({401, 402, 403, 404, 408, 423, 425, 429})
"""Besides what passes by itself: a token, an unpaid bill or an address that a person puts right
(shopify.dev/docs/api/usage/response-codes); an order that is not there is a 200 of GraphQL."""
_RETRY_CODES = frozenset({"THROTTLED", "INTERNAL_SERVER_ERROR", "TIMEOUT"})
_IN_PROGRESS = "currently in progress"
_NOT_PAID = frozenset({"ERROR", "FAILURE"})


class Payment(Struct, frozen=True, kw_only=True):
    """Money the shop took and can give back; `left` in minor units as presented."""

    payment_id: str
    gateway: str
    left: int


class Part(Struct, frozen=True, kw_only=True):
    """What of a refund goes back on one payment; `amount` as the shop writes it."""

    payment_id: str
    gateway: str
    amount: str


class Plan(Struct, frozen=True, kw_only=True):
    """A refund as it is asked for; the same key must always ask for the same."""

    external_order_id: str
    currency: str
    note: str
    parts: tuple[Part, ...]


def plan(
    external_order_id: str, amount: int, currency: str, note: str, payments: Sequence[Payment]
) -> Plan:
    """Spread an amount (minor units) over the payments, oldest first.

    Raises `Refused` when they do not hold it.
    """
    parts, missing = [], amount
    for payment in payments:
        share = min(missing, payment.left)
        if share > 0:
            parts.append(
                Part(
                    payment_id=payment.payment_id,
                    gateway=payment.gateway,
                    amount=money.written(share, currency),
                )
            )
            missing -= share
    if missing:
        raise Refused("the shop's payments do not hold so much")
    return Plan(
        external_order_id=external_order_id, currency=currency, note=note, parts=tuple(parts)
    )


def asked_for(wanted: Plan) -> dict[str, Any]:
    """A plan as Shopify's `RefundInput`: in presentment currency, without a mail of the shop's."""
    order_id = _gid("Order", wanted.external_order_id)
    return {
        "orderId": order_id,
        "currency": wanted.currency,
        "note": wanted.note,
        "notify": False,
        "transactions": [
            {
                "orderId": order_id,
                "parentId": part.payment_id,
                "gateway": part.gateway,
                "kind": "REFUND",
                "amount": part.amount,
            }
            for part in wanted.parts
        ],
    }


class _Money(Struct, rename="camel"):
    amount: str
    currency_code: str


class _Bag(Struct, rename="camel"):
    presentment_money: _Money


class _Id(Struct):
    id: str


class _Transaction(Struct, rename="camel"):
    id: str
    kind: str
    status: str
    amount_set: _Bag
    gateway: str | None = None
    parent_transaction: _Id | None = None

    def amount(self, currency: str) -> int:
        """In minor units; nothing when it is in another currency."""
        shown = self.amount_set.presentment_money
        return money.read(shown.amount, currency) if shown.currency_code == currency else 0


class _Status(Struct):
    status: str


class _Statuses(Struct):
    nodes: list[_Status]


class _Refund(Struct):
    id: str
    transactions: _Statuses
    note: str | None = None

    def made(self) -> str:
        """The refund's id, once the money is on its way.

        Raises `Refused` when the payment provider did not pay it, `Unavailable` while it has not
        said (OrderTransactionStatus: PENDING, AWAITING_RESPONSE, UNKNOWN).
        """
        if any(node.status in _NOT_PAID for node in self.transactions.nodes):
            raise Refused("the shop's payment provider did not pay the refund")
        if any(node.status != "SUCCESS" for node in self.transactions.nodes):
            raise Unavailable("the shop's payment provider has not paid the refund yet")
        return self.id


class _Order(Struct):
    transactions: list[_Transaction]
    refunds: list[_Refund]


class _UserError(Struct):
    message: str


class _Created(Struct, rename="camel"):
    user_errors: list[_UserError]
    refund: _Refund | None = None


class _Data(Struct, rename="camel"):
    order: _Order | None = None
    refund_create: _Created | None = None


class _Error(Struct):
    message: str
    extensions: dict[str, Any] = {}


class _Answer(Struct):
    data: _Data | None = None
    errors: list[_Error] | str = ""


class Shopify:
    """One shop. Every call raises `Unavailable` when its outcome is unknown or it may succeed
    later, `Refused` when the shop says no. `timeout` in seconds bounds each question."""

    def __init__(self, account: ShopifyAccount, http: httpx.AsyncClient, *, timeout: float) -> None:
        self._url = f"{account.base_url}/graphql.json"
        self._headers = {"X-Shopify-Access-Token": account.access_token[0]}
        self._http = http
        self._timeout = timeout

    async def payments(self, external_order_id: str, currency: str) -> tuple[Payment, ...]:
        """What was paid on an order in the currency the buyer was shown, oldest first."""
        taken = (await self._order(external_order_id)).transactions
        return tuple(
            Payment(
                payment_id=one.id,
                gateway=one.gateway or "",
                left=one.amount(currency) - _given_back(one.id, taken, currency),
            )
            for one in taken
            if one.kind in ("SALE", "CAPTURE") and one.status == "SUCCESS"
        )

    async def refund_noted(self, external_order_id: str, note: str) -> str | None:
        """The shop's id of the order's refund that carries this note, if there is one."""
        for refund in (await self._order(external_order_id)).refunds:
            if refund.note == note:
                return refund.made()
        return None

    async def refund(self, wanted: Plan, key: str) -> str:
        """Give money back, once per key; the shop's id of the refund."""
        created = (await self._ask(REFUND, {"input": asked_for(wanted), "key": key})).refund_create
        _refuse_errors([error.message for error in created.user_errors] if created else [])
        if created is None or created.refund is None:
            raise Unavailable("the shop answered neither refund nor error")
        return created.refund.made()

    async def _order(self, external_order_id: str) -> _Order:
        order = (await self._ask(ORDER, {"id": _gid("Order", external_order_id)})).order
        if order is None:
            raise Refused("the shop does not know the order")
        return order

    async def _ask(self, document: str, variables: dict[str, Any]) -> _Data:
        question = {"query": document, "variables": variables}
        try:
            # httpx bounds each read; a server that drips would hold us for ever without this.
            async with asyncio.timeout(self._timeout):
                answer = await self._http.post(self._url, json=question, headers=self._headers)
        except (httpx.TransportError, TimeoutError) as error:
            raise Unavailable(f"shop: {type(error).__name__}") from error
        if answer.status_code >= 500 or answer.status_code in _RETRY_STATUS:
            raise Unavailable(f"shop answered {answer.status_code}")
        if answer.status_code != 200:
            raise Refused(f"shop answered {answer.status_code}")
        try:
            body = msgspec.json.decode(answer.content, type=_Answer)
        except (ValueError, RecursionError) as error:  # also for octets that are no UTF-8
            raise Unavailable("shop answered something else") from error
        if body.errors:
            _refuse_top_level(body.errors)
        return body.data or _Data()


def _refuse_errors(messages: Sequence[str]) -> None:
    """`userErrors` of refundCreate have no code (UserError: field, message)."""
    if any(_IN_PROGRESS in message for message in messages):
        raise Unavailable("the shop is still at an earlier attempt")
    if messages:
        raise Refused("; ".join(messages))


def _refuse_top_level(errors: list[_Error] | str) -> None:
    if isinstance(errors, str):
        raise Refused(errors)
    codes = {str(error.extensions.get("code")) for error in errors}
    if codes & _RETRY_CODES:
        raise Unavailable(f"shop: {', '.join(sorted(codes))}")
    raise Refused("; ".join(error.message for error in errors))


def _gid(kind: str, shop_id: str) -> str:
    """Shopify's global id of what a webhook names by number.

    >>> _gid("Order", "820982911946154508")
    'gid://shopify/Order/820982911946154508'
    """
    return shop_id if shop_id.startswith("gid://") else f"gid://shopify/{kind}/{shop_id}"


def _given_back(payment_id: str, taken: Sequence[_Transaction], currency: str) -> int:
    return sum(
        one.amount(currency)
        for one in taken
        if one.kind == "REFUND"
        and one.status in ("SUCCESS", "PENDING")
        and one.parent_transaction
        and one.parent_transaction.id == payment_id
    )
