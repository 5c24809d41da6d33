"""Mandrill (Mailchimp Transactional): events of mails, list changes, and inbound mail, in one form.

Sources: mailchimp.com/developer/transactional, "Webhooks" (event format, "Authenticating webhook
requests": base64 of HMAC-SHA1 over the address and the form's fields by name), "Inbound email".
"""

import base64
import hmac
from collections.abc import Iterator
from email.utils import format_datetime

from intake.channels.mailers.events import Fate, Told, entry, of_no_concern
from intake.channels.mailers.proofs import proven, shared
from intake.domain.composing import (
    File,
    compose,
    decoded,
    mailbox,
    of_object,
    sender_of,
    texts_of,
    with_missing,
    with_name,
)
from intake.domain.items import Came, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, json_of, obj, objects, text
from intake.domain.times import from_seconds
from shared.stores.accounts.mail import MandrillAccount
from shared.webhooks import Delivery, Form, equal, parse


def verify(delivery: Delivery, account: MandrillAccount) -> bool:
    """Whether the webhook's key signed the address and all fields."""
    signed = _is_signed(delivery, account) if account.webhook_key else None
    return proven(signed, shared(delivery, account.webhook_secret))


def _is_signed(delivery: Delivery, account: MandrillAccount) -> bool:
    try:
        form = parse(delivery)
    except ValueError:
        return False
    if not isinstance(form, Form):
        return False
    fields = b"".join(name + value for name, value in sorted(form.sent, key=lambda one: one[0]))
    given = delivery.headers.get("x-mandrill-signature", "")
    macs = [
        hmac.digest(key.encode(), url.encode() + fields, "sha1")
        for key in account.webhook_key
        for url in _addresses(delivery)
    ]
    return True in [equal(given, base64.b64encode(mac).decode()) for mac in macs]


def _addresses(delivery: Delivery) -> list[str]:
    """The address as it was called, and with the user and password that came as basic auth.

    Mandrill signs the address as it was entered; an HTTP client takes the two out of it.
    """
    scheme, _, given = delivery.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return [delivery.url]
    shown = decoded(given.strip()).decode("utf-8", "replace")
    return [delivery.url, delivery.url.replace("://", f"://{shown}@", 1)]


def handshake(delivery: Delivery, account: MandrillAccount) -> str:
    """Mandrill asks whether somebody is there before it takes an address; it proves nothing."""
    return ""


def read(came: Came[Delivery, MandrillAccount]) -> Reading:
    """The events in the form's one field; the mails among them are read as mails."""
    form = obj(came.payload)
    told = json_of(form.get("mandrill_events")) if "mandrill_events" in form else came.payload
    if not isinstance(told, list):
        return Reading.of([Odd("no list of events")])
    events = list(objects(told))
    if not events:
        return Reading.of([Known("a test")] if not told else [Odd("events of another shape")])
    mails = [_mail(one, obj(one.get("msg")), came) for one in events if _is_mail(one)]
    others = [_event(one, came) for one in events if not _is_mail(one)]
    return Reading.all([*([Reading.of(others)] if others else []), *mails])


def _is_mail(event: Object) -> bool:
    return event.get("event") == "inbound"


_FATES = {
    "send": Fate.SENT,
    "delivered": Fate.DELIVERED,
    "deferral": Fate.LATE,
    "hard_bounce": Fate.BOUNCED_HARD,
    "soft_bounce": Fate.BOUNCED_SOFTLY,
    "reject": Fate.BOUNCED,
    "open": Fate.READ,
    "spam": Fate.COMPLAINED,
}


def _event(event: Object, came: Came[Delivery, MandrillAccount]) -> StatusNews | Known | Odd:
    name, mail = text(event.get("event")), obj(event.get("msg"))
    fate = _FATES.get(name or "")
    if fate is None:
        known_as = name or text(event.get("type")) or text(event.get("action"))
        return of_no_concern(known_as) if known_as else Odd("an event without name")
    told = Told(
        fate=fate,
        message_ids=(
            obj(mail.get("metadata")).get("message-id"),
            mail.get("_id"),
            event.get("_id"),
        ),
        address=mail.get("email"),
        why=mail.get("diag") or _last_answer(mail),
        word=mail.get("bounce_description")
        or obj(mail.get("reject")).get("reason")
        or mail.get("reject"),
        at=from_seconds(event.get("ts")),
    )
    return entry(told, came)


def _last_answer(mail: Object) -> str | None:
    answers = [text(one.get("diag")) for one in objects(mail.get("smtp_events"))]
    return answers[-1] if answers else None


def _mail(event: Object, mail: Object, came: Came[Delivery, MandrillAccount]) -> Reading:
    fields = with_name(
        of_object(mail.get("headers")), mail.get("from_name"), mail.get("from_email")
    )
    sender = sender_of(fields, mail.get("from_email"))
    recipients = [found] if (found := text(mail.get("email"))) else []
    if raw := text(mail.get("raw_msg")):
        return came.read_mail(raw.encode("utf-8", "replace"), sender, recipients)
    fields = with_missing(
        fields,
        {
            "From": mailbox(mail.get("from_name"), mail.get("from_email")),
            "To": mail.get("email"),
            "Subject": mail.get("subject"),
            "Date": format_datetime(at) if (at := from_seconds(event.get("ts"))) else None,
        },
    )
    texts = texts_of(mail, "text", "html")
    return came.read_mail(compose(fields, texts, _files(mail)), sender, recipients)


def _files(mail: Object) -> Iterator[File]:
    for name in ("attachments", "images"):
        for told in obj(mail.get(name)).values():
            file = obj(told)
            content = text(file.get("content")) or ""
            octets = decoded(content) if file.get("base64", True) else content.encode()
            yield File(
                name=text(file.get("name")), media_type=text(file.get("type")), octets=octets
            )
