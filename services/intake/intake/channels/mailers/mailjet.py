"""Mailjet: events of mails, and mail by its Parse API.

Sources: dev.mailjet.com, "Webhooks" (event types, "Possible values for errors"), "Parse API:
inbound email". Mailjet signs nothing.
"""

from collections.abc import Iterator

from intake.channels.mailers.events import Fate, Told, batch, entry, of_no_concern
from intake.channels.mailers.proofs import proven, shared
from intake.domain.composing import (
    File,
    compose,
    decoded,
    of_object,
    sender_of,
    texts_of,
    with_missing,
)
from intake.domain.items import Came, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined
from intake.domain.times import from_seconds
from shared.stores.accounts.mail import MailjetAccount
from shared.webhooks import Delivery


def verify(delivery: Delivery, account: MailjetAccount) -> bool:
    """By HTTP basic auth, or the secret in the address."""
    return proven(shared(delivery, account.webhook_secret))


def read(came: Came[Delivery, MailjetAccount]) -> Reading:
    """One event, a batch of them, or a mail."""
    if came.payload == []:
        return Reading.of([Known("a batch without events")])
    body = obj(came.payload)
    if "event" not in body and ("Sender" in body or "Headers" in body or "Parts" in body):
        return _mail(body, came)
    return Reading.of(_event(event, came) for event in batch(came.payload))


_FATES = {
    "sent": Fate.DELIVERED,
    "open": Fate.READ,
    "bounce": Fate.BOUNCED_SOFTLY,
    "blocked": Fate.BOUNCED,
    "spam": Fate.COMPLAINED,
}
"""`sent` says that the recipient's server took the mail (Mailjet's own "message delivered")."""


def _event(event: Object, came: Came[Delivery, MailjetAccount]) -> StatusNews | Known | Odd:
    name = text(event.get("event")) or ""
    fate = _FATES.get(name)
    if fate is None:
        return of_no_concern(name) if name else Odd("an event without name")
    if name == "bounce" and event.get("hard_bounce") in (True, "true"):
        fate = Fate.BOUNCED_HARD
    errors = (text(event.get("error_related_to")), text(event.get("error")))
    told = Told(
        fate=fate,
        message_ids=(event.get("CustomID"), event.get("MessageID"), event.get("Message_GUID")),
        address=event.get("email"),
        why=event.get("comment") or event.get("smtp_reply"),
        word=joined(errors, ": "),
        at=from_seconds(event.get("time")),
    )
    return entry(told, came)


def _mail(body: Object, came: Came[Delivery, MailjetAccount]) -> Reading:
    fields = of_object(body.get("Headers"))
    recipients = [found] if (found := text(body.get("Recipient"))) else []
    fields = with_missing(
        fields,
        {
            "From": body.get("From") or body.get("Sender"),
            "To": body.get("Recipient"),
            "Subject": body.get("Subject"),
            "Date": body.get("Date"),
        },
    )
    texts = texts_of(body, "Text-part", "Html-part")
    octets = compose(fields, texts, _files(body))
    return came.read_mail(octets, sender_of(fields, body.get("Sender")), recipients)


def _files(body: Object) -> Iterator[File]:
    for part in objects(body.get("Parts")):
        name = text(part.get("ContentRef")) or ""
        if not name.startswith(("Attachment", "InlineAttachment")):
            continue
        headers = {name.lower(): value for name, value in of_object(part.get("Headers"))}
        kind = text(headers.get("content-type")) or ""
        placed = text(headers.get("content-disposition")) or ""
        yield File(
            name=_parameter(placed, "filename") or _parameter(kind, "name"),
            media_type=kind.partition(";")[0].strip(),
            octets=decoded(body.get(name)),
            content_id=text(headers.get("content-id")),
        )


def _parameter(value: str, name: str) -> str | None:
    for part in value.split(";")[1:]:
        key, _, found = part.strip().partition("=")
        if key.strip().lower() == name:
            return found.strip().strip('"')
    return None
