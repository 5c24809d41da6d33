"""Mailtrap: events of mails, and notices of inbound mail, which lies with Mailtrap yet.

Sources: docs.mailtrap.io, "Webhooks" (event types; `Mailtrap-Signature`: hex of HMAC-SHA256 over
the raw body; one JSON or an event a line), "Inbound: webhooks".
"""

from collections.abc import Iterator
from email.utils import format_datetime

from intake.channels.mailers.events import Fate, Told, batch, entry, of_no_concern
from intake.channels.mailers.notices import left, stand_in
from intake.channels.mailers.proofs import proven, shared
from intake.domain.composing import with_missing
from intake.domain.items import Came, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, text
from intake.domain.times import from_milliseconds, from_seconds
from shared.stores.accounts.mail import MailtrapAccount
from shared.webhooks import Delivery, is_signed


def verify(delivery: Delivery, account: MailtrapAccount) -> bool:
    """Whether the webhook's secret signed the raw body; by basic auth where there is none."""
    signed = None
    if account.signing_secret:
        signed = is_signed(delivery, account.signing_secret, header="mailtrap-signature")
    return proven(signed, shared(delivery, account.webhook_secret))


def read(came: Came[Delivery, MailtrapAccount]) -> Reading:
    """A batch of events, or one."""
    body = obj(came.payload)
    events = body.get("events", came.payload)
    if events == []:
        return Reading.of([Known("a batch without events")])
    return Reading.all(_readings(events, came))


def _readings(events: object, came: Came[Delivery, MailtrapAccount]) -> Iterator[Reading]:
    for event in batch(events):
        is_mail = text(event.get("event")) == "inbound.message_received"
        yield _notice(event, came) if is_mail else Reading.of([_event(event, came)])


def _notice(event: Object, came: Came[Delivery, MailtrapAccount]) -> Reading:
    """A mail that came in, of which its sender alone is told."""
    at = from_milliseconds(event.get("timestamp"))
    told = {
        "From": event.get("from"),
        "Message-ID": f"<{text(event.get('message_id'))}@mailtrap.invalid>",
        "Date": format_datetime(at) if at else None,
    }
    fields = with_missing([], told)
    return left(
        came,
        (event.get("inbox_id"), event.get("message_id")),
        stand_in(fields),
        sender=None,
        is_to_be_had=bool(came.account.api_token),
    )


_FATES = {
    "sent": Fate.SENT,
    "delivery": Fate.DELIVERED,
    "open": Fate.READ,
    "soft bounce": Fate.BOUNCED_SOFTLY,
    "bounce": Fate.BOUNCED_HARD,
    "reject": Fate.BOUNCED,
    "suspension": Fate.BOUNCED_SOFTLY,
    "spam": Fate.COMPLAINED,
}
"""A suspension holds the sender's mails back until Mailtrap lifts it."""


def _event(event: Object, came: Came[Delivery, MailtrapAccount]) -> StatusNews | Known | Odd:
    name = (text(event.get("event")) or "").replace("_", " ")
    fate = _FATES.get(name)
    if fate is None:
        return of_no_concern(name) if name else Odd("an event without name")
    own = obj(event.get("custom_variables")).get("message-id")
    told = Told(
        fate=fate,
        message_ids=(own, event.get("message_id"), event.get("event_id")),
        address=event.get("email"),
        why=event.get("response"),
        word=event.get("bounce_category") or event.get("reason"),
        at=from_seconds(event.get("timestamp")),
    )
    return entry(told, came)
