"""Mailgun: events of mails we sent, and mail that its routes forward.

Sources: documentation.mailgun.com, "Webhooks" (signature of timestamp and token, event types),
"Receiving, forwarding and storing messages" (fields of a route's forward), and the webhooks from
before 2018, which came as forms.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from intake.channels.mailers.events import Fate, Told, entry, of_no_concern
from intake.channels.mailers.notices import left
from intake.channels.mailers.proofs import proven, shared
from intake.domain.composing import (
    File,
    compose,
    of_list,
    sender_of,
    texts_of,
    with_missing,
)
from intake.domain.items import Came, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, json_of, obj, objects, text
from intake.domain.texts import line
from intake.domain.times import from_seconds
from shared.stores.accounts.mail import MailgunAccount
from shared.webhooks import Delivery, Form, equal, hmac_hex, parse

_Stamp = tuple[str, str, str]


def verify(delivery: Delivery, account: MailgunAccount) -> bool:
    """Whether the signing key signed the timestamp and token in the body."""
    signed = None
    if account.signing_key:
        timestamp, token, signature = _stamp(delivery)
        told = f"{timestamp}{token}".encode()
        fits = [equal(signature, hmac_hex(key, told)) for key in account.signing_key]
        signed = True in fits
    return proven(signed, shared(delivery, account.webhook_secret))


def signed_at(delivery: Delivery) -> datetime | None:
    """The time that is signed. The body is not: what was signed long ago vouches for nothing."""
    return from_seconds(_stamp(delivery)[0])


def delivery_id(delivery: Delivery) -> str | None:
    """The token: it is good for one delivery, whatever body stands around it."""
    return line(_stamp(delivery)[1], 100)


def _stamp(delivery: Delivery) -> _Stamp:
    try:
        payload = parse(delivery)
    except ValueError:
        return "", "", ""
    if isinstance(payload, Form):
        # Variables of the sender's stand in the same form, before Mailgun's own.
        last = dict(payload.pairs)
        return last.get("timestamp", ""), last.get("token", ""), last.get("signature", "")
    found = obj(obj(payload).get("signature"))
    return tuple(text(found.get(name)) or "" for name in ("timestamp", "token", "signature"))  # type: ignore[return-value]


def read(came: Came[Delivery, MailgunAccount]) -> Reading:
    """An event as JSON or as a form, or a mail as a form."""
    if isinstance(came.payload, Form):
        form = came.payload
        return Reading.of([_old_event(form, came)]) if "event" in form else _mail(form, came)
    payload = obj(came.payload)
    event = obj(payload.get("event-data")) or payload
    if not event.get("event") and ("recipient" in event or "body-plain" in event):
        return _mail(Form((k, v.encode()) for k, v in event.items() if isinstance(v, str)), came)
    return Reading.of([_event(event, came)])


_FATES = {
    "accepted": Fate.SENT,
    "delivered": Fate.DELIVERED,
    "opened": Fate.READ,
    "rejected": Fate.BOUNCED,
    "dropped": Fate.BOUNCED,
    "bounced": Fate.BOUNCED,
    "complained": Fate.COMPLAINED,
}


def _event(event: Object, came: Came[Delivery, MailgunAccount]) -> StatusNews | Known | Odd:
    name, status = text(event.get("event")) or "", obj(event.get("delivery-status"))
    fate = _FATES.get(name)
    if name == "failed":
        is_late = event.get("severity") == "temporary"
        # Given up after tries for days: the address may be as good as ever.
        is_for_now = str(status.get("code")).startswith("4")
        fate = Fate.LATE if is_late else Fate.BOUNCED if is_for_now else Fate.BOUNCED_HARD
    if fate is None:
        return of_no_concern(name) if name else Odd("an event without name")
    headers = obj(obj(event.get("message")).get("headers"))
    answered = " ".join(
        str(part)
        for part in (status.get("enhanced-code"), status.get("code"), status.get("message"))
        if part
    )
    told = Told(
        fate=fate,
        message_ids=(_in_brackets(headers.get("message-id")), event.get("id")),
        address=event.get("recipient") or headers.get("to"),
        why=answered,
        word=event.get("reason") or obj(event.get("reject")).get("reason"),
        at=from_seconds(event.get("timestamp")),
    )
    return entry(told, came)


def _old_event(form: Form, came: Came[Delivery, MailgunAccount]) -> StatusNews | Known:
    fate = _FATES.get(form.get("event", ""))
    if fate is None:
        return of_no_concern(form.get("event", ""))
    told_in = ("code", "error", "notification", "reason")
    answered = " ".join(form[name] for name in told_in if form.get(name))
    told = Told(
        fate=fate,
        message_ids=(_in_brackets(form.get("Message-Id") or form.get("message-id")),),
        address=form.get("recipient"),
        why=answered.strip(),
        word=form.get("description") or form.get("reason"),
        at=from_seconds(dict(form.pairs).get("timestamp")),
    )
    return entry(told, came)


def _in_brackets(message_id: object) -> str | None:
    found = line(message_id, 900)
    return f"<{found.strip('<>')}>" if found else None


def _mail(form: Form, came: Came[Delivery, MailgunAccount]) -> Reading:
    """A forwarded mail: whole (`body-mime`), or in fields."""
    recipients = [one.strip() for one in form.get("recipient", "").split(",") if one.strip()]
    fields = of_list(json_of(form.get("message-headers")))
    sender = sender_of(fields, form.get("sender"), form.get("from"), form.get("From"))
    if raw := form.octets.get("body-mime"):
        return came.read_mail(raw, sender, recipients)
    fields = with_missing(
        fields,
        {
            "From": form.get("from"),
            "To": form.get("To") or form.get("recipient"),
            "Subject": form.get("subject"),
            "Date": form.get("Date"),
            "Message-ID": form.get("Message-Id"),
            "In-Reply-To": form.get("In-Reply-To"),
            "References": form.get("References"),
        },
    )
    texts = texts_of(form, "body-plain", "body-html")
    if not any(texts):
        texts = texts_of(form, "stripped-text", "stripped-html")
    octets = compose(fields, texts, _files(form))
    if form.get("message-url") and not form.files:
        # `store()` keeps the mail with Mailgun and tells its texts, and the names of its files.
        return left(
            came,
            (form.get("message-url"),),
            octets,
            sender=sender,
            recipients=recipients,
            is_to_be_had=bool(came.account.api_key),
        )
    return came.read_mail(octets, sender, recipients)


_UNNAMED = re.compile(r"attachment-\d+")
"""A file whose name cannot be read stands among the fields."""


def _files(form: Form) -> Iterator[File]:
    called = {
        name: content_id for content_id, name in obj(json_of(form.get("content-id-map"))).items()
    }
    for file in form.files:
        content_id = text(called.get(file.field))
        yield File(
            name=file.name, media_type=file.media_type, octets=file.octets, content_id=content_id
        )
    for name, octets in form.octets.items():
        if _UNNAMED.fullmatch(name):
            yield File(name=None, media_type=None, octets=octets)
    for told in objects(json_of(form.get("attachments"))):
        yield File(
            name=text(told.get("name")), media_type=text(told.get("content-type")), octets=b""
        )
