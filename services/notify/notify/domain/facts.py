"""What a notice says beside the order itself; kept with the notice until it is sent."""

from datetime import datetime

from msgspec import Struct

from shared.contracts.base import Money
from shared.contracts.intake import OrderLine
from shared.contracts.returns import CaseLine


class Facts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Taken from the event that caused the notice; which are set depends on its kind.

    `goods` are the lines it is about, by the shop's line ids; none means the whole order.
    """

    at: datetime
    carrier: str | None = None
    number: str | None = None
    tracking_url: str | None = None
    exception_kind: str | None = None
    silent_since: datetime | None = None
    goods: tuple[CaseLine, ...] = ()
    line_ids: tuple[str, ...] = ()
    amount: Money | None = None
    needs_person: bool = False
    basis: str | None = None
    send_by: datetime | None = None
    refund_due: datetime | None = None
    buyer_pays_return: bool | None = None
    why: str | None = None
    is_accepted: bool | None = None


class Recipient(Struct, frozen=True, kw_only=True):
    """Whom an order's notices go to, and what of the order they show.

    `version` is that of the newest order event heard; 0 is a stub that only holds the place.
    """

    version: int
    number: str = ""
    placed_at: datetime | None = None
    language: str | None = None
    country: str | None = None
    region: str | None = None
    name: str | None = None
    mail: str | None = None
    lines: tuple[OrderLine, ...] = ()
    total: Money | None = None
