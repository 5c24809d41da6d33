"""What callers send and what they get back."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from returns.domain.reasons import REASONS

LineId = Annotated[str, Field(min_length=1, max_length=100)]
Handle = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]


def _known_reason(handle: str) -> str:
    if handle not in REASONS:
        raise ValueError(f"no such reason; one of {', '.join(sorted(REASONS))}")
    return handle


class _In(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class LineIn(_In):
    """Pieces of one line of the order; `line_id` is the shop's."""

    line_id: LineId
    quantity: int = Field(ge=1, le=100_000)


class Informed(_In):
    """What the buyer was told before he bought; absent: what the shop tells everybody."""

    of_right: bool | None = None
    of_return_cost: bool | None = None


class CaseIn(_In):
    """A buyer wants to give something back."""

    store_id: str
    order_id: UUID | None = None
    order_number: str | None = Field(default=None, min_length=1, max_length=100)
    """The number the buyer knows, instead of `order_id`."""
    lines: tuple[LineIn, ...] | None = Field(default=None, min_length=1, max_length=500)
    """Absent: everything that is left of the order."""
    reason: Annotated[str, AfterValidator(_known_reason)] = "no_reason"
    noticed_at: AwareDatetime | None = None
    """When the buyer sent his notice, if that was before this request."""
    informed: Informed = Informed()

    @model_validator(mode="after")
    def _names_one_order(self) -> Self:
        if (self.order_id is None) == (self.order_number is None):
            raise ValueError("give order_id or order_number, one of them")
        return self


class DecisionIn(_In):
    """A person decides what no rule may."""

    decision: Literal["authorise", "decline"]
    basis: Literal["withdrawal", "conformity", "shop_policy"] = "shop_policy"
    """The ground of an authorisation."""
    buyer_pays_return: bool | None = None
    why: Handle = "person_decided"
    """Stable handle of why it is declined."""


class InspectionIn(_In):
    """What the inspection found. Grades: A unworn, tags on … E damaged or altered."""

    grade: Literal["A", "B", "C", "D", "E"]
    is_accepted: bool


class RefundIn(_In):
    """How much to give back; absent: what the goods are worth."""

    amount: int | None = Field(default=None, ge=1)
    """Minor units of the currency the buyer was shown."""


class LineOut(BaseModel):
    """Pieces that come back."""

    line_id: str
    quantity: int


class RefundOut(BaseModel):
    """The refund of a case; amounts in minor units."""

    refund_id: UUID
    amount: int
    currency: str
    state: str
    attempts: int
    external_refund_id: str | None
    why: str | None


class EntryOut(BaseModel):
    """One line of the case's history."""

    version: int
    type: str
    at: datetime
    by: str
    """Kind and id of who acted, `kind/id`."""
    state: str
    detail: dict[str, Any]


class CaseOut(BaseModel):
    """A case as it stands. Moments are UTC; `send_by` and `refund_due` are the last second of a
    day in `time_zone`, the buyer's."""

    case_id: UUID
    store_id: str
    order_id: UUID
    state: str
    reason: str
    requested_at: datetime
    needs_person: bool
    why: str | None
    basis: str | None
    policy: str | None
    closes_at: datetime | None
    send_by: datetime | None
    refund_due: datetime | None
    buyer_pays_return: bool | None
    country: str | None
    language: str | None
    time_zone: str
    grade: str | None
    lines: list[LineOut]
    refund: RefundOut | None
    history: list[EntryOut]
