"""SendGrid: the Event Webhook, and mail by Inbound Parse.

Sources: docs.sendgrid.com (Twilio), "Event Webhook Reference", "Event Webhook Security Features"
(ECDSA over timestamp and body), "Setting Up the Inbound Parse Webhook" (which signs nothing).
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime

from intake.channels.mail import charsets as charset
from intake.channels.mailers.events import Fate, Told, batch, entry, of_no_concern
from intake.channels.mailers.keys import is_signed_by_key
from intake.channels.mailers.proofs import proven, shared
from intake.domain.composing import File, compose, of_text, sender_of, with_missing
from intake.domain.items import Came, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, json_of, obj, text
from intake.domain.times import from_seconds
from shared.stores.accounts.mail import SendGridAccount
from shared.webhooks import Delivery, Form

_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


def verify(delivery: Delivery, account: SendGridAccount) -> bool:
    """Events by their signature where the account has the key; inbound mail by the secret."""
    secret = shared(delivery, account.webhook_secret)
    is_mail = delivery.headers.get("content-type", "").startswith("multipart/form-data")
    if is_mail or not account.verification_key:
        return proven(secret)
    try:
        signature = b64decode(delivery.headers.get(_SIGNATURE, ""))
    except ValueError:
        return False
    signed = delivery.headers.get(_TIMESTAMP, "").encode("latin-1", "replace") + delivery.body
    return proven(is_signed_by_key(account.verification_key, signature, signed), secret)


def signed_at(delivery: Delivery) -> datetime | None:
    """The time that is signed with the events."""
    return from_seconds(delivery.headers.get(_TIMESTAMP))


def read(came: Came[Delivery, SendGridAccount]) -> Reading:
    """A batch of events, or a mail as a form."""
    if isinstance(came.payload, Form):
        return _mail(came.payload, came)
    if came.payload == []:
        return Reading.of([Known("a batch without events")])
    return Reading.of(_event(event, came) for event in batch(came.payload))


_FATES = {
    "processed": Fate.SENT,
    "deferred": Fate.LATE,
    "delivered": Fate.DELIVERED,
    "open": Fate.READ,
    "dropped": Fate.BOUNCED,
    "bounce": Fate.BOUNCED_HARD,
    "blocked": Fate.BOUNCED_SOFTLY,
    "spamreport": Fate.COMPLAINED,
}


def _event(event: Object, came: Came[Delivery, SendGridAccount]) -> StatusNews | Known | Odd:
    name = text(event.get("event")) or text(event.get("type")) or ""
    is_for_now = (text(event.get("status")) or "").startswith("4.")
    if name == "bounce" and (is_for_now or event.get("type") in ("blocked", "expired")):
        name = "blocked"
    fate = _FATES.get(name)
    if fate is None:
        return of_no_concern(name) if name else Odd("an event without name")
    told = Told(
        fate=fate,
        message_ids=(event.get("smtp-id"), event.get("sg_message_id"), event.get("sg_event_id")),
        address=event.get("email"),
        why=event.get("status") or event.get("response") or event.get("reason"),
        word=event.get("bounce_classification") or event.get("reason"),
        at=from_seconds(event.get("timestamp")),
    )
    return entry(told, came)


def _mail(form: Form, came: Came[Delivery, SendGridAccount]) -> Reading:
    """A parsed mail, or with "POST the raw, full MIME message" the whole of it in `email`."""
    envelope = obj(json_of(form.get("envelope")))
    to = envelope.get("to")
    recipients = [each for each in to if isinstance(each, str)] if isinstance(to, list) else []
    fields = of_text(form.get("headers", ""))
    sender = sender_of(fields, envelope.get("from"), form.get("from"))
    if raw := form.octets.get("email"):
        return came.read_mail(raw, sender, recipients)
    charsets = obj(json_of(form.get("charsets")))
    fields = with_missing(
        fields,
        {name.title(): _text(form, name, charsets) for name in ("from", "to", "cc", "subject")},
    )
    texts = (_text(form, "text", charsets), _text(form, "html", charsets))
    return came.read_mail(compose(fields, texts, _files(form)), sender, recipients)


def _text(form: Form, name: str, charsets: Object) -> str:
    """A field in the charset that SendGrid names for it: the mail's own label, true or not."""
    return charset.decoded(form.octets.get(name, b""), text(charsets.get(name)))


def _files(form: Form) -> Iterator[File]:
    told = obj(json_of(form.get("attachment-info")))
    named = [(one.field, one.name, one.media_type, one.octets) for one in form.files]
    # A file whose name cannot be read stands among the fields.
    fields = ((name, octets) for name, octets in form.octets.items() if _FILE.fullmatch(name))
    for field, name, media_type, octets in (*named, *((f, None, None, o) for f, o in fields)):
        about = obj(told.get(field))
        yield File(
            name=text(about.get("filename")) or name,
            media_type=text(about.get("type")) or media_type,
            octets=octets,
            content_id=text(about.get("content-id")),
        )


_FILE = re.compile(r"attachment\d+")
