"""What goes over the wire: CloudEvents 1.0 in binary mode on Kafka headers, JSON in the body."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha1
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID, uuid5

import msgspec
from asyncpg.pgproto import pgproto

from shared.contracts.base import Message, decode, wire_type

M_co = TypeVar("M_co", bound=Message, covariant=True)

_NAMESPACE = UUID("6d657269-6469-616e-8000-000000000001")


class Record(NamedTuple):
    """One record as Kafka gave it; `topic` is without the installation's prefix."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Heard(NamedTuple, Generic[M_co]):
    """A message with what travelled beside it. `said_at` is when its sayer committed it, UTC."""

    id: UUID
    message: M_co
    said_at: datetime
    correlation_id: UUID
    key: str
    record: Record


class Said(NamedTuple):
    """A message to say, because of `cause`. The correlation is the cause's own unless given."""

    message: Message
    cause: UUID
    correlation_id: UUID | None = None


@dataclass(frozen=True)
class Undecodable(Exception):
    """A record that is no message of ours, and why."""

    why: str


def cause_of(*parts: object) -> UUID:
    """A stable id for what causes a message outside Kafka: a request's key, a due row's version.

    >>> cause_of("timer", 7, 1) == cause_of("timer", 7, 1)
    True
    >>> cause_of("timer", 7, 1) == cause_of("timer", 71)
    False
    """
    return uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts))


def event_id(service: str, cause: UUID, type_name: str, ordinal: int) -> UUID:
    """The id of a message that `cause` makes `service` say; the same whenever it is said again.

    It is uuid5 (RFC 9562), computed without the standard library's detours.

    >>> from uuid import UUID, uuid5
    >>> cause = UUID("6d657269-6469-616e-8000-000000000002")
    >>> event_id("intake", cause, "OrderPaid", 0) == uuid5(cause, "intake/OrderPaid/0")
    True
    """
    name = _name(service, type_name, ordinal)
    raw = bytearray(sha1(cause.bytes + name, usedforsecurity=False).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x50
    raw[8] = raw[8] & 0x3F | 0x80
    found: UUID = pgproto.UUID(bytes(raw))
    return found


@lru_cache(1000)
def _name(service: str, type_name: str, ordinal: int) -> bytes:
    return f"{service}/{type_name}/{ordinal}".encode()


_VERSION = ("ce_specversion", b"1.0")
_JSON = ("content-type", b"application/json")


def headers(row: Mapping[str, Any], source: str) -> list[tuple[str, bytes]]:
    """The headers of an outbox row. The trace is the flow's, the span the event's own id."""
    event = row["event_id"].hex
    flow = row["correlation_id"].hex
    cause = row["cause_id"].hex
    return [
        _VERSION,
        ("ce_id", event.encode()),
        ("ce_source", source.encode()),
        ("ce_type", f"meridian.{row['type']}.v1".encode()),
        ("ce_time", row["said_at"].isoformat().encode()),
        ("ce_subject", row["key"].encode()),
        ("ce_storeid", row["store_id"].encode()),
        _JSON,
        ("traceparent", f"00-{flow}-{event[:16]}-01".encode()),
        ("ce_causationid", cause.encode()),
        ("ce_correlationid", flow.encode()),
    ]


def read(record: Record, types: Mapping[str, type[Message]]) -> Heard[Message] | None:
    """Turn a record into what was heard; None for a well-formed type nobody here listens to.

    `types` maps wire types to classes. Raises `Undecodable`.
    """
    # Anybody may have written it: a header without a value is no header.
    found = {name: value for name, value in record.headers if value is not None}
    try:
        kind = found["ce_type"].decode()
        identity = pgproto.UUID(found["ce_id"].decode())
        said_at = datetime.fromisoformat(found["ce_time"].decode())
    except (KeyError, ValueError) as why:
        raise Undecodable(f"headers: {type(why).__name__} {why}") from None
    message_type = types.get(kind)
    if message_type is None:
        return None
    if said_at.tzinfo is None:
        raise Undecodable("headers: ce_time has no offset")
    try:
        message = decode(message_type, record.value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as why:
        raise Undecodable(f"body: {why}") from None
    try:
        correlation = pgproto.UUID(found["ce_correlationid"].decode())
    except (KeyError, ValueError):
        correlation = identity
    key = record.key.decode(errors="replace") if record.key is not None else ""
    return Heard(identity, message, said_at, correlation, key, record)


def wire_types(types: Sequence[type[Message]]) -> dict[str, type[Message]]:
    """The classes by their wire type."""
    return {wire_type(message): message for message in types}
