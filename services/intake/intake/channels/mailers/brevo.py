"""Brevo (Sendinblue): events of transactional mails, and mail by inbound parsing.

Sources: developers.brevo.com, "Transactional webhooks" (events), "Inbound parsing webhooks" (items;
the files stay with Brevo, to be had by their tokens). Brevo signs nothing.
"""

from intake.channels.mailers.events import Fate, Told, batch, entry, of_no_concern
from intake.channels.mailers.notices import with_files
from intake.channels.mailers.proofs import proven, shared
from intake.domain.composing import (
    compose,
    mailbox,
    of_object,
    sender_of,
    texts_of,
    with_missing,
)
from intake.domain.items import Came, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined
from intake.domain.times import from_milliseconds, from_seconds
from shared.stores.accounts.mail import BrevoAccount
from shared.webhooks import Delivery


def verify(delivery: Delivery, account: BrevoAccount) -> bool:
    """By HTTP basic auth, or the secret in the address."""
    return proven(shared(delivery, account.webhook_secret))


def read(came: Came[Delivery, BrevoAccount]) -> Reading:
    """Mails (`items`), or one event or more."""
    items = obj(came.payload).get("items")
    if items == [] or came.payload == []:
        return Reading.of([Known("a batch without events")])
    if isinstance(items, list):
        return Reading.all(_mail(item, came) for item in objects(items))
    return Reading.of(_event(event, came) for event in batch(came.payload))


_FATES = {
    "request": Fate.SENT,
    "sent": Fate.SENT,
    "delivered": Fate.DELIVERED,
    "deferred": Fate.LATE,
    "soft_bounce": Fate.BOUNCED_SOFTLY,
    "softbounce": Fate.BOUNCED_SOFTLY,
    "hard_bounce": Fate.BOUNCED_HARD,
    "hardbounce": Fate.BOUNCED_HARD,
    "blocked": Fate.BOUNCED,
    "invalid_email": Fate.BOUNCED_HARD,
    "invalid": Fate.BOUNCED_HARD,
    "error": Fate.FAILED,
    "opened": Fate.READ,
    "unique_opened": Fate.READ,
    "uniqueopened": Fate.READ,
    "proxy_open": Fate.READ,
    "unique_proxy_open": Fate.READ,
    "loaded_by_proxy": Fate.READ,
    "loadedbyproxy": Fate.READ,
    "spam": Fate.COMPLAINED,
    "complaint": Fate.COMPLAINED,
}


def _event(event: Object, came: Came[Delivery, BrevoAccount]) -> StatusNews | Known | Odd:
    name = text(event.get("event")) or ""
    fate = _FATES.get(name.lower())
    if fate is None:
        return of_no_concern(name) if name else Odd("an event without name")
    told = Told(
        fate=fate,
        message_ids=(event.get("message-id"), event.get("id")),
        address=event.get("email"),
        why=event.get("reason"),
        word=event.get("reason"),
        at=from_milliseconds(event.get("ts_epoch"))
        or from_seconds(event.get("ts_event"))
        or from_seconds(event.get("ts")),
    )
    return entry(told, came)


def _mail(item: Object, came: Came[Delivery, BrevoAccount]) -> Reading:
    fields = of_object(item.get("Headers"))
    told = item.get("Recipients")
    recipients = [one for one in told if isinstance(one, str)] if isinstance(told, list) else []
    recipients += [found for one in objects(item.get("To")) if (found := text(one.get("Address")))]
    fields = with_missing(
        fields,
        {
            "From": _person(obj(item.get("From"))),
            "To": joined((_person(one) for one in objects(item.get("To"))), ", "),
            "Cc": joined((_person(one) for one in objects(item.get("Cc"))), ", "),
            "Reply-To": _person(obj(item.get("ReplyTo"))),
            "Subject": item.get("Subject"),
            "Date": item.get("SentAtDate"),
            "Message-ID": item.get("MessageId"),
            "In-Reply-To": item.get("InReplyTo"),
        },
    )
    plain, html = texts_of(item, "RawTextBody", "RawHtmlBody")
    if not plain and not html:
        plain = text(item.get("ExtractedMarkdownMessage")) or ""
    octets = compose(fields, (plain, html))
    reading = came.read_mail(octets, sender_of(fields), recipients)
    files = [
        (one.get("Name"), one.get("ContentType"), one.get("ContentLength"),
         one.get("DownloadToken"))
        for one in objects(item.get("Attachments"))
    ]  # fmt: skip
    return with_files(reading, files)


def _person(told: Object) -> str | None:
    return mailbox(told.get("Name"), told.get("Address"))
