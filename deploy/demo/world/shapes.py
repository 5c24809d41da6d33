"""What a story tells the world and what the world shows of itself; nothing of how it works."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class Try(BaseModel):
    """One sending of a webhook; `status` is None when no answer came."""

    status: int | None
    milliseconds: float


class Sent(BaseModel):
    """A webhook as it went out, and what became of every try."""

    webhook_id: UUID
    sender: str
    topic: str
    url: str
    headers: dict[str, str]
    body: str
    sent_at: float
    """Unix time just before the first try."""
    tries: list[Try] = []

    @property
    def is_taken(self) -> bool:
        """Whether the last try was answered with success."""
        status = self.tries[-1].status if self.tries else None
        return status is not None and 200 <= status < 300


class Kind(StrEnum):
    """How a server fails."""

    SLOW = "slow"
    """It does the work and answers late; its webhook may be there first."""
    ERROR = "error"
    """It does nothing and answers 500, by SMTP 451."""
    DROP = "drop"
    """It does the work; the connection breaks instead of an answer."""


class Fault(BaseModel):
    """The next `times` requests to a server fail in this way."""

    server: str
    """`whatsapp`, `aftership`, `shopify` or `smtp`."""
    kind: Kind
    times: int = 1
    seconds: float = 1.0
    """How late a slow answer is."""


class Mail(BaseModel):
    """A mail as its reader sees it, and what a machine needs to answer it."""

    arrived_at: float
    envelope_from: str
    envelope_to: list[str]
    sender: str
    to: str
    reply_to: str | None
    subject: str
    language: str | None
    """Content-Language, RFC 3282."""
    direction: str | None
    """`dir` of the HTML part: `rtl` for Arabic."""
    text: str
    html: str | None
    message_id: str | None
    in_reply_to: str | None
    references: str | None
    auto_submitted: str | None


class Handshake(BaseModel):
    """What the vendor's question whether the webhook is ours got for an answer."""

    status: int
    is_answered: bool


class Writes(BaseModel):
    """A customer writes to a shop; `phone` in E.164."""

    phone: str
    name: str
    text: str


class OnPhone(BaseModel):
    """A message that reached a customer's phone."""

    arrived_at: float
    phone_number_id: str
    to: str
    text: str
    wamid: str
    answers: str | None
    """The wamid it quotes."""


class Scan(BaseModel):
    """A carrier scans a parcel; `at` is now unless told."""

    tag: str
    subtag: str
    message: str
    location: str | None = None
    at: datetime | None = None


class Tracking(BaseModel):
    """A parcel at the aggregator."""

    account_id: str
    number: str
    slug: str
    registered_at: float
    asked: dict[str, Any]
    """The body of the request that registered it."""
    scans: list[Scan] = []


class Buyer(BaseModel):
    """Who buys, and where the parcel goes."""

    first_name: str
    last_name: str
    mail: str | None
    phone: str | None
    locale: str
    """As the shop's checkout writes it: `ja`, `de-DE`, `zh-HK`."""
    street: str
    city: str
    postal_code: str
    country: str
    """ISO 3166-1 alpha-2."""


class Line(BaseModel):
    """What is bought; `price` of one piece in the shop's currency."""

    title: str
    sku: str
    quantity: int
    price: Decimal


class Purchase(BaseModel):
    """A buyer orders; everything a story says about it."""

    buyer: Buyer
    lines: list[Line]
    currency: str
    """The shop's."""
    presented: str
    """The currency the buyer sees and pays in."""


class Ordered(BaseModel):
    """An order that a buyer placed, and the webhooks that told of it."""

    order_id: str
    number: str
    lines: list[str]
    """The shop's ids of the lines."""
    webhooks: list[Sent]


class Parcel(BaseModel):
    """The warehouse hands everything of an order to a carrier."""

    carrier: str | None
    number: str | None


class Repayment(BaseModel):
    """A refund the shop made."""

    shop: str
    order_id: str
    refund_id: str
    key: str
    amount: str
    currency: str
    note: str | None
    asked: int
    """How often it was asked for with this key."""
