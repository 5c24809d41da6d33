"""The part of Shopify's Admin GraphQL API that refunds need, with its types.

A client's document is checked against them as the vendor would. After
shopify.dev/docs/api/admin-graphql/2026-10 (Order, OrderTransaction, refundCreate, RefundInput) and
shopify.dev/docs/api/usage/idempotent-requests: a refund without a key is an error since 2026-04.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, build_schema, graphql_sync
from graphql.execution import get_directive_values

_SCHEMA = build_schema(
    """
    "Names the operation, so that a request repeated is carried out once."
    directive @idempotent(key: String!) on FIELD

    scalar DateTime
    scalar Decimal
    scalar Money
    scalar UnsignedInt64

    enum CurrencyCode { EUR HKD JPY USD }
    enum OrderTransactionKind { AUTHORIZATION CAPTURE CHANGE EMV_AUTHORIZATION REFUND SALE
        SUGGESTED_REFUND VOID }
    enum OrderTransactionStatus { AWAITING_RESPONSE ERROR FAILURE PENDING SUCCESS UNKNOWN }
    enum RefundLineItemRestockType { CANCEL LEGACY_RESTOCK NO_RESTOCK RETURN }

    type MoneyV2 { amount: Decimal! currencyCode: CurrencyCode! }
    type MoneyBag { presentmentMoney: MoneyV2! shopMoney: MoneyV2! }
    type UserError { field: [String!] message: String! }

    type OrderTransaction {
        id: ID!
        kind: OrderTransactionKind!
        status: OrderTransactionStatus!
        gateway: String
        amountSet: MoneyBag!
        parentTransaction: OrderTransaction
        createdAt: DateTime
        processedAt: DateTime
        test: Boolean!
    }
    type OrderTransactionConnection { nodes: [OrderTransaction!]! }
    type Refund {
        id: ID!
        legacyResourceId: UnsignedInt64!
        note: String
        createdAt: DateTime
        totalRefundedSet: MoneyBag!
        transactions(first: Int): OrderTransactionConnection!
    }
    type Order {
        id: ID!
        name: String!
        currencyCode: CurrencyCode!
        presentmentCurrencyCode: CurrencyCode!
        transactions(first: Int, capturable: Boolean, manuallyResolvable: Boolean)
            : [OrderTransaction!]!
        refunds(first: Int): [Refund!]!
    }

    input OrderTransactionInput {
        amount: Money!
        gateway: String!
        kind: OrderTransactionKind!
        orderId: ID!
        parentId: ID
    }
    input RefundLineItemInput {
        lineItemId: ID!
        quantity: Int!
        locationId: ID
        restockType: RefundLineItemRestockType
    }
    input ShippingRefundInput { amount: Money fullRefund: Boolean }
    input RefundInput {
        orderId: ID!
        allowOverRefunding: Boolean = false
        currency: CurrencyCode
        note: String
        notify: Boolean
        processedAt: DateTime
        refundLineItems: [RefundLineItemInput!]
        shipping: ShippingRefundInput
        transactions: [OrderTransactionInput!]
    }
    type RefundCreatePayload { order: Order refund: Refund userErrors: [UserError!]! }

    type Query { order(id: ID!): Order }
    type Mutation { refundCreate(input: RefundInput!): RefundCreatePayload }
    """
)

_IDEMPOTENT = next(each for each in _SCHEMA.directives if each.name == "idempotent")

Refund = dict[str, Any]
Order = dict[str, Any]


class UserMistake(Exception):
    """What the vendor tells in `userErrors`; the request itself was understood."""


class Admin:
    """What a document may ask of one shop."""

    def __init__(
        self,
        find: Callable[[str], tuple[Order, list[dict[str, Any]]] | None],
        refund: Callable[[str, dict[str, Any]], Refund],
    ) -> None:
        self._find = find
        self._refund = refund

    def answer(self, document: str, variables: dict[str, Any] | None) -> dict[str, Any]:
        """Carry out a document; what is wrong with it stands under `errors`."""
        root = {"order": self._order, "refundCreate": self._create}
        return dict(
            graphql_sync(_SCHEMA, document, root_value=root, variable_values=variables).formatted
        )

    def _order(self, info: GraphQLResolveInfo[Any], id: str) -> dict[str, Any] | None:
        found = self._find(id)
        return found and _shown_order(*found)

    def _create(self, info: GraphQLResolveInfo[Any], input: dict[str, Any]) -> dict[str, Any]:
        given = get_directive_values(_IDEMPOTENT, info.field_nodes[0], info.variable_values)
        if not given:
            raise GraphQLError(
                "The @idempotent directive is required for this mutation but was not provided.",
                extensions={"code": "BAD_REQUEST"},
            )
        try:
            refund = self._refund(given["key"], input)
        except UserMistake as mistake:
            error = {"field": ["input"], "message": str(mistake)}
            return {"order": None, "refund": None, "userErrors": [error]}
        order = self._order(info, input["orderId"])
        return {"order": order, "refund": _shown_refund(refund), "userErrors": []}


def amount_of(text: str) -> Decimal:
    """Read the scalar Money; raise UserMistake when it is none."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise UserMistake("Amount is not a number") from error


def _shown_order(order: Order, transactions: list[dict[str, Any]]) -> dict[str, Any]:
    shown = {transaction["id"]: _shown_transaction(transaction) for transaction in transactions}
    for transaction in transactions:
        shown[transaction["id"]]["parentTransaction"] = shown.get(transaction["parent_id"])
    # The excerpt's `first` cuts nothing off: a story's order has a handful of transactions.
    return {
        "id": order["admin_graphql_api_id"],
        "name": order["name"],
        "currencyCode": order["currency"],
        "presentmentCurrencyCode": order["presentment_currency"],
        "transactions": lambda info, **asked: list(shown.values())[: asked.get("first")],
        "refunds": lambda info, **asked: [_shown_refund(refund) for refund in order["refunds"]],
    }


def _shown_transaction(transaction: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/OrderTransaction/{transaction['id']}",
        "kind": transaction["kind"].upper(),
        "status": transaction["status"].upper(),
        "gateway": transaction["gateway"],
        "amountSet": _shown_money(transaction["amount_set"]),
        "parentTransaction": None,
        "createdAt": transaction.get("created_at"),
        "processedAt": transaction.get("processed_at"),
        "test": False,
    }


def _shown_refund(refund: Refund) -> dict[str, Any]:
    transactions = [_shown_transaction(transaction) for transaction in refund["transactions"]]
    return {
        "id": refund["admin_graphql_api_id"],
        "legacyResourceId": str(refund["id"]),
        "note": refund["note"],
        "createdAt": refund["created_at"],
        "totalRefundedSet": transactions[0]["amountSet"],
        "transactions": lambda info, **asked: {"nodes": transactions},
    }


def _shown_money(both: dict[str, Any]) -> dict[str, Any]:
    return {
        "presentmentMoney": _shown_amount(both["presentment_money"]),
        "shopMoney": _shown_amount(both["shop_money"]),
    }


def _shown_amount(money: dict[str, str]) -> dict[str, str]:
    return {"amount": money["amount"], "currencyCode": money["currency_code"]}
