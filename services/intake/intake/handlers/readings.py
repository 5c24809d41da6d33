"""What a delivery would be made of, as one line: for support and for proof, nothing is kept.

A line has `source`, `channel`, `outcome`, `messages` (the contracts' messages in full, each with
its class as `type`, numbered as if its thread were new) and `notes` (what was repaired or left
out).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from intake.domain.files import FAILED, judge
from intake.domain.items import Inbound, Item, LeftMail, LocalFile, Reading
from intake.domain.orders import Known as Nothing
from intake.domain.orders import OrderEvent, OrderNews, events, learn
from intake.domain.texts import clean
from intake.settings import Settings
from shared.contracts.base import Event
from shared.contracts.intake import Attachment, Delivery

_ANY_TIME = datetime.max.replace(tzinfo=UTC)


def line(
    source: str, channel: str, reading: Reading, extra_notes: Iterable[str] = ()
) -> dict[str, Any]:
    """One input's line, ready for JSON."""
    return {
        "source": clean(source),
        "channel": channel,
        "outcome": outcome(reading),
        "messages": [_shown(event) for event in _said(reading)],
        "notes": list(
            dict.fromkeys(
                [
                    *_why(reading),
                    *_unsaid(reading),
                    *reading.notes,
                    *_refused(reading),
                    *extra_notes,
                ]
            )
        ),
    }


def outcome(reading: Reading) -> str:
    """What the delivery is, by the weightiest thing in it; `unreadable` where nothing was read."""
    found = {*map(_outcome, reading.items), *(each.kind for each in reading.known)}
    return next((kind for kind in _BY_WEIGHT if kind in found), "unreadable")


_BY_WEIGHT = (*("message", "order", "bounce", "feedback", "auto-reply", "list", "status", "event"),)


def _outcome(item: Item) -> str:
    if isinstance(item, Inbound | LeftMail):
        return "message"
    if isinstance(item, OrderNews):
        return "order"
    return "bounce" if item.event.status is Delivery.BOUNCED else "status"


def _said(reading: Reading) -> Iterator[Event]:
    for item in reading.items:
        if isinstance(item, OrderNews):
            yield from _of_order(item)
        elif not isinstance(item, LeftMail):
            yield item.event
    for known in reading.known:
        yield from known.unsaid


def _of_order(news: OrderNews) -> Sequence[OrderEvent]:
    """As if nothing were known of the order yet; of parts without it there is nothing to say."""
    found, _ = events(
        learn(Nothing(), news), store_id=news.store_id, version=0, received_at=_ANY_TIME
    )
    return found


def _why(reading: Reading) -> Iterator[str]:
    yield from (each.why for each in reading.odd)
    yield from (each.why for each in reading.known)


def _unsaid(reading: Reading) -> Iterator[str]:
    for item in reading.items:
        if isinstance(item, OrderNews) and item.snapshot is None:
            yield "of an order a part alone is told: it is said when the whole order is known"


_LARGEST: int = Settings.model_fields["file_max_octets"].default


def _refused(reading: Reading) -> Iterator[str]:
    """The files in it that those who lay files away would refuse, by the same judge.

    It knows neither a larger limit that is set nor a virus scanner.
    """
    for item in reading.items:
        if not isinstance(item, Inbound):
            continue
        for local in item.local:
            file = item.event.attachments[local.index]
            if (why := _judged(local, file)) is not None:
                named = f'the file "{file.name}"' if file.name else f"file {local.index + 1}"
                yield f"{named} would be refused: {why}"


def _judged(local: LocalFile, file: Attachment) -> str | None:
    try:
        return judge(local.octets(), file.name, file.media_type, _LARGEST).refused
    except Exception:  # noqa: BLE001 - as whoever lays files away: that costs the file alone
        return FAILED


def _shown(event: Event) -> dict[str, Any]:
    numbered = event if event.version else msgspec.structs.replace(event, version=1)
    fields: dict[str, Any] = msgspec.to_builtins(numbered)
    return {"type": type(event).__name__, **fields}
