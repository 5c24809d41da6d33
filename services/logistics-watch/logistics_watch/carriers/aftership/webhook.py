"""AfterShip's webhooks: the signature, and the scans that an event tells.

Every event carries the tracking with *all* its checkpoints so far; what is new of them is found by
what they say (https://www.aftership.com/docs/tracking/2026-07/webhook/webhook-specifications).
Fourteen tries over three days, no order promised.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from logistics_watch.carriers.aftership.status import status_of
from logistics_watch.carriers.countries import alpha2
from logistics_watch.domain.numbers import normalised
from shared.contracts.base import AccountId, Country, StoreId
from shared.contracts.logistics_watch import ScanRecorded
from shared.i18n.zones import zone_of
from shared.stores import AfterShipAccount
from shared.webhooks import Delivery, is_signed

TRACKING_UPDATE = "tracking_update"
_FUTURE = timedelta(days=2)
_PAST = datetime(2000, 1, 1, tzinfo=UTC)
_ID = re.compile(r"[A-Za-z0-9_-]{8,100}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


class _Checkpoint(Struct):
    checkpoint_time: str
    tag: str | None = None
    subtag: str | None = None
    message: str | None = None
    location: str | None = None
    city: str | None = None
    state: str | None = None
    country_region: str | None = None
    country_iso3: str | None = None


class _Tracking(Struct):
    tracking_number: str
    slug: str
    checkpoints: list[Any] = []


class _Event(Struct):
    event: str
    event_id: str | None = None
    msg: msgspec.Raw = msgspec.Raw(b"{}")


@dataclass(frozen=True)
class Told:
    """What one request told. `is_understood` is false when it is no event of the known form."""

    is_understood: bool
    is_update: bool = False
    scans: Sequence[ScanRecorded] = ()
    odd: int = 0
    """Checkpoints that could not be read."""
    unlisted: int = 0
    """Scans whose code our map lacks."""


def is_authentic(delivery: Delivery, account: AfterShipAccount) -> bool:
    """`aftership-hmac-sha256`: base64 of HMAC-SHA256(webhook secret, raw body)."""
    return is_signed(
        delivery, account.webhook_secret, header="aftership-hmac-sha256", written="base64"
    )


def dedupe_key(delivery: Delivery) -> str:
    """The event's own id, the same in every try; else the hash of the body."""
    try:
        event = msgspec.json.decode(delivery.body, type=_Event)
    except (ValueError, RecursionError):  # also for octets that are no UTF-8
        event = None
    if event is not None and event.event_id and _ID.fullmatch(event.event_id):
        return f"event:{event.event_id}"
    return f"body:{hashlib.sha256(delivery.body).hexdigest()}"


def read(delivery: Delivery, account: AfterShipAccount, now: datetime) -> Told:
    """Read a request's scans. What cannot be read is counted and left; the rest goes on."""
    try:
        event = msgspec.json.decode(delivery.body, type=_Event)
        if event.event != TRACKING_UPDATE:
            return Told(is_understood=True)
        tracking = msgspec.json.decode(event.msg, type=_Tracking)
    except (ValueError, RecursionError):
        return Told(is_understood=False)
    number, carrier = normalised(tracking.tracking_number), tracking.slug.strip().lower()
    if number is None or not _SLUG.fullmatch(carrier):
        return Told(is_understood=False)
    scans, odd, unlisted = [], 0, 0
    for checkpoint in tracking.checkpoints:
        try:
            scan, is_listed = _scan(checkpoint, carrier, number, account, now)
        except (ValueError, OverflowError):
            odd += 1
        else:
            scans.append(scan)
            unlisted += not is_listed
    return Told(is_understood=True, is_update=True, scans=scans, odd=odd, unlisted=unlisted)


def _scan(
    checkpoint: Any, carrier: str, number: str, account: AfterShipAccount, now: datetime
) -> tuple[ScanRecorded, bool]:
    found = msgspec.convert(checkpoint, _Checkpoint)
    country = alpha2(found.country_region or found.country_iso3)
    at = _moment(found.checkpoint_time, country)
    if not _PAST <= at <= now + _FUTURE:
        raise ValueError("no carrier scanned anything then")
    status = status_of(found.tag, found.subtag)
    place = found.location or ", ".join(filter(None, (found.city, found.state)))
    scan = ScanRecorded(
        occurred_at=at,
        store_id=StoreId(account.store_id),
        version=0,
        carrier=carrier,
        number=number,
        milestone=status.milestone,
        exception_kind=status.exception_kind,
        account_id=AccountId(account.account_id),
        code=_cut(found.subtag or found.tag, 64),
        description=_cut(found.message, 500),
        location=_cut(place, 200),
        country=country,
    )
    return scan, status.is_listed


def _moment(written: str, country: Country | None) -> datetime:
    """The carrier's time, UTC. Without an offset it is the local one of the scan's country.

    Carriers tell it as it stands on the depot's wall; some without saying where. Raises
    ValueError for what is no ISO 8601 time.
    """
    at = datetime.fromisoformat(written)
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(zone_of(country)) if country else UTC)
    return at.astimezone(UTC)


def _cut(words: str | None, length: int) -> str | None:
    # A NUL is legal in JSON and in no text of PostgreSQL.
    return words.replace("\0", "")[:length] or None if words else None
