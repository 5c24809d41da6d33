"""What routing keeps of customers and their orders."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.contracts.base import AgentId, ContactId, OrderId, StoreId


@dataclass(frozen=True)
class Contact:
    """One row of `contacts`; `languages` counts messages by language."""

    store_id: StoreId
    contact_id: ContactId
    seen_at: datetime
    mail: str | None = None
    phone: str | None = None
    locale: str | None = None
    languages: dict[str, int] = field(default_factory=dict)
    last_agent_id: AgentId | None = None


@dataclass(frozen=True)
class OrderFacts:
    """One row of `order_facts`. A stub, for an order only heard of, is not `is_known`.

    `time_zone` is what its address tells in a country of several, kept instead of city and post
    code, which nothing else needs. `shop_total` is in minor units of `shop_currency`, the shop's
    own.
    """

    store_id: StoreId
    order_id: OrderId
    is_known: bool
    version: int
    number: str | None = None
    contact_id: ContactId | None = None
    mail: str | None = None
    phone: str | None = None
    language: str | None = None
    country: str | None = None
    region: str | None = None
    time_zone: str | None = None
    placed_at: datetime | None = None
    shop_total: int | None = None
    shop_currency: str | None = None
