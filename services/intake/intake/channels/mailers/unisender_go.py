"""UniSender Go: events of mails. It takes no mail in.

Source: godocs.unisender.ru, "Web API: callback format" (`auth`: MD5 of the body as compact JSON
with the API key in the place of `auth`; several events at once, or one by itself).
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime

from intake.channels.mailers.events import Fate, Told, entry, of_no_concern
from intake.channels.mailers.proofs import proven, shared
from intake.domain.items import Came, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.times import from_iso
from shared.stores.accounts.mail import UniSenderGoAccount
from shared.webhooks import Delivery, equal


def verify(delivery: Delivery, account: UniSenderGoAccount) -> bool:
    """Whether the body carries the digest that only the holder of an API key can make."""
    signed = _is_signed(delivery, account) if account.api_key else None
    return proven(signed, shared(delivery, account.webhook_secret))


def _is_signed(delivery: Delivery, account: UniSenderGoAccount) -> bool:
    try:
        body = json.loads(delivery.body)
        given = body["auth"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    if not isinstance(given, str) or not given:
        return False
    found = []
    for key in account.api_key:
        # Whoever wrote the JSON, the digest is over one compact form of it, with or without
        # slashes escaped (PHP escapes them).
        compact = json.dumps({**body, "auth": key}, separators=(",", ":"))
        raw = json.dumps({**body, "auth": key}, separators=(",", ":"), ensure_ascii=False)
        forms = [each for one in (compact, raw) for each in (one, one.replace("/", "\\/"))]
        as_sent = delivery.body.replace(given.encode("utf-8", "replace"), key.encode())
        octets = [*(one.encode("utf-8", "replace") for one in forms), as_sent]
        found += [equal(given, _digest(one)) for one in octets]
    return True in found


def _digest(octets: bytes) -> str:
    return hashlib.md5(octets, usedforsecurity=False).hexdigest()


def handshake(delivery: Delivery, account: UniSenderGoAccount) -> str:
    """UniSender Go asks whether somebody is there before it takes an address."""
    return ""


def read(came: Came[Delivery, UniSenderGoAccount]) -> Reading:
    """All events of all users, or the one event that came by itself."""
    body = obj(came.payload)
    if body.get("events_by_user") == []:
        return Reading.of([Known("a batch without events")])
    return Reading.of(_event(event, came) for event in _events(body))


def _events(body: Object) -> Iterator[Object]:
    if "events_by_user" not in body:
        if text(body.get("event_name")) or text(body.get("status")):
            yield {"event_name": body.get("event_name"), "event_data": body}
        return
    for user in objects(body["events_by_user"]):
        yield from objects(user.get("events"))


_FATES = {
    "sent": Fate.SENT,
    "delivered": Fate.DELIVERED,
    "opened": Fate.READ,
    "soft_bounced": Fate.BOUNCED_SOFTLY,
    "hard_bounced": Fate.BOUNCED_HARD,
    "spam": Fate.COMPLAINED,
}


def _event(event: Object, came: Came[Delivery, UniSenderGoAccount]) -> StatusNews | Known | Odd:
    data = obj(event.get("event_data"))
    name = text(data.get("status")) or ""
    fate = _FATES.get(name)
    if fate is None:
        known_as = name or text(event.get("event_name"))
        return of_no_concern(known_as) if known_as else Odd("an event without name")
    delivery = obj(data.get("delivery_info"))
    own = obj(data.get("metadata"))
    told = Told(
        fate=fate,
        message_ids=(own.get("message-id") or own.get("message_id"), data.get("job_id")),
        address=data.get("email"),
        why=delivery.get("destination_response"),
        word=delivery.get("delivery_status"),
        at=_at(data.get("event_time")),
    )
    return entry(told, came)


def _at(value: object) -> datetime | None:
    """Its times are UTC and say so nowhere."""
    return from_iso(f"{value}+00:00") if isinstance(value, str) else None
