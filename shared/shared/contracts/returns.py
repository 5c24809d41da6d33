"""What returns says: a case from request to refund."""

from typing import ClassVar

from shared.contracts.base import (
    CaseId,
    ContactId,
    Country,
    Event,
    Language,
    Moment,
    Money,
    OpenEnum,
    OrderId,
    Part,
    RefundId,
)


class Basis(OpenEnum):
    """The ground a return stands on: the buyer's right by law, or the shop's own policy."""

    WITHDRAWAL = "withdrawal"
    CONFORMITY = "conformity"
    SHOP_POLICY = "shop_policy"
    UNKNOWN = "unknown"


class CaseLine(Part, frozen=True, kw_only=True):
    """What comes back; `line_id` is the shop's."""

    line_id: str
    quantity: int


class _CaseEvent(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "returns.cases.v1"
    KEY: ClassVar[tuple[str, ...]] = ("case_id",)

    case_id: CaseId
    order_id: OrderId
    order_number: str | None = None
    """Number the buyer knows the order by."""
    contact_id: ContactId | None = None
    country: Country | None = None
    """Where the goods were delivered; it picks the law."""
    language: Language | None = None


class ReturnRequested(_CaseEvent, frozen=True, kw_only=True):
    """A buyer wants to give something back.

    `needs_person` tells that no rule may decide it, `why` the reason.
    """

    reason: str
    lines: tuple[CaseLine, ...]
    needs_person: bool = False
    why: str | None = None


class ReturnAuthorised(_CaseEvent, frozen=True, kw_only=True):
    """The buyer may send it back, until `send_by` where the law or policy sets an end."""

    basis: Basis
    policy: str
    """Which row and version of the policy file decided."""
    send_by: Moment | None = None
    buyer_pays_return: bool | None = None
    refund_due: Moment | None = None


class ReturnDeclined(_CaseEvent, frozen=True, kw_only=True):
    """Neither law nor policy covers it; `why` is a stable handle, not prose."""

    why: str
    policy: str


class ReturnReceived(_CaseEvent, frozen=True, kw_only=True):
    """The warehouse has it."""


class ReturnInspected(_CaseEvent, frozen=True, kw_only=True):
    """It was looked at; `is_accepted` tells whether a refund follows."""

    grade: str
    is_accepted: bool
    note_key: str | None = None


class RefundOrdered(_CaseEvent, frozen=True, kw_only=True):
    """The refund is decided; `refund_id` is our key for it everywhere."""

    refund_id: RefundId
    amount: Money
    """As presented to the buyer."""


class RefundIssued(_CaseEvent, frozen=True, kw_only=True):
    """The shop paid it back; `external_refund_id` is the shop's."""

    refund_id: RefundId
    amount: Money
    external_refund_id: str


class ReturnClosed(_CaseEvent, frozen=True, kw_only=True):
    """Nothing more will happen in this case."""

    outcome: str
