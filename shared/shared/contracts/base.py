"""What every message is made of.

A message is a frozen `msgspec.Struct`. Its class name is its name everywhere: wire type
(`meridian.<Class>.v1`), log field, metric label, golden sample. Each class names the topic it
travels on and the field its order hangs on. Fields are only ever added, with defaults; a reader
ignores fields it does not know and reads unknown enum values as `unknown`.
"""

from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, NewType, Self, TypeVar, get_args, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

StoreId = NewType("StoreId", str)
AccountId = NewType("AccountId", str)
AgentId = NewType("AgentId", str)
ThreadId = NewType("ThreadId", UUID)
MessageId = NewType("MessageId", UUID)
ContactId = NewType("ContactId", UUID)
ConversationId = NewType("ConversationId", UUID)
ReplyId = NewType("ReplyId", UUID)
OrderId = NewType("OrderId", UUID)
ShipmentId = NewType("ShipmentId", UUID)
CaseId = NewType("CaseId", UUID)
RefundId = NewType("RefundId", UUID)
NotificationId = NewType("NotificationId", UUID)

Channel = NewType("Channel", str)
"""Name of a way in or out (`whatsapp`, `mail`, `chat`, `shopify` …), as in `stores.yaml`."""

Moment = Annotated[datetime, Meta(tz=True)]
"""An instant; always with an offset, UTC by custom."""

Language = Annotated[str, Meta(description="BCP 47 language tag, e.g. es, zh-Hant, pt-BR")]
Country = Annotated[str, Meta(description="ISO 3166-1 alpha-2 code, e.g. DE")]
Personal = Annotated[str, Meta(extra_json_schema={"x-personal": True})]
"""Text that tells something about a person; never in a repr, a log line or a metric."""


class OpenEnum(StrEnum):
    """An enum whose readers survive members added after them: what is unknown reads `unknown`."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls.__members__.get("UNKNOWN")


class ActorKind(OpenEnum):
    """Who can cause something."""

    AGENT = "agent"
    SERVICE = "service"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"


@cache
def _personal_fields(struct: type[Struct]) -> frozenset[str]:
    hints = get_type_hints(struct, include_extras=True)
    return frozenset(name for name, hint in hints.items() if _is_personal(hint))


def _is_personal(hint: Any) -> bool:
    for meta in getattr(hint, "__metadata__", ()):
        if isinstance(meta, Meta) and (meta.extra_json_schema or {}).get("x-personal"):
            return True
    return any(_is_personal(part) for part in get_args(hint) if part is not type(None))


class Part(Struct, frozen=True, kw_only=True):
    """A piece of a message. Its repr shows no personal field."""

    def __repr__(self) -> str:
        hidden = _personal_fields(type(self))
        shown = (
            f"{name}={'…' if name in hidden and value is not None else repr(value)}"
            for name in self.__struct_fields__
            for value in (getattr(self, name),)
        )
        return f"{type(self).__name__}({', '.join(shown)})"


class By(Part, frozen=True, kw_only=True):
    """The person or machine that acted."""

    kind: ActorKind
    id: str


class Money(Part, frozen=True, kw_only=True):
    """An amount of money in minor units (cents; yen have none) of an ISO 4217 currency."""

    amount: int
    currency: str


class Address(Part, frozen=True, kw_only=True):
    """Where a parcel goes. Only the country is not personal."""

    country: Country
    name: Personal | None = None
    lines: tuple[Personal, ...] = ()
    city: Personal | None = None
    region: Personal | None = None
    postal_code: Personal | None = None
    phone: Personal | None = None


class About(Part, frozen=True, kw_only=True):
    """The thing a message or conversation is about: kind is `order`, `shipment`, `case` …"""

    kind: str
    id: str


class ReplyRoute(Part, frozen=True, kw_only=True):
    """All that is needed to answer a customer where he wrote, without looking anything up.

    `peer` is the address on the channel: mail address, E.164 phone, vendor's user id, chat thread.
    `reply_to_id` is the vendor's id of the message answered; `window_until` ends the time in which
    the vendor lets us write freely (WhatsApp: 24 h after the customer's last message).
    """

    channel: Channel
    account_id: AccountId
    peer: Personal
    reply_to_id: str | None = None
    subject: Personal | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    window_until: Moment | None = None


class Message(Part, frozen=True, kw_only=True):
    """Anything said on Kafka. `occurred_at` is the world's time of the fact, not ours."""

    TOPIC: ClassVar[str] = ""
    KEY: ClassVar[tuple[str, ...]] = ()

    occurred_at: Moment

    @property
    def key(self) -> str:
        """The id of the thing whose order matters; also the CloudEvents subject."""
        found = [str(value) for name in self.KEY if (value := getattr(self, name)) is not None]
        return ":".join(found)


class Event(Message, frozen=True, kw_only=True):
    """A fact. `version` counts the events of one aggregate, one more for each."""

    store_id: StoreId
    version: int
    by: By | None = None


class Command(Message, frozen=True, kw_only=True):
    """A request with one address: the owner of the topic obeys it."""

    store_id: StoreId


def wire_type(message: type[Message]) -> str:
    """The CloudEvents type of a message class.

    >>> wire_type(Command)
    'meridian.Command.v1'
    """
    return f"meridian.{message.__name__}.v1"


M = TypeVar("M", bound=Message)
_encoder = msgspec.json.Encoder()


def encode(message: Message) -> bytes:
    """The JSON body of a message."""
    return _encoder.encode(message)


@cache
def _decoder(message: type[Message]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(message)


def decode(message: type[M], body: bytes) -> M:
    """Read a message of a known class from its JSON body.

    Raises `msgspec.ValidationError` or `msgspec.DecodeError` when the body is not one,
    `UnicodeDecodeError` when it is no UTF-8, `RecursionError` when it is nested too deep.
    """
    found: M = _decoder(message).decode(body)
    return found
